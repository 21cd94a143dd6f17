/** Evaluation for JavaScript callers, with plain numbers where they are exact. */
import { RaspError } from "../diagnostic.js";
import { plainAtom, type Plain } from "../atom/plain.js";
import {
  checkNode,
  isSelector,
  topological,
  type Atom,
  type GraphNode,
  type Selector,
  type SOp,
} from "../graph/node.js";
import { Evaluation } from "./evaluation.js";
import { inputAtoms, type Input } from "./tokens.js";

/**
 * The value of an s-op at every position of an input, or a selector's matrix `[query][key]`, which inputs of up to 4,096 tokens have.
 * @throws RaspError where the program has no value on this input, and of class limit for the matrix of a longer one
 */
export function evaluate(sop: SOp, input: Input): Plain[];
export function evaluate(selector: Selector, input: Input): boolean[][];
export function evaluate(node: GraphNode, input: Input): Plain[] | boolean[][];
export function evaluate(node: GraphNode, input: Input): Plain[] | boolean[][] {
  checkNode("evaluate", node);
  const evaluation = new Evaluation(inputAtoms(input));
  return isSelector(node) ? plainResult(node, evaluation) : evaluation.sopOnce(node).map(plainAtom);
}

function plainResult(node: GraphNode, evaluation: Evaluation): Plain[] | boolean[][] {
  if (isSelector(node)) return evaluation.selector(node).map(bools);
  return evaluation.sop(node).map(plainAtom);
}

/** `Array.from`, without the cost of its iterator. */
function bools(cells: Uint8Array): boolean[] {
  const row = new Array<boolean>(cells.length);
  for (let k = 0; k < row.length; k++) row[k] = cells[k] === 1;
  return row;
}

/** The values of each s-op on an input; undefined where it has none. */
export function valuesOrNone(sops: readonly SOp[], input: readonly Atom[]): (readonly Atom[] | undefined)[] {
  const evaluation = new Evaluation(input);
  return sops.map((sop) => {
    try {
      return evaluation.sop(sop);
    } catch (error) {
      if (error instanceof RaspError) return undefined;
      throw error;
    }
  });
}

/** One step of a trace. */
export interface TraceStep {
  readonly node: GraphNode;
  /** The name that the program gave the node first. */
  readonly name: string | undefined;
  readonly value: Plain[] | boolean[][];
}

/**
 * Every intermediate value on the way to a node, operands before the nodes that read them, the node itself last.
 * @throws RaspError where the program has no value on this input
 */
export function trace(node: GraphNode, input: Input): TraceStep[] {
  checkNode("trace", node);
  const evaluation = new Evaluation(inputAtoms(input));
  return topological(node).map((step) => ({ node: step, name: step.name, value: plainResult(step, evaluation) }));
}
