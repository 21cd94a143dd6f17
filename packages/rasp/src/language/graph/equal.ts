/** Structural equality of graphs. */
import { describeAtom } from "../atom/text.js";
import { getOrInsert } from "../maps.js";
import { operands, type GraphNode } from "./node.js";
import type { Loop, StateNode } from "./loop.js";
import type { Vector } from "./soft.js";

const numbers = new WeakMap<Vector | Loop | StateNode, number>();
let numbered = 0;

/** Vectors are equal only to themselves. */
const numberOf = (what: Vector | Loop | StateNode): number => getOrInsert(numbers, what, () => numbered++);

/** A node's operation, without its operands. */
function ownText(node: GraphNode): string {
  switch (node.kind) {
    case "tokens":
      return `tokens ${node.conversion}`;
    case "constant":
      return `constant ${typeof node.value} ${describeAtom(node.value)}`;
    case "map":
      return `map ${node.fn.key}`;
    case "aggregate":
      return node.noDefault === undefined
        ? `aggregate ${typeof node.default} ${describeAtom(node.default)}`
        : "aggregate without default";
    case "read":
      return `read ${node.component === undefined ? "largest" : describeAtom(node.component)} of ${numberOf(node.vector)}`;
    case "select":
      return `select ${node.op}`;
    case "final": {
      const { states, together, limit } = node.loop;
      return `final ${node.index} of ${states.length}${together ? " together" : ""} at most ${limit}`;
    }
    default:
      return node.kind;
  }
}

/** What tells apart nodes that are the same operation of the same operands: the loop that they belong to. */
const identity = (node: GraphNode): string =>
  node.kind === "state" ? ` ${numberOf(node)}` : node.kind === "final" ? ` ${numberOf(node.loop)}` : "";

/**
 * Numbers nodes. Two nodes have one number exactly if they apply the same operations to the same operands. Loops are equal only to
 * themselves.
 */
export class Structure {
  readonly #numbers = new Map<string, number>();
  readonly #known = new Map<GraphNode, number>();

  /** The number of a node. The nodes that it reads are numbered too. */
  of(root: GraphNode): number {
    const stack = [root];
    for (let node = stack.at(-1); node; node = stack.at(-1)) {
      const missing = operands(node).filter((operand) => !this.#known.has(operand));
      if (missing.length > 0) {
        stack.push(...missing);
      } else {
        stack.pop();
        const key = `${ownText(node)}${identity(node)} ${operands(node)
          .map((operand) => this.#known.get(operand)!)
          .join(" ")}`;
        this.#known.set(
          node,
          getOrInsert(this.#numbers, key, () => this.#numbers.size),
        );
      }
    }
    return this.#known.get(root)!;
  }
}

/** What makes a node: its operands, and of a loop all its parts. */
const parts = (node: GraphNode): readonly GraphNode[] =>
  node.kind === "final"
    ? [...node.loop.states, ...node.loop.states.map(({ init }) => init), ...node.loop.steps, node.loop.condition]
    : operands(node);

/** Whether two graphs have the same nodes in the same places, and share the same ones. Leaves need not be shared alike. */
export function sameGraph(a: GraphNode, b: GraphNode): boolean {
  const partner = new Map<GraphNode, GraphNode>();
  const partnerOfB = new Map<GraphNode, GraphNode>();
  const stack: (readonly [GraphNode, GraphNode])[] = [[a, b]];
  for (let pair = stack.pop(); pair; pair = stack.pop()) {
    const [x, y] = pair;
    if (ownText(x) !== ownText(y)) return false;
    const [inside, others] = [parts(x), parts(y)];
    if (inside.length !== others.length) return false;
    if ((inside.length === 0 && x.kind !== "state") || (partner.get(x) === y && partnerOfB.get(y) === x)) continue;
    if (partner.has(x) || partnerOfB.has(y)) return false;
    partner.set(x, y);
    partnerOfB.set(y, x);
    inside.forEach((operand, i) => stack.push([operand, others[i]!]));
  }
  return true;
}
