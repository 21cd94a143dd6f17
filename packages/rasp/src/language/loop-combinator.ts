/** Loops from TypeScript: `repeat`, beside the combinators of `combinators.ts`. */
import { checks } from "@selectron/core";
import { constant, type Lift, type TokenValue, type Widened } from "./combinators.js";
import { checkLoop } from "./elaborate/loop-checks.js";
import { checkSOp } from "./graph/kinds.js";
import { finalNodes, makeLoop, stateNode } from "./graph/loop.js";
import type { SOp } from "./graph/node.js";

/** The first values of a loop's states, by name: s-ops, or one value for every position. */
export type FirstValues = Readonly<Record<string, Lift<TokenValue>>>;

/** The states of a loop as s-ops. */
export type LoopStates<S extends FirstValues> = {
  readonly [K in keyof S]: S[K] extends SOp<infer T> ? SOp<T> : S[K] extends bigint ? SOp<number> : SOp<Widened<S[K]>>;
};

/** What a step makes of the states. One that is left out keeps its value. */
export type NextValues<S extends FirstValues> = {
  readonly [K in keyof S]?: LoopStates<S>[K] extends SOp<infer T> ? Lift<T> : never;
};

/** A loop. */
export interface RepeatOptions<S extends FirstValues> {
  /** The states and their first values. A state keeps its type. */
  readonly states: S;
  /** Asked before each step, of the states: where it holds, the position has halted, and keeps its states. */
  readonly until: (states: LoopStates<S>) => SOp<boolean>;
  /** What a step makes of the states. */
  readonly step: (states: LoopStates<S>) => NextValues<S>;
  /** The most steps: a whole number from 0. An input on which the loop takes more has no value. */
  readonly atMost: number;
  /** Whether every position goes on until the condition holds at all of them at the same time; false by default. */
  readonly all?: boolean;
}

const OPTIONS = {
  states: checks.anObject("an object of first values by name, such as { n: 0 }"),
  until: checks.aFunction("a function of the states that gives an s-op of bools"),
  step: checks.aFunction("a function of the states that gives their next values"),
  atMost: checks.anInteger(0),
  all: checks.aFlag,
};

/**
 * A loop over s-ops, of as many steps as the input asks for: `repeat (…) until (…) at most …` of the language. `until` and `step` are called
 * once, with s-ops that stand for the states when a step begins; these mean nothing outside the loop.
 *
 * ```ts
 * const { parity } = repeat({
 *   states: { parity: 0, at: 0 },
 *   until: ({ at }) => eq(at, length),
 *   step: ({ parity, at }) => ({
 *     parity: mod(add(parity, aggregate(select(indices, at, eq), tokensInt)), 2),
 *     at: add(at, 1),
 *   }),
 *   atMost: 1000,
 * });
 * ```
 *
 * @returns the states after the last step, by name
 * @throws RaspError on a condition that is no bool or that no step can change, and on a step that changes the type of a state
 * @throws RangeError on a limit that is no whole number from 0, and without states
 * @throws TypeError on what is no s-op and no value, and on a next value of what is no state
 */
export function repeat<S extends FirstValues>(options: RepeatOptions<S>): LoopStates<S> {
  checks.checkOptions("repeat", options, OPTIONS, ["states", "until", "step", "atMost"]);
  const { states: first, until, step, atMost: limit, all: together = false } = options;
  const names = Object.keys(first);
  if (names.length === 0) throw new RangeError("repeat: there are no states; give one, as in { n: 0 }");
  const states = names.map((name) => {
    const state = stateNode(lift(`repeat: the state "${name}"`, first[name]!));
    state.name = name;
    return state;
  });
  const given = Object.fromEntries(states.map((state, s) => [names[s]!, state])) as unknown as LoopStates<S>;
  const condition = until(given);
  checkSOp("repeat: what until gives", condition);
  const next = step(given);
  checks.checkOptions(
    "repeat: what step gives",
    next,
    Object.fromEntries(names.map((name) => [name, checks.anything])),
  );
  const steps = states.map((state, s) => {
    const value = next[names[s]!] as Lift<TokenValue> | undefined;
    return value === undefined ? state : lift(`repeat: the next "${names[s]!}"`, value);
  });
  const loop = makeLoop({ states, steps, condition, together, limit, span: undefined });
  checkLoop(loop);
  return Object.fromEntries(finalNodes(loop).map((node, s) => [names[s]!, node])) as unknown as LoopStates<S>;
}

function lift(what: string, value: Lift<TokenValue>): SOp {
  if (typeof value !== "object") return constant(value as TokenValue);
  checkSOp(what, value);
  return value;
}
