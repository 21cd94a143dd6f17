/**
 * Loops are written out as layers before anything else: as many steps as they need, which is often fewer than the limit. That a loop has
 * ended everywhere on every input is shown by the values that its condition can have, or, where the inputs are few, by running all of
 * them.
 */
import { RaspError } from "../../language/diagnostic.js";
import { loopsOf, nodesInside, type Loop } from "../../language/graph/loop.js";
import { causalCopies } from "../../language/graph/causal.js";
import { topological, type Atom, type GraphNode, type SOp } from "../../language/graph/node.js";
import { unroll, type Unrolled } from "../../language/graph/unroll.js";
import { Evaluation } from "../../language/interpret/evaluation.js";
import { simplify } from "../normalize/simplify.js";
import { refuse } from "../refusal.js";
import type { Domain } from "./domain.js";

/** The most steps that are written out: of a loop, and of one inside others together with theirs. */
export const MOST_STEPS = 64;

/** At most so many inputs are run, for so many steps together: some seconds. */
const [MOST_INPUTS, MOST_RUN] = [4096, 50_000];

/**
 * The s-ops without loops: the same ones where there are none.
 *
 * @param makeDomain - makes a domain that knows nothing yet
 * @param mark - whether a loop that does not end has no value
 * @throws RaspError of class `compile` where the steps are too many
 */
export function withoutLoops(roots: readonly SOp[], makeDomain: () => Domain, mark: boolean): readonly SOp[] {
  const loops = allLoops(topological(...roots));
  if (loops.length === 0) return roots;
  const domain = makeDomain();
  const most = ({ limit }: Loop): number => Math.min(limit, MOST_STEPS);
  let needed = stepsTaken(roots, loops, domain, mark);
  if (!needed) {
    checkNesting(loopsOf(topological(...roots)), most);
    needed = stepsNeeded(unroll(roots, { stepsOf: most }), domain);
  }
  for (const loop of loops) if (!needed.has(loop) && loop.limit > MOST_STEPS) tooMany(loop);
  const stepsOf = (loop: Loop): number => needed.get(loop) ?? loop.limit;
  checkNesting(loopsOf(topological(...roots)), stepsOf);
  return roots.map(unroll(roots, { stepsOf, mark }).image);
}

/**
 * The most steps that a loop takes on any input on which it ends: as far as that is found with little work, or its limit.
 *
 * @param makeDomain - makes a domain that knows nothing yet
 */
export function mostSteps(root: SOp, loop: Loop, makeDomain: () => Domain): number {
  const domain = makeDomain();
  const taken = stepsTaken([root], [loop], domain, false, loop.limit);
  const needed = taken ?? stepsNeeded(unroll([root], { stepsOf: ({ limit }) => Math.min(limit, MOST_STEPS) }), domain);
  return needed.get(loop) ?? loop.limit;
}

/**
 * The s-op with one loop: the others, and those inside it, are written out.
 *
 * @param kept - the loop that stays, which is inside no other
 * @param domain - one that knows nothing yet
 * @throws RaspError of class `compile` where the steps are too many
 */
export function withOneLoop(root: SOp, kept: Loop, domain: Domain): SOp {
  const loops = allLoops(topological(root)).filter((loop) => loop !== kept);
  if (loops.length === 0) return root;
  const taken = stepsTaken([root], loops, domain, false, Infinity);
  const stepsOf = (loop: Loop): number => taken?.get(loop) ?? loop.limit;
  for (const loop of loops) if (stepsOf(loop) > MOST_STEPS) tooMany(loop);
  // A step of the loop that stays is there once.
  checkNesting(loopsOf(topological(root)), (loop) => (loop === kept ? 1 : stepsOf(loop)));
  return unroll([root], { stepsOf: (loop) => (loop === kept ? undefined : stepsOf(loop)) }).image(root);
}

/** The loops that nodes reach, and those inside them. */
function allLoops(nodes: readonly GraphNode[]): Loop[] {
  const loops = new Set(loopsOf(nodes));
  for (const loop of loops) for (const inner of loopsOf(nodesInside(loop))) loops.add(inner);
  return [...loops];
}

/** For each loop the steps after which it has surely ended on every input, where that is known. */
function stepsNeeded({ halted }: Unrolled, domain: Domain): ReadonlyMap<Loop, number> {
  const asked = [...halted.values()].flat(2);
  const needed = new Map<Loop, number>();
  try {
    const { sops } = simplify(asked, domain);
    const isSure = (sop: SOp): boolean => domain.values(sops.get(sop)!).every((value) => value === true);
    for (const [loop, copies] of halted) {
      const steps = copies.map((copy) => copy.findIndex(isSure));
      if (!steps.includes(-1)) needed.set(loop, Math.max(...steps));
    }
  } catch (error) {
    // Values that are too many are refused where the program is compiled, if the limits of its loops allow that.
    if (!(error instanceof RaspError) || error.diagnostic.class !== "compile") throw error;
  }
  return needed;
}

/**
 * For each loop the most steps that any input takes, where that is found with little work. An input on which a loop does not end has no
 * value; if that is to be marked, nothing is known.
 */
function stepsTaken(
  roots: readonly SOp[],
  loops: readonly Loop[],
  domain: Domain,
  mark: boolean,
  most = MOST_STEPS,
): ReadonlyMap<Loop, number> | undefined {
  const { vocabulary, maxLength, causal } = domain;
  if (vocabulary.length ** maxLength > MOST_INPUTS) return undefined;
  const meant = causal ? causalCopies(roots) : { roots, loops: new Map<Loop, Loop>() };
  const taken = new Map<Loop, number>();
  let left = MOST_RUN;
  for (const input of everyInput(vocabulary, maxLength)) {
    const evaluation = new Evaluation(input);
    evaluation.watch = {
      asked(loop, step, halted) {
        if (--left < 0 || step > most) throw new TooLong();
        if (!halted.includes(0)) taken.set(loop, Math.max(step, taken.get(loop) ?? 0));
      },
    };
    for (const root of meant.roots) {
      try {
        evaluation.check(root);
      } catch (error) {
        if (error instanceof TooLong || (error instanceof RaspError && mark)) return undefined;
        if (!(error instanceof RaspError)) throw error;
      }
    }
  }
  return new Map(loops.map((loop) => [loop, taken.get(meant.loops.get(loop) ?? loop) ?? 0]));
}

/** Thrown to end a run. */
class TooLong extends Error {}

/** The inputs up to a length. */
function* everyInput(vocabulary: readonly Atom[], maxLength: number): Generator<readonly Atom[]> {
  let inputs: readonly (readonly Atom[])[] = [[]];
  for (let length = 1; length <= maxLength; length++) {
    inputs = inputs.flatMap((input) => vocabulary.map((token) => [...input, token]));
    yield* inputs;
  }
}

/**
 * @param loops - those that are inside no other
 * @param around - how many steps are around them
 * @throws RaspError where loops inside each other take too many steps together
 */
function checkNesting(loops: readonly Loop[], stepsOf: (loop: Loop) => number, around = 1): void {
  for (const loop of loops) {
    const own = stepsOf(loop);
    if (around > 1 && around * own > MOST_STEPS) {
      refuseLoop(
        loop,
        `each of ${around} steps around it has up to ${own} of its own, every step becomes layers, and at most ${MOST_STEPS} together are written out`,
      );
    }
    checkNesting(loopsOf(nodesInside(loop)), stepsOf, around * own);
  }
}

const tooMany = (loop: Loop): never =>
  refuseLoop(
    loop,
    `it may take ${loop.limit} steps, every step becomes layers of its own, and at most ${MOST_STEPS} are written out; its values do not show that fewer are enough`,
  );

function refuseLoop(loop: Loop, reason: string): never {
  const [state] = loop.states;
  const { name } = state!;
  return refuse(
    { ...state!, span: loop.span, ...(name === undefined ? {} : { name }) },
    reason,
    `let it take at most ${MOST_STEPS}, or compile for shorter inputs; selectron eval runs loops of any length`,
  );
}
