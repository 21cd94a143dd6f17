/**
 * What a formula asks of positions and lengths, in place of these: for `0 if indices == 0 else 1 + count` whether it is position 0 makes
 * two cases for each set of counts, not one for each position. What has one value at each position says nothing of others, so that
 * nothing is lost.
 */
import { reachThroughMaps, type Formula } from "../normalize/formula.js";
import type { NormalSOp } from "../normalize/normal-form.js";
import { entryCount, joinedDependence, type Cells, type Table } from "./table.js";
import type { ValueSet } from "./value-set.js";

/** Smaller tables are worked out as they are. */
const SMALL = 1 << 14;

/** What is known of other s-ops: a `Domain`. */
interface Values extends Cells {
  table(sop: NormalSOp): Table<ValueSet>;
  jointSize(leaves: readonly NormalSOp[]): number;
  formulaOf(sops: readonly NormalSOp[], cut?: ReadonlySet<NormalSOp>): Formula;
}

/** The same function of `sops`, of leaves with fewer different values where there are such. */
export function withoutDetails(formula: Formula, sops: readonly NormalSOp[], domain: Values): Formula {
  const { leaves } = formula;
  const isSingle = new Map(leaves.map((leaf) => [leaf, [...domain.table(leaf).distinct].every(hasOne)]));
  const singles = [...isSingle.values()].filter(Boolean).length;
  if (singles === 0 || singles === leaves.length) return formula;
  const entries = entryCount(joinedDependence(leaves.map((leaf) => domain.table(leaf).dependence)), domain);
  if (entries * domain.jointSize(leaves) <= SMALL) return formula;

  const kept = new Set(leaves.filter(({ kind }) => kind === "map"));
  /** How many different values the leaves below have, for what is made of single ones. */
  const details = new Map<NormalSOp, number>();
  for (const node of reachThroughMaps(sops, kept, undefined)) {
    if (node.kind === "constant") {
      details.set(node, 1);
    } else if (isSingle.has(node)) {
      details.set(node, isSingle.get(node)! ? domain.table(node).distinct.size : NaN);
    } else if (node.kind === "map") {
      details.set(
        node,
        node.args.reduce((most, arg) => Math.max(most, details.get(arg)!), 1),
      );
    }
  }
  const found = new Set<NormalSOp>();
  const seen = new Set(sops);
  for (const node of seen) {
    if (node.kind !== "map" || isSingle.has(node)) continue;
    const most = details.get(node)!;
    if (most > 1 && domain.table(node).distinct.size < most) found.add(node);
    else for (const arg of node.args) seen.add(arg);
  }
  return found.size === 0 ? formula : domain.formulaOf(sops, new Set([...kept, ...found]));
}

const hasOne = ({ atoms }: ValueSet): boolean => atoms.length <= 1;
