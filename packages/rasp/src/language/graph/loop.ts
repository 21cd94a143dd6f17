/**
 * Loops over s-ops. A loop has states, each with a placeholder that its condition and its body read, and with its value after a step.
 * Before each step the condition is asked. Where it holds, a position has halted: it keeps its states, in all later steps too. The loop
 * ends when all positions have halted; one that ends together goes on at every position until the condition holds at all of them.
 */
import { base, type NodeBase } from "./base.js";
import { isSelector, operands, type GraphNode, type SOp } from "./node.js";
import type { Span } from "../source.js";

/** The placeholder of a state: its value when a step begins. It has a value only while its loop runs. */
export interface StateNode extends NodeBase {
  readonly kind: "state";
  /** The value before the first step. Not an operand. */
  readonly init: SOp;
}

/** A loop. */
export interface Loop {
  readonly states: readonly StateNode[];
  /** The value of each state after a step, made of the placeholders. */
  readonly steps: readonly SOp[];
  readonly condition: SOp;
  /** Whether all positions go on until the condition holds at each of them at the same time. */
  readonly together: boolean;
  /** The most steps: 0 or more. More are an error. */
  readonly limit: number;
  /** The head of the loop, up to its body. */
  readonly span: Span | undefined;
  /** What the condition makes of the states, and what the body does beyond that, operands first. */
  readonly asking: readonly GraphNode[];
  readonly body: readonly GraphNode[];
  /** What it reads from outside: the first values of the states, and what does not depend on them. */
  readonly reads: readonly GraphNode[];
}

/** The value of a state after the last step. */
export interface FinalNode extends NodeBase {
  readonly kind: "final";
  readonly loop: Loop;
  /** Which of the states. */
  readonly index: number;
}

/** A new placeholder. */
export const stateNode = (init: SOp, span?: Span): StateNode => ({ ...base(span), kind: "state", init });

/** What a loop is made of. */
export type LoopParts = Pick<Loop, "states" | "steps" | "condition" | "together" | "limit" | "span">;

/** A loop of its parts. The placeholders must be older than every node that reads them, as they always are. */
export function makeLoop(parts: LoopParts): Loop {
  const reads = new Set<GraphNode>(parts.states.map(({ init }) => init));
  const dependence = new Dependence(parts.states);
  const asking = dependence.below([parts.condition], reads);
  const known = new Set(asking);
  const body = dependence.below(parts.steps, reads).filter((node) => !known.has(node));
  return { ...parts, asking, body, reads: [...reads] };
}

/** The value of each state after the last step, with the states' names. */
export const finalNodes = (loop: Loop, span?: Span): FinalNode[] =>
  loop.states.map(({ name }, index) => ({
    ...base(span),
    kind: "final",
    loop,
    index,
    ...(name === undefined ? {} : { name }),
  }));

/** The states that a step can change. */
export const changingStates = ({ states, steps }: Loop): readonly StateNode[] =>
  states.filter((state, i) => steps[i] !== state);

/** The nodes inside a loop: its placeholders, and what depends on them. */
export const nodesInside = ({ states, asking, body }: Loop): readonly GraphNode[] => [...states, ...asking, ...body];

/** Which nodes depend on the placeholders of a loop. */
class Dependence {
  readonly #depends: Map<GraphNode, boolean>;
  /** Older nodes cannot depend on them. */
  readonly #oldest: number;

  constructor(states: readonly StateNode[]) {
    this.#depends = new Map(states.map((state) => [state, true]));
    this.#oldest = Math.min(...states.map(({ id }) => id));
  }

  /** The nodes that `roots` need and that depend on the placeholders, without these; what else they read is added to `reads`. */
  below(roots: readonly GraphNode[], reads: Set<GraphNode>): GraphNode[] {
    const found = new Set<GraphNode>();
    const stack: GraphNode[] = [...roots];
    for (let node = stack.pop(); node; node = stack.pop()) {
      if (node.kind === "state" && this.#depends.get(node)) continue;
      if (!this.#of(node)) {
        reads.add(node);
      } else if (!found.has(node)) {
        found.add(node);
        stack.push(...operands(node));
      }
    }
    return [...found].sort((a, b) => a.id - b.id);
  }

  #of(root: GraphNode): boolean {
    const stack = [root];
    for (let node = stack.at(-1); node; node = stack.at(-1)) {
      if (this.#depends.has(node)) {
        stack.pop();
      } else if (node.id < this.#oldest) {
        this.#depends.set(node, false);
      } else {
        const missing = operands(node).filter((operand) => !this.#depends.has(operand));
        if (missing.length > 0) {
          stack.push(...missing);
        } else {
          this.#depends.set(
            node,
            operands(node).some((operand) => this.#depends.get(operand)),
          );
        }
      }
    }
    return this.#depends.get(root)!;
  }
}

/** The loops that `roots` reach, each once, without those inside others; a loop comes after those that it reads. */
export function loopsOf(nodes: readonly GraphNode[]): Loop[] {
  return [...new Set(nodes.flatMap((node) => (!isSelector(node) && node.kind === "final" ? [node.loop] : [])))];
}
