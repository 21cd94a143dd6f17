/**
 * Runs loops: the states take their first values; before each step the condition is asked, and where it holds a position has halted;
 * a step computes what depends on a state that has changed, and the states of the other positions take their new values. It computes
 * the same as `loopReference`, which `loops.test.ts` checks.
 */
import { describeAtom, describeInput } from "../atom/text.js";
import { errors, RaspError } from "../diagnostic.js";
import { nodesInside, type Loop } from "../graph/loop.js";
import { isSelector, operands, type Atom, type GraphNode, type SOp } from "../graph/node.js";
import type { Capacity } from "../limits.js";

/** The evaluation that a loop is part of. */
export interface LoopContext {
  readonly input: readonly Atom[];
  readonly capacity: Capacity;
  /** The values of an s-op, which are known. */
  values(node: SOp): readonly Atom[];
  /** The values of an s-op, if they are known. */
  known(node: SOp): readonly Atom[] | undefined;
  /** Computes a node, again if it is known. What it reads must be known. */
  compute(node: GraphNode): void;
  /** Gives an s-op values, in place of those that it has. */
  put(node: SOp, values: readonly Atom[]): void;
  /** Forgets what is known of a node. */
  forget(node: GraphNode): void;
  /** Forgets how a loop ended: it is run again when one of its states is computed. */
  forgetEnd(loop: Loop): void;
  /** Told of each step, if anybody wants to know. */
  readonly watch: LoopWatch | undefined;
}

/** What is told of a loop while it runs. The evaluation then has the values of the nodes inside that loop. */
export interface LoopWatch {
  /** The condition has been asked before step `step`, from 0. `halted` is 1 where a position will not change any more. */
  asked?(loop: Loop, step: number, halted: Uint8Array): void;
  /** Step `step` has been computed; the states still have their values from before it, and will have `next`. */
  stepped?(loop: Loop, step: number, next: readonly (readonly Atom[])[]): void;
}

/** What computing a map costs beside its elements, in nanoseconds, and a selector or an aggregate. */
const [MAP_STEPS, HEAD_STEPS] = [2000, 8000];

/** How many positions a message lists. */
const MOST_LISTED = 5;

/**
 * The value of each state after the last step.
 *
 * @throws RaspError where the limit is reached, no further step could change anything, or a value does not fit
 */
export function runLoop(loop: Loop, context: LoopContext): readonly (readonly Atom[])[] {
  const { states } = loop;
  const { length } = context.input;
  const types = states.map(({ init }) => new Set(context.values(init).map((atom) => typeof atom)));
  const update = updater(context);
  let current: readonly (readonly Atom[])[] = states.map(({ init }) => context.values(init));
  states.forEach((state, i) => context.put(state, current[i]!));
  const halted = new Uint8Array(length);
  try {
    let changed: Set<GraphNode> | undefined;
    for (let step = 0; ; step++) {
      changed = inStep(loop, step, () => update(loop.asking, changed));
      const left = halt(loop, context.values(loop.condition), halted);
      context.watch?.asked?.(loop, step, halted);
      if (left === 0) return current;
      if (step === loop.limit) throw notEnded(loop, context.input, halted);
      changed = inStep(loop, step, () => update(loop.body, changed));
      const next = merged(loop, step, types, current, context, halted);
      context.watch?.stepped?.(loop, step, next);
      changed = new Set(states.filter((_, i) => next[i] !== current[i]));
      if (changed.size === 0) throw stuck(loop, step, context.input, halted);
      states.forEach((state, i) => context.put(state, next[i]!));
      current = next;
    }
  } finally {
    for (const node of nodesInside(loop)) context.forget(node);
  }
}

/**
 * Gives a function that computes nodes of which an operand has changed, and adds those that change thereby to the changed ones. If it
 * is not told what has changed, everything is computed.
 */
function updater(context: LoopContext) {
  return (nodes: readonly GraphNode[], changed: Set<GraphNode> | undefined): Set<GraphNode> | undefined => {
    const again = new Set<Loop>();
    for (const node of nodes) {
      const isKnown = changed !== undefined && (isSelector(node) || context.known(node) !== undefined);
      if (isKnown && !operands(node).some((operand) => changed.has(operand))) continue;
      context.capacity.work(node.kind === "map" ? MAP_STEPS : HEAD_STEPS);
      const before = isSelector(node) ? undefined : context.known(node);
      if (node.kind === "final" && !again.has(node.loop)) {
        again.add(node.loop);
        context.forgetEnd(node.loop);
      }
      context.compute(node);
      if (isSelector(node)) changed?.add(node);
      else if (before && isSame(before, context.values(node))) context.put(node, before);
      else changed?.add(node);
    }
    return changed;
  };
}

const isSame = (a: readonly Atom[], b: readonly Atom[]): boolean => {
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
};

/** Marks the positions that halt, and gives how many go on. @throws RaspError where the condition is no bool */
function halt({ condition, together, span }: Loop, holds: readonly Atom[], halted: Uint8Array): number {
  const wrong = holds.find((value) => typeof value !== "boolean");
  if (wrong !== undefined) {
    const place = condition.span ?? span;
    throw errors.loopCondition(`the condition of a loop is a bool, but this gives ${describeAtom(wrong)}`, {
      ...(place ? { span: place } : {}),
      suggestion: "compare it, as in state == 1",
    });
  }
  let left = 0;
  if (together) {
    for (const value of holds) left += Number(!value);
    halted.fill(left === 0 ? 1 : 0);
    return left;
  }
  for (let i = 0; i < halted.length; i++) {
    if (holds[i] === true) halted[i] = 1;
    left += 1 - halted[i]!;
  }
  return left;
}

/** The states after a step: the new values where a position goes on, and the same array where none differs from the old one. */
function merged(
  loop: Loop,
  step: number,
  types: readonly ReadonlySet<string>[],
  current: readonly (readonly Atom[])[],
  context: LoopContext,
  halted: Uint8Array,
): readonly (readonly Atom[])[] {
  return loop.steps.map((sop, s) => {
    const [before, after] = [current[s]!, context.values(sop)];
    if (before === after) return before;
    let isNew = false;
    const values = before.slice();
    for (let i = 0; i < values.length; i++) {
      if (halted[i] === 1 || Object.is(before[i], after[i])) continue;
      const atom = after[i]!;
      if (!fits(atom, types[s]!)) throw otherType(loop, s, step, before, atom, i);
      values[i] = atom;
      isNew = true;
    }
    return isNew ? values : before;
  });
}

/** A state keeps the types that it begins with; one of floats can also hold ints. */
const fits = (atom: Atom, types: ReadonlySet<string>): boolean =>
  types.has(typeof atom) || (typeof atom === "bigint" && types.has("number"));

const TYPES = { bigint: "ints", number: "floats", boolean: "bools", string: "strings", object: "nulls" } as const;
const typeOf = (atom: Atom): string => TYPES[typeof atom as keyof typeof TYPES];

function otherType(
  { states, steps, span }: Loop,
  s: number,
  step: number,
  before: readonly Atom[],
  atom: Atom,
  position: number,
): RaspError {
  const place = steps[s]!.span ?? span;
  const [held, given] = [typeOf(before[0]!), typeOf(atom)];
  const remedy =
    given === "floats"
      ? "a mean and / give floats: round(…) makes ints of them; or begin with a float, such as 0.0"
      : given === "bools"
        ? "indicator(…) makes ints of bools"
        : `begin with ${given}, or set another state`;
  return errors.stateType(
    `the state "${states[s]!.name ?? s}" holds ${held}, but step ${step + 1} gives ${describeAtom(atom)} at position ${position}`,
    { ...(place ? { span: place } : {}), suggestion: remedy },
  );
}

/** The positions that have not halted. */
function goingOn(halted: Uint8Array): string {
  const all = [...halted.keys()].filter((i) => halted[i] === 0);
  const listed = all.slice(0, MOST_LISTED).join(", ");
  return `position${all.length === 1 ? "" : "s"} ${listed}${all.length > MOST_LISTED ? ", …" : ""}`;
}

const counted = (steps: number): string => (steps === 1 ? "1 step" : `${steps} steps`);

function notEnded({ limit, condition, span, together }: Loop, input: readonly Atom[], halted: Uint8Array): RaspError {
  const place = span ?? condition.span;
  const where = together ? "everywhere" : `at ${goingOn(halted)}`;
  return errors.loopLimit(
    `on ${describeInput(input)} this loop has not ended after ${counted(limit)}, the most that it may take: its condition does not hold ${where}`,
    { ...(place ? { span: place } : {}), suggestion: "give it a higher limit, or a condition that comes to hold" },
  );
}

function stuck(
  { condition, span, together }: Loop,
  step: number,
  input: readonly Atom[],
  halted: Uint8Array,
): RaspError {
  const place = span ?? condition.span;
  const where = together ? "everywhere" : `at ${goingOn(halted)}`;
  return errors.endlessLoop(
    `on ${describeInput(input)} this loop cannot end: its condition does not hold ${where}, and step ${step + 1} changes no state, so no later one does`,
    { ...(place ? { span: place } : {}), suggestion: "let a step change what the condition asks for" },
  );
}

/** Runs a part of a step; an error tells in which step it is. */
function inStep<T>({ span }: Loop, step: number, part: () => T): T {
  try {
    return part();
  } catch (error) {
    if (!(error instanceof RaspError)) throw error;
    throw error.with({ message: `in step ${step + 1} of this loop`, ...(span ? { span } : {}) });
  }
}
