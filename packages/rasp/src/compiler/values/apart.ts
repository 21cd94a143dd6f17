/**
 * Parts of a formula whose leaves nothing else in it reads, in place of these: of `old if at > length - 1 else new` the condition is one of two
 * values, whatever the position and the length are. Leaves count as independent, so that nothing is lost.
 */
import { reachThroughMaps, type Formula } from "../normalize/formula.js";
import type { NormalSOp } from "../normalize/normal-form.js";
import { entryCount, joinedDependence, type Cells, type Table } from "./table.js";
import type { ValueSet } from "./value-set.js";

/** Smaller tables are worked out as they are. */
const SMALL = 1 << 14;
/** In formulas of more maps parts are not sought. */
const MOST_MAPS = 64;

/** What is known of other s-ops: a `Domain`. */
interface Values extends Cells {
  table(sop: NormalSOp): Table<ValueSet>;
  jointSize(leaves: readonly NormalSOp[]): number;
  formulaOf(sops: readonly NormalSOp[], cut?: ReadonlySet<NormalSOp>): Formula;
}

/** The same function of `sops`, of fewer joint values where there are such parts. */
export function withParts(formula: Formula, sops: readonly NormalSOp[], domain: Values): Formula {
  const { leaves, size } = formula;
  if (leaves.length < 3 || size > MOST_MAPS) return formula;
  const entries = entryCount(joinedDependence(leaves.map((leaf) => domain.table(leaf).dependence)), domain);
  if (entries * domain.jointSize(leaves) <= SMALL) return formula;
  const isLeaf = new Set(leaves);
  const leavesBelow = (roots: readonly NormalSOp[], without?: NormalSOp): ReadonlySet<NormalSOp> =>
    new Set(reachThroughMaps(roots, new Set([...isLeaf, ...(without ? [without] : [])]), undefined));
  const parts = new Set<NormalSOp>();
  const open = new Set(sops);
  for (const node of open) {
    if (node.kind !== "map" || isLeaf.has(node)) continue;
    const own = leaves.filter((leaf) => leavesBelow([node]).has(leaf));
    const others = leavesBelow(sops, node);
    const isApart = own.length > 1 && !sops.includes(node) && !own.some((leaf) => others.has(leaf));
    if (isApart) parts.add(node);
    else for (const arg of node.args) open.add(arg);
  }
  if (parts.size === 0) return formula;
  return domain.formulaOf(sops, new Set([...leaves.filter(({ kind }) => kind === "map"), ...parts]));
}
