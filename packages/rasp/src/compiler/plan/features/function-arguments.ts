/** What a function is tabulated over: its leaves or, where these have many joint values, what it sees of them. */
import type { Atom } from "../../../language/graph/node.js";
import { Formula } from "../../normalize/formula.js";
import type { NormalForm, NormalSOp } from "../../normalize/normal-form.js";
import type { Domain } from "../../values/domain.js";
import { entryCount, joinedDependence } from "../../values/table.js";
import { leafClasses } from "./leaf-classes.js";
import { linearPart, linearParts, type LinearSum } from "./linear.js";

export interface FunctionArguments {
  readonly leaves: readonly NormalSOp[];
  /** All joint values of the leaves that can occur, and perhaps others. */
  readonly joint: Iterable<readonly Atom[]>;
  /** The function, undefined where the program has no value. */
  readonly valueAt: (joint: readonly Atom[]) => Atom | undefined;
  /** The leaves that are sums of ints, which are read as numbers. */
  readonly sums?: readonly LinearSum[];
}

/** With up to this many joint values of its leaves, a function is a table over them. */
const FEW_ROWS = 1 << 14;
/** The work of a row. */
const ROW = 100;

/** @param fewRows - with up to this many joint values the leaves are the arguments */
export function argumentsOf(
  sop: NormalSOp,
  formula: Formula,
  domain: Domain,
  form: NormalForm,
  fewRows = FEW_ROWS,
): FunctionArguments {
  const { leaves } = formula;
  const valueAt = (joint: readonly Atom[]): Atom | undefined => formula.evaluate(joint)?.[0];
  const rows = leaves.length < 2 ? 0 : rowsOf(leaves, domain);
  if (rows > fewRows) {
    const linear = linearPart(sop, formula, domain, form);
    if (linear) {
      const { sop: only, formula: ofSum } = linear;
      const sums = [linear];
      return { leaves: [only], joint: domain.joint([only]), valueAt: (joint) => ofSum.evaluate(joint)?.[0], sums };
    }
    const seen = whatIsSeen(sop, formula, domain, form, fewRows);
    if (seen.size < rows) {
      domain.work.spend(ROW * seen.size, sop, "fitting hidden units to this s-op");
      return { ...seen, joint: productOf(seen.leaves.map((leaf) => domain.values(leaf))) };
    }
  }
  return { leaves, joint: domain.joint(leaves), valueAt };
}

/** Arguments with all combinations of their values, of which there are `size`. */
interface Seen extends Omit<FunctionArguments, "joint"> {
  readonly size: number;
}

/** Classes of values that the function can tell apart or, where these are many, also sums of ints in place of what they add up. */
function whatIsSeen(sop: NormalSOp, formula: Formula, domain: Domain, form: NormalForm, fewRows: number): Seen {
  const { sop: same, sums } = linearParts(sop, formula, domain, form);
  const seenOf = (whole: NormalSOp, from: Formula, classed?: ReadonlySet<NormalSOp>): Seen => {
    const leaves = leafClasses(whole, from, domain, form, classed);
    const size = leaves.reduce((product, leaf) => product * domain.values(leaf).length, 1);
    const valueAt = (joint: readonly Atom[]): Atom | undefined => from.evaluate(joint)?.[0];
    return { leaves, valueAt, sums: sums.filter((sum) => leaves.includes(sum.sop)), size };
  };
  const ofLeaves = seenOf(sop, formula);
  if (sums.length === 0 || ofLeaves.size <= fewRows) return ofLeaves;
  const isSum = new Set<NormalSOp>(sums.map((sum) => sum.sop));
  const ofSums = new Formula([same], domain.work, new Set([...formula.leaves, ...isSum]));
  const numbers = seenOf(same, ofSums);
  // A class of a sum takes hidden units and a layer, where that of a one-hot leaf is read for nothing.
  return numbers.size <= fewRows ? numbers : seenOf(same, ofSums, isSum);
}

/** About how many joint values the leaves have. */
function rowsOf(leaves: readonly NormalSOp[], domain: Domain): number {
  const dependence = joinedDependence(leaves.map((leaf) => domain.table(leaf).dependence));
  return entryCount(dependence, domain) * domain.jointSize(leaves);
}

const productOf = (values: readonly (readonly Atom[])[]): (readonly Atom[])[] =>
  values.reduce<(readonly Atom[])[]>((rows, atoms) => rows.flatMap((row) => atoms.map((atom) => [...row, atom])), [[]]);
