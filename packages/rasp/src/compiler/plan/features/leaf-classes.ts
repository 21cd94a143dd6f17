/**
 * Leaves as classes of the values that a function can tell apart. A function that asks of the position only whether it is 0 is one of
 * two classes and its other leaves, where a table over the leaves would have a row for each of their joint values.
 */
import { atomKey } from "../../../language/atom/compare.js";
import type { Atom } from "../../../language/graph/node.js";
import { getOrInsert } from "../../../language/maps.js";
import { Formula, reachThroughMaps } from "../../normalize/formula.js";
import type { Mapped, NormalForm, NormalSOp } from "../../normalize/normal-form.js";
import type { Domain } from "../../values/domain.js";
import { isCategorical } from "./categorical.js";

/**
 * S-ops in place of the leaves: of a one-hot leaf of which the function sees only other functions, an s-op that has one of the leaf's
 * values for each class; and the other leaves.
 *
 * @param others - leaves that are classed alike, at the cost of hidden units
 */
export function leafClasses(
  sop: NormalSOp,
  { leaves }: Formula,
  domain: Domain,
  form: NormalForm,
  others: ReadonlySet<NormalSOp> = new Set(),
): readonly NormalSOp[] {
  const seenOf = functionsOfOne(sop, leaves, domain);
  return leaves.map((leaf) => {
    const seen = seenOf.get(leaf)!;
    const hasClasses = !seen.has(leaf) && (others.has(leaf) || isCategorical(leaf, domain));
    return hasClasses ? classesOf(leaf, [...seen], domain, form) : leaf;
  });
}

/** By leaf: the s-ops of this leaf alone that s-ops of several leaves are computed from. */
function functionsOfOne(
  sop: NormalSOp,
  leaves: readonly NormalSOp[],
  domain: Domain,
): ReadonlyMap<NormalSOp, ReadonlySet<NormalSOp>> {
  const isLeaf = new Set(leaves);
  /** The only leaf of an s-op; "none" for constants. */
  const onlyLeaf = new Map<NormalSOp, NormalSOp | "none" | "several">();
  const seen = new Map(leaves.map((leaf) => [leaf, new Set<NormalSOp>()]));
  for (const node of reachThroughMaps([sop], isLeaf, domain.work)) {
    if (isLeaf.has(node) || node.kind !== "map") {
      onlyLeaf.set(node, isLeaf.has(node) ? node : "none");
      continue;
    }
    const below = new Set(node.args.map((arg) => onlyLeaf.get(arg)!).filter((leaf) => leaf !== "none"));
    const [only = "none"] = below;
    onlyLeaf.set(node, below.size > 1 ? "several" : only);
    if (below.size > 1) {
      for (const arg of node.args) {
        const leaf = onlyLeaf.get(arg)!;
        if (leaf !== "none" && leaf !== "several") seen.get(leaf)!.add(arg);
      }
    }
  }
  return seen;
}

/** An s-op that has the same value, one of the leaf's, wherever all of some functions of the leaf are the same; the leaf if all differ. */
function classesOf(leaf: NormalSOp, functions: readonly NormalSOp[], domain: Domain, form: NormalForm): NormalSOp {
  const formula = new Formula(functions, domain.work, new Set([leaf]));
  const values = domain.values(leaf);
  const firsts = new Map<string, Atom>();
  const classOf = new Map<string, Atom>();
  for (const value of values) {
    const seen = formula.evaluate([value]);
    const key = JSON.stringify(seen?.map((atom) => `${typeof atom} ${atomKey(atom)}`) ?? null);
    classOf.set(
      atomKey(value),
      getOrInsert(firsts, key, () => value),
    );
  }
  if (firsts.size === values.length) return leaf;
  const fn: Mapped["fn"] = {
    name: "class",
    key: `class by ${functions.map(({ id }) => id).join()}`,
    apply: ([value]) => classOf.get(atomKey(value!))!,
    seesNull: true,
  };
  return form.map(fn, [leaf], leaf.origin);
}
