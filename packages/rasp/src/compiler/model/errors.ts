/** What is wrong with a model file, or with an input of a model. */
import { readable } from "@selectron/core";

/** A model file that cannot be used. */
export class ModelFileError extends Error {
  readonly suggestion: string;

  constructor(message: string, suggestion: string) {
    super(readable(message));
    this.suggestion = suggestion;
    this.name = "ModelFileError";
  }
}

/** An input that the model does not take. */
export class ModelInputError extends Error {
  readonly suggestion: string;

  constructor(message: string, suggestion: string) {
    super(readable(message));
    this.suggestion = suggestion;
    this.name = "ModelInputError";
  }
}

/** @throws ModelFileError where weights, finite as they are, are so large that the logits are not: any answer would be made up */
export function checkLogits(logits: Float32Array): void {
  const wrong = logits.find((logit) => !Number.isFinite(logit));
  if (wrong === undefined) return;
  throw new ModelFileError(
    `a logit is ${wrong}, though the weights are finite: some are far too large`,
    "compile the program again; if you patched the model, with smaller numbers",
  );
}
