/** What a model is compiled to be written as: what can be asked for, and what that needs. */
import { checks, type Precision } from "@selectron/core";
import type { SOp } from "../language/graph/node.js";
import { layerNormConstant } from "./certify/layer-norm.js";
import type { ModelCard } from "./model/model-card.js";
import type { ModelFormat } from "./plan/ir/arithmetic.js";
import type { Plan } from "./plan/ir/plan.js";
import { refuse } from "./refusal.js";

/** The options that a format limits. */
interface Asked {
  readonly format?: ModelFormat;
  readonly causal?: boolean;
  readonly precision?: Precision;
  readonly mark?: boolean;
}

/** @throws RangeError on what is no format, and where a GPT-2 cannot be what is asked for */
export function checkFormat({ format = "encoder", causal, precision, mark }: Asked, outputs: number): void {
  if (format === "encoder") return;
  const must = (holds: boolean, problem: string): void => {
    if (!holds) throw new RangeError(problem);
  };
  must(format === "gpt2", `there is no format ${checks.describeValue(format)}; there are "encoder" and "gpt2"`);
  must(causal === true, "a GPT-2 is causal: no position sees a later one; compile with causal: true");
  must((precision ?? "float32") === "float32", `a GPT-2 is compiled for float32, and not for ${precision}`);
  must(outputs === 1, `a GPT-2 has one answer at each position, and ${outputs} s-ops are given; compile one`);
  must(mark !== true, "a GPT-2 has one answer at each position, and no marks beside it; compile it without");
}

/** Readers of GPT-2s, nn's among them, take larger weights for damage. */
const LARGEST_WEIGHT = 2 ** 40;

/** @throws RaspError of class `compile` where a GPT-2 would have weights that are too large */
export function checkLargest(
  weights: Iterable<readonly [name: string, data: Float32Array]>,
  planned: Plan,
  sop: SOp,
): void {
  const { sharpness } = planned.arithmetic;
  if (sharpness === undefined) return;
  let largest = layerNormConstant(planned);
  for (const [, data] of weights) for (const w of data) largest = Math.max(largest, Math.abs(w) * sharpness);
  if (largest <= LARGEST_WEIGHT) return;
  refuse(
    sop,
    `as a GPT-2 it would have weights of up to ${largest}; the limit is 2^40, because of what is added to large numbers float32 sees nothing`,
    "use smaller numbers, or another --format",
  );
}

/** What the card of a GPT-2 says of it beside that of an encoder. */
export const gpt2Constants = (planned: Plan): Pick<ModelCard, "gpt2"> => {
  const { sharpness } = planned.arithmetic;
  return sharpness === undefined ? {} : { gpt2: { constant: layerNormConstant(planned), sharpness } };
};
