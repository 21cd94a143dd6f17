/** What a forward pass on a batch gives. */
import { checks, type Tensor } from "@selectron/core";

/** What one forward pass on one batch gives. */
export interface BatchResult {
  /** A scalar on the tape: a mean over the batch. */
  readonly loss: Tensor;
  /** Number of right answers. */
  readonly correct: number;
  /** Number of answers. */
  readonly counted: number;
  /** Tokens that went through the model. */
  readonly tokens: number;
}

/** What a forward pass gives. */
export const aBatchResult: checks.Kind = {
  what: "{ loss, correct, counted, tokens }: a tensor and three numbers",
  fits: (value) => {
    if (typeof value !== "object" || value === null) return false;
    const { loss, correct, counted, tokens } = value as Readonly<Record<string, unknown>>;
    return checks.aTensor.fits(loss) && [correct, counted, tokens].every(Number.isFinite);
  },
};
