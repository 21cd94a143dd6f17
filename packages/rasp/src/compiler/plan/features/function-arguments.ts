/** What a function is tabulated over: its leaves or, where these have many joint values, what it sees of them. */
import type { Atom } from "../../../language/graph/node.js";
import type { Formula } from "../../normalize/formula.js";
import type { NormalForm, NormalSOp } from "../../normalize/normal-form.js";
import type { Domain } from "../../values/domain.js";
import { entryCount, joinedDependence } from "../../values/table.js";
import { leafClasses } from "./leaf-classes.js";
import { linearPart, type LinearPart } from "./linear.js";

export interface FunctionArguments {
  readonly leaves: readonly NormalSOp[];
  /** All joint values of the leaves that can occur, and perhaps others. */
  readonly joint: Iterable<readonly Atom[]>;
  /** The function, undefined where the program has no value. */
  readonly valueAt: (joint: readonly Atom[]) => Atom | undefined;
  /** The only leaf, where that is a sum of ints. */
  readonly linear?: LinearPart;
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
      return { leaves: [only], joint: domain.joint([only]), valueAt: (joint) => ofSum.evaluate(joint)?.[0], linear };
    }
    const classes = leafClasses(sop, formula, domain, form);
    const values = classes.map((leaf) => domain.values(leaf));
    const size = values.reduce((product, { length }) => product * length, 1);
    if (size < rows) {
      domain.work.spend(ROW * size, sop, "fitting hidden units to this s-op");
      return { leaves: classes, joint: productOf(values), valueAt };
    }
  }
  return { leaves, joint: domain.joint(leaves), valueAt };
}

/** About how many joint values the leaves have. */
function rowsOf(leaves: readonly NormalSOp[], domain: Domain): number {
  const dependence = joinedDependence(leaves.map((leaf) => domain.table(leaf).dependence));
  return entryCount(dependence, domain) * domain.jointSize(leaves);
}

const productOf = (values: readonly (readonly Atom[])[]): (readonly Atom[])[] =>
  values.reduce<(readonly Atom[])[]>((rows, atoms) => rows.flatMap((row) => atoms.map((atom) => [...row, atom])), [[]]);
