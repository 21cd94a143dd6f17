/** The steps that loops take on an input. */
import { loopsOf, type Loop } from "../graph/loop.js";
import { topological, type Atom, type SOp } from "../graph/node.js";
import { checkSOp } from "../graph/kinds.js";
import { getOrInsert } from "../maps.js";
import { Evaluation } from "./evaluation.js";
import { inputAtoms, type Input } from "./tokens.js";

/** The states of a loop at one time. */
export interface LoopMoment {
  /** The value of each state at each position, in the loop's order. */
  readonly states: readonly (readonly Atom[])[];
  /** Where the states will not change any more. */
  readonly halted: readonly boolean[];
}

/** What a loop did on an input. */
export interface LoopSteps {
  readonly loop: Loop;
  /** The names of the states. */
  readonly names: readonly string[];
  /** How many steps it took. */
  readonly steps: number;
  /** The states before the first step and after each: one more than steps. */
  readonly moments: readonly LoopMoment[];
}

/**
 * What the loops of an s-op do on an input, in the order in which they run; those inside other loops are left out.
 *
 * @param input - or an evaluation of one, such as of a step of a loop, which is done anew
 * @throws RaspError where the program has no value on this input
 */
export function loopSteps(sop: SOp, input: Input | Evaluation): LoopSteps[] {
  checkSOp("loopSteps", sop);
  const evaluation = input instanceof Evaluation ? input : new Evaluation(inputAtoms(input));
  const fresh = evaluation.again();
  const outer = new Set(loopsOf(topological(sop)));
  const found = new Map<Loop, LoopMoment[]>();
  fresh.watch = {
    asked(loop, _, halted) {
      if (!outer.has(loop)) return;
      fresh.capacity.hold(BYTES * loop.states.length * halted.length);
      const states = loop.states.map((state) => fresh.sop(state));
      getOrInsert(found, loop, () => []).push({ states, halted: Array.from(halted, Boolean) });
    },
  };
  fresh.check(sop);
  return [...found].map(([loop, moments]) => ({
    loop,
    names: loop.states.map(({ name }, i) => name ?? `state ${i + 1}`),
    steps: moments.length - 1,
    moments,
  }));
}

/** What a value takes. */
const BYTES = 16;
