/** Which leaves are one-hot in the residual stream. */
import type { NormalSOp } from "../../normalize/normal-form.js";
import { refuse } from "../../refusal.js";
import type { Domain } from "../../values/domain.js";
import { hasMeans } from "../../values/row-values.js";
import { atomNumber } from "../../values/value-set.js";

/**
 * Whether a leaf has a one-hot encoding, so that any function of it can be read without hidden units: embeddings, and means that copy
 * the one value that a row selects.
 *
 * @throws RaspError of class `compile` for a mean of numbers and strings
 */
export function isCategorical(leaf: NormalSOp, domain: Domain): boolean {
  if (leaf.kind === "tokens" || leaf.kind === "indices" || leaf.kind === "given") return true;
  if (leaf.kind !== "mean") return false;
  const values = domain.values(leaf.value);
  const isCopy = domain.selectsAtMostOne(leaf);
  if (hasMeans(values)) return isCopy && (isOneHot(leaf.value, domain) || typeof leaf.default === "string");
  const hasStrings = values.some((value) => typeof value === "string");
  const hasNumbers = values.some((value) => atomNumber(value) !== undefined);
  if (hasStrings && hasNumbers && !isCopy) {
    refuse(leaf.origin, "this aggregate mixes numbers and strings", "make the aggregated s-op of one type");
  }
  return true;
}

/** Whether an s-op is a function of one categorical leaf, so that its own one-hot vector can be read. */
function isOneHot(sop: NormalSOp, domain: Domain): boolean {
  const [leaf, ...others] = domain.formula(sop).leaves;
  return leaf !== undefined && others.length === 0 && leaf.kind !== "map" && isCategorical(leaf, domain);
}
