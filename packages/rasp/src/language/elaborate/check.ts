/** Every s-op and selector that an expression yields is evaluated at once on an example; a failure is the expression's. */
import { atomSize } from "../atom/size.js";
import { describeInput } from "../atom/text.js";
import { RaspError, type Note } from "../diagnostic.js";
import { isSelector, type Atom, type Selector, type SOp } from "../graph/node.js";
import type { Evaluation } from "../interpret/evaluation.js";
import type { Session } from "./session.js";
import { typeWarning } from "./type-warnings.js";
import type { Value } from "./value.js";

/**
 * Evaluates a value that is an s-op or a selector, counts it if it is new, and warns where its types do not fit.
 * @param applied the input that the value is about to be applied to; if absent, the running example is used
 * @param hasDefault whether the expression is an `aggregate` that gives a default
 * @throws RaspError where the value cannot be evaluated, or the budget is spent
 */
export function checkValue(value: Value, session: Session, applied?: Evaluation, hasDefault = false): void {
  if (value.kind !== "s-op" && value.kind !== "selector") return;
  const { budget } = session;
  const isNew = budget.node(value.node.id);
  // What a loop's body makes has values when the loop runs, which is tried as a whole.
  const atoms = session.isInLoop ? [] : evaluated(value.node, session, applied);
  if (!isNew) return;
  const free = applied ? 0 : session.freeAtoms;
  budget.hold(1 - free + atoms.reduce<number>((sum, atom) => sum + atomSize(atom), 0));
  const warning = typeWarning(value.node, hasDefault);
  if (warning) session.warn(warning);
}

/** About how many steps of the budget a node of a loop's body takes, beside one for every other position. */
const LOOP_WORK = 50;

/** An evaluation whose loops count against the budget: a program could ask for any number of steps. */
export function counted(evaluation: Evaluation, { budget }: Session): Evaluation {
  evaluation.watch = {
    asked({ asking, body, span }) {
      budget.work((1 + asking.length + body.length) * (LOOP_WORK + evaluation.input.length / 2), span);
    },
  };
  return evaluation;
}

/** The values of an s-op on the example. A selector is only checked; it counts as the input that it reads. */
function evaluated(node: SOp | Selector, session: Session, applied: Evaluation | undefined): readonly Atom[] {
  const evaluation = counted(applied ?? session.sopExample, session);
  try {
    if (!isSelector(node)) return evaluation.sop(node);
    evaluation.check(node);
    return evaluation.input;
  } catch (error) {
    const isNoted = (notes: readonly Note[] = []): boolean =>
      notes.some(({ message }) => message.startsWith("on the "));
    if (!(error instanceof RaspError) || isNoted(error.diagnostic.notes)) throw error;
    const { input } = evaluation;
    const isList = applied ? false : session.givenAsList["s-op"];
    const shown = describeInput(input, isList);
    throw error.with({
      message: applied ? `on the input ${shown}` : `on the running example ${shown}; "set example" chooses another`,
    });
  }
}
