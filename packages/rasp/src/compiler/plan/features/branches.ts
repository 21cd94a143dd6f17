/**
 * An s-op that is an `if` of others as a sum of functions, one for each of its branches: the branch's value where its conditions hold,
 * and nothing elsewhere. Each depends on fewer values than all of them together, and one feed-forward sublayer computes them side by side.
 */
import { truth } from "../../../language/atom/arithmetic.js";
import type { Atom, Elementwise } from "../../../language/graph/node.js";
import { Formula } from "../../normalize/formula.js";
import type { Mapped, NormalForm, NormalSOp } from "../../normalize/normal-form.js";
import type { Domain } from "../../values/domain.js";

/** The value of a branch where its conditions do not hold: no value of a program. */
export const ELSEWHERE = "\u0000elsewhere";

/** With more joint values of its leaves an `if` is computed branch by branch. */
const BRANCH_LIMIT = 1 << 10;
/** More branches are not told apart. */
const MOST_BRANCHES = 64;

/** A function whose value counts where it is not ELSEWHERE. */
export interface Branch {
  readonly sop: NormalSOp;
  readonly formula: Formula;
}

/** The branches of an s-op in a staged domain; itself where it needs none. */
export function branchesOf(sop: NormalSOp, domain: Domain, form: NormalForm): readonly Branch[] {
  const formula = domain.formula(sop);
  const whole = [{ sop, formula }];
  if (!domain.isStaged || !isChoice(sop) || domain.jointSize(formula.leaves) <= BRANCH_LIMIT) return whole;
  const leaves = new Set(formula.leaves);
  const paths = pathsOf(sop, leaves, domain);
  if (!paths) return whole;
  return paths.map(({ conditions, value }) => {
    const answers = conditions.map(({ holds }) => holds);
    const branch = form.map(chosenBy(answers), [...conditions.map(({ condition }) => condition), value], sop.origin);
    return { sop: branch, formula: new Formula([branch], domain.work, leaves) };
  });
}

/** A way through nested choices to a value. */
interface Path {
  readonly conditions: readonly { readonly condition: NormalSOp; readonly holds: boolean }[];
  readonly value: NormalSOp;
}

/** @returns undefined where they are too many, or where a condition can be null, which is a third case */
function pathsOf(sop: NormalSOp, leaves: ReadonlySet<NormalSOp>, domain: Domain): Path[] | undefined {
  const open: Path[] = [{ conditions: [], value: sop }];
  const paths: Path[] = [];
  for (let path = open.pop(); path; path = open.pop()) {
    const { conditions, value } = path;
    if (!isChoice(value) || (leaves.has(value) && value !== sop)) {
      paths.push(path);
      if (paths.length > MOST_BRANCHES) return undefined;
      continue;
    }
    const [condition, then, otherwise] = value.args;
    if (domain.values(condition!).includes(null)) return undefined;
    open.push(
      { conditions: [...conditions, { condition: condition!, holds: false }], value: otherwise! },
      { conditions: [...conditions, { condition: condition!, holds: true }], value: then! },
    );
  }
  return paths;
}

export const isChoice = (sop: NormalSOp): sop is Mapped => sop.kind === "map" && sop.fn.name === "if";

/** The last argument where the others are true or false as given. */
const chosenBy = (answers: readonly boolean[]): Elementwise => ({
  name: "branch",
  key: `branch ${answers.map(Number).join("")}`,
  apply: (args): Atom => (answers.every((answer, j) => truth(args[j]!) === answer) ? args.at(-1)! : ELSEWHERE),
  seesNull: true,
});
