/**
 * A program with a loop as three: what is computed before the loop, what a step does, and what is computed after it. The states and some
 * s-ops from before the loop lie in the residual stream between them.
 */
import { orMap, ternaryMap } from "../../language/graph/elementwise.js";
import { everywhere } from "../../language/graph/everywhere.js";
import { loopsOf, nodesInside, stateNode, type Loop } from "../../language/graph/loop.js";
import {
  constantNode,
  isSelector,
  mapNode,
  operands,
  topological,
  type GraphNode,
  type SOp,
} from "../../language/graph/node.js";
import { refuse } from "../refusal.js";

/** Something that lies in the residual stream from one part of the program to the next. */
export interface Kept {
  /** What stands for it in the step and after the loop. */
  readonly node: SOp;
  /** Its value before the loop, and after a step; undefined if no step changes it. */
  readonly first: SOp;
  readonly next: SOp | undefined;
  /** What a step makes of it where the position goes on; where it has halted it may be anything. */
  readonly step?: SOp;
}

/** A program around its loop. */
export interface LoopedProgram {
  readonly loop: Loop;
  /** The states of the loop, whether a position has halted, and what steps read from before the loop. */
  readonly kept: readonly Kept[];
  /** Of these, whether a position has halted. */
  readonly halted: Kept;
  /** What each node is given as, in the step and after the loop. */
  readonly given: ReadonlyMap<GraphNode, SOp>;
}

/**
 * Which of its loops a program repeats: the one that may take the most steps, of equal ones the first. The others are written out.
 *
 * @throws RaspError of class `compile` for programs without a loop
 */
export function repeatedLoop(root: SOp): Loop {
  const [first, ...others] = loopsOf(topological(root));
  if (!first) return refuse(root, "it has no loop", "compile it without a loop");
  return others.reduce((most, loop) => (loop.limit > most.limit ? loop : most), first);
}

/**
 * @param isLarge - whether an s-op has many values, each of which would take a coordinate; where that is so and one head gives it, each step
 * computes it again
 * @throws RaspError of class `compile` for programs without a loop, with several, or with loops inside loops
 */
export function loopedProgram(roots: readonly SOp[], isLarge: (node: SOp) => boolean = () => false): LoopedProgram {
  const nodes = topological(...roots);
  const [loop, ...others] = loopsOf(nodes);
  if (!loop) return refuse(roots[0], "it has no loop", "compile it without a loop");
  if (others.length > 0 || loopsOf(nodesInside(loop)).length > 0) {
    refuse(
      roots[0],
      "it has several loops, and one is repeated",
      "make one loop of them, or compile it to plain layers",
    );
  }
  const before = loop.reads.flatMap((node) => sopsOf(node)).filter((node) => needsAttention(node));
  const invariants = [...new Set(before)].filter(
    (node) =>
      (!loop.states.some(({ init }) => init === node) || isRead(loop, node)) && !(isOneHead(node) && isLarge(node)),
  );

  const wasHalted = stateNode(constantNode(false), loop.span);
  wasHalted.name = "halted";
  const holds = loop.together ? everywhere(loop.condition) : loop.condition;
  // Where the condition asks for a position's own states only, it goes on to hold.
  const isOwn = loop.together || loop.asking.every(({ kind }) => kind === "map");
  const halts = isOwn ? holds : mapNode(orMap, [wasHalted, holds], loop.span);
  const halted: Kept = { node: wasHalted, first: wasHalted.init, next: halts, step: halts };
  const states = loop.states.map((node, s): Kept => {
    const step = loop.steps[s]!;
    if (step === node) return { node, first: node.init, next: undefined };
    const next = mapNode(ternaryMap, [halts, node, step], step.span ?? loop.span);
    if (node.name !== undefined) next.name = node.name;
    return { node, first: node.init, next, step };
  });
  const kept = [...states, halted, ...invariants.map((node): Kept => ({ node, first: node, next: undefined }))];
  const finals = nodes.flatMap((node) => (node.kind === "final" ? [[node, loop.states[node.index]!] as const] : []));
  return {
    loop,
    kept,
    halted,
    given: new Map<GraphNode, SOp>([...kept.map(({ node }) => [node, node] as const), ...finals]),
  };
}

/** The s-ops that a node from before the loop is, or that a selector compares. */
function sopsOf(node: GraphNode): readonly SOp[] {
  if (!isSelector(node)) return [node];
  return operands(node).flatMap(sopsOf);
}

/** Whether a node is more than a function of the token and the position. */
const needsAttention = (node: SOp): boolean => topological(node).some(isAggregate);

/** Whether a node takes no heads that read what others write. */
const isOneHead = (node: SOp): boolean =>
  topological(node)
    .filter(isAggregate)
    .every((aggregate) => topological(aggregate).filter(isAggregate).length === 1);

const isAggregate = ({ kind }: GraphNode): boolean => kind === "aggregate";

/** Whether the step itself reads a node that a state begins with. */
const isRead = ({ asking, body, steps, condition }: Loop, node: SOp): boolean =>
  [...asking, ...body].some((inside) => operands(inside).includes(node)) || steps.includes(node) || condition === node;
