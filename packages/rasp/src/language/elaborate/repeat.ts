/**
 * `repeat (a = …, b = …) until (…) at most … { … }`: the condition and the body are read once, with placeholders for the states, in a
 * scope of their own. What is wrong with a loop on every input is told here; the rest when it runs.
 */
import { errors, RaspError, warnings } from "../diagnostic.js";
import { finalNodes, makeLoop, stateNode, type LoopParts } from "../graph/loop.js";
import type { SOp } from "../graph/node.js";
import { textOf, type Span } from "../source.js";
import type { Expression, Name, Repeat, Statement } from "../syntax/ast.js";
import { checkValue } from "./check.js";
import type { ExpressionElaborator } from "./expression-elaborator.js";
import { checkLoop, type LoopPlaces } from "./loop-checks.js";
import { lift } from "./operators.js";
import { Scope } from "./scope.js";
import { located } from "./session.js";
import { describe, sopValue, type Value } from "./value.js";

/** The most steps that a loop can ask for: they are counted exactly. */
const MOST_STEPS = Number.MAX_SAFE_INTEGER;

/**
 * The states after the last step.
 *
 * @param runBody - runs the statements of the body
 * @throws RaspError, with a place
 */
export function repeat(
  statement: Repeat,
  elaborator: ExpressionElaborator,
  runBody: (inner: ExpressionElaborator) => void,
): Value[] {
  const { session, scope } = elaborator;
  checkNames(statement, scope);
  const limit = limitOf(statement.limit, elaborator);
  const inits = statement.states.map(({ init }) => sopOf(initOf(init, statement, elaborator), init.span, elaborator));
  const states = statement.states.map(({ name }, i) => {
    const state = stateNode(inits[i]!, name.span);
    state.name = name.text;
    return state;
  });
  const inner = elaborator.inside(new Scope(scope));
  const setStates = (): void => statement.states.forEach(({ name }, i) => inner.scope.set(name, sopValue(states[i]!)));
  const parts = session.inLoop((): LoopParts => {
    setStates();
    const condition = sopOf(inner.expression(statement.condition), statement.condition.span, inner);
    runBody(inner);
    const steps = statement.states.map(({ name }) => sopOf(inner.scope.get(name.text, name.span), name.span, inner));
    return { states, steps, condition, together: statement.together, limit, span: statement.head };
  });
  warnOfLost(statement, elaborator);
  const loop = makeLoop(parts);
  checkLoop(loop, placesOf(statement));
  const values = finalNodes(loop, statement.head).map(sopValue);
  // An outer loop is tried as a whole.
  for (const value of values) checkValue(value, session);
  return values;
}

function checkNames({ states }: Repeat, scope: Scope): void {
  const seen = new Map<string, Name>();
  for (const { name } of states) {
    const refusal = scope.refusal(name);
    if (refusal) throw refusal;
    const first = seen.get(name.text);
    if (first) {
      throw errors.wrongKind(`this loop has two states "${name.text}"`, {
        span: name.span,
        notes: [{ message: "the first one", span: first.span }],
      });
    }
    seen.set(name.text, name);
  }
}

function limitOf(expression: Expression, elaborator: ExpressionElaborator): number {
  const value = elaborator.expression(expression);
  const atom = value.kind === "atom" && typeof value.atom === "bigint" ? value.atom : undefined;
  if (atom !== undefined && atom >= 0n && atom <= MOST_STEPS) return Number(atom);
  throw errors.wrongKind(`the most steps of a loop are an int from 0 up, not ${describe(value)}`, {
    span: expression.span,
    suggestion: value.kind === "s-op" ? "the limit is the same on every input: at most 1000" : "at most 1000",
  });
}

/** What a state begins with; an undefined name may be meant as the state before it. */
function initOf(init: Expression, { states }: Repeat, elaborator: ExpressionElaborator): Value {
  try {
    return elaborator.expression(init);
  } catch (error) {
    const { code, span } = error instanceof RaspError ? error.diagnostic : {};
    const state = span && code === UNDEFINED ? states.find(({ name }) => name.text === textOf(span)) : undefined;
    if (!state) throw error;
    const { text } = state.name;
    throw errors.undefinedName(`"${text}" is not defined: the states of a loop begin at once`, {
      span: span!,
      suggestion: `write what it begins with: ${textOf(state.init.span)}`,
    });
  }
}

const UNDEFINED = "RASP2001";

/** A value as an s-op. @throws RaspError at the place */
function sopOf(value: Value, span: Span, { session }: ExpressionElaborator): SOp {
  try {
    return lift(value, span);
  } catch (error) {
    throw located(error, span, session.budget);
  }
}

/** Warns of names from outside that the body sets: what a step sets is lost for the next one. */
function warnOfLost({ states, body }: Repeat, { session, scope }: ExpressionElaborator): void {
  const kept = new Set(states.map(({ name }) => name.text));
  for (const { text, span } of setBy(body)) {
    if (kept.has(text) || !scope.find(text)) continue;
    session.warn(
      warnings.shadowing(
        `"${text}" is no state of this loop: each step begins with the "${text}" from outside, and after the loop it is that again`,
        { span, suggestion: `make it a state: repeat (${text} = ${text}, …); or choose another name` },
      ),
    );
  }
}

const setBy = (statements: readonly Statement[]): Name[] =>
  statements.flatMap((statement) => {
    if (statement.kind === "assign") return [...statement.names];
    return statement.kind === "for" ? setBy(statement.body) : [];
  });

function placesOf({ condition, states, body }: Repeat): LoopPlaces {
  const sets = setBy(body);
  return {
    condition: condition.span,
    states: states.map(({ name, init }) => ({
      init: init.span,
      set: (sets.findLast(({ text }) => text === name.text) ?? name).span,
    })),
  };
}
