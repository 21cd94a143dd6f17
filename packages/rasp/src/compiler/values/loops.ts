/**
 * Loops are written out as layers before anything else: as many steps as the values of the conditions allow, which is often fewer than the
 * limit, because a loop that has ended everywhere on every input needs no more.
 */
import { RaspError } from "../../language/diagnostic.js";
import { loopsOf, nodesInside, type Loop } from "../../language/graph/loop.js";
import { topological, type GraphNode, type SOp } from "../../language/graph/node.js";
import { unroll, type Unrolled } from "../../language/graph/unroll.js";
import { simplify } from "../normalize/simplify.js";
import { refuse } from "../refusal.js";
import type { Domain } from "./domain.js";

/** The most steps that are written out: of a loop, and of one inside others together with theirs. */
export const MOST_STEPS = 64;

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
  checkNesting(loops);
  // One step more than there may be tells whether the last one that may be is enough.
  const most = (loop: Loop): number => Math.min(loop.limit, MOST_STEPS);
  const all = unroll(roots, { stepsOf: most });
  const needed = stepsNeeded(all, makeDomain());
  for (const loop of loops) if (!needed.has(loop) && loop.limit > MOST_STEPS) tooMany(loop);
  const { image } = unroll(roots, { stepsOf: (loop) => needed.get(loop) ?? loop.limit, mark });
  return roots.map(image);
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

/** @throws RaspError where loops inside each other take too many steps together */
function checkNesting(loops: readonly Loop[]): void {
  for (const loop of loops) {
    for (const inner of loopsOf(nodesInside(loop))) {
      const steps = Math.min(loop.limit, MOST_STEPS) * Math.min(inner.limit, MOST_STEPS);
      if (steps <= MOST_STEPS || inner.limit === 0) continue;
      refuseLoop(
        inner,
        `each of the ${loop.limit} steps around it has ${inner.limit} of its own, and every step becomes layers: at most ${MOST_STEPS} together are written out`,
      );
    }
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
