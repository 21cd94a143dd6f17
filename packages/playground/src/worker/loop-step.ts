/** What is inside the loops of a program in one of their steps: nodes that have values of their own, since the states are given. */
import {
  firstSteps,
  indices,
  loopSteps,
  mapNode,
  topological,
  type Atom,
  type Elementwise,
  type Evaluation,
  type FirstSteps,
  type GraphNode,
  type Selector,
  type SOp,
} from "@selectron/rasp";
import { copied } from "./substitute.js";

/**
 * The nodes inside loops as they are in step `step`, from 0, of each loop: in its last one where it takes fewer. Where loops are inside
 * loops it is the first step that is given.
 */
export function nodesInStep(root: SOp, evaluation: Evaluation, step: number): FirstSteps {
  if (step === 0 || !canChooseStep(root)) return firstSteps(root);
  const images = new Map<GraphNode, GraphNode>();
  const sop = (node: SOp): SOp => (images.get(node) ?? node) as SOp;
  const selector = (node: Selector): Selector => (images.get(node) ?? node) as Selector;
  for (const { loop, steps, moments } of loopSteps(root, evaluation)) {
    const { states } = moments[stepShown(step, steps)]!;
    loop.states.forEach((state, i) => images.set(state, given(states[i]!)));
    for (const node of [...loop.asking, ...loop.body]) images.set(node, copied(node, sop, selector));
  }
  return { sop, selector };
}

/** The step of a loop that is shown, from 0, where `step` is asked for. */
export const stepShown = (step: number, steps: number): number => Math.max(0, Math.min(step, steps - 1));

/** Whether no loop is inside another one. */
export const canChooseStep = (root: SOp): boolean =>
  topological(root).every(
    (node) => node.kind !== "final" || [...node.loop.asking, ...node.loop.body].every(({ kind }) => kind !== "final"),
  );

let made = 0;

/** An s-op that has these values. */
function given(values: readonly Atom[]): SOp {
  const fn: Elementwise = {
    name: "state",
    key: `state ${made++}`,
    seesTypes: true,
    apply: ([position]) => values[Number(position)]!,
  };
  return mapNode(fn, [indices]);
}
