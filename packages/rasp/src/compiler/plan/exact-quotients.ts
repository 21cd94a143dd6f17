/** Which means low precision computes as quotients of a sum and a count. */
import type { Atom, SOp } from "../../language/graph/node.js";
import { reachable } from "../normalize/normal-form.js";
import type { Multiples } from "../normalize/quotients.js";
import { simplify, type AsQuotients } from "../normalize/simplify.js";
import { gridOf } from "./ir/exact-sum.js";
import type { Domain } from "../values/domain.js";
import { promisedDomain } from "../values/promise.js";

/** The aggregates that low precision computes as quotients: those of more than one position that are still means otherwise. */
export function quotientsIn(roots: readonly SOp[], unrestricted: Domain, promise?: SOp): AsQuotients {
  const { sops } = simplify(roots, unrestricted, () => undefined);
  const domain = promise ? promisedDomain(unrestricted, sops.get(promise)!) : unrestricted;
  const left = reachable(roots.map((root) => sops.get(root)!));
  return (aggregate) => {
    const mean = sops.get(aggregate)!;
    const isMean = mean.kind === "mean" && left.has(mean) && !mean.best && !domain.selectsAtMostOne(mean);
    return isMean ? multiplesOf(domain.values(mean.value), domain.maxLength) : undefined;
  };
}

/** Undefined where the values are not all ints, or all floats of which up to `count` have an exact sum. */
function multiplesOf(values: readonly Atom[], count: number): Multiples | undefined {
  const only = values.length === 1 ? values[0] : undefined;
  if (values.every((value) => typeof value === "bigint")) return { unit: 1, areInts: true, only };
  const floats = values.filter((value) => typeof value === "number").filter((value) => !Object.is(value, -0));
  if (floats.length < values.length) return undefined;
  const unit = Math.min(1, gridOf(floats));
  const largest = floats.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return largest * count <= unit * Number.MAX_SAFE_INTEGER && unit > 0 ? { unit, areInts: false, only } : undefined;
}
