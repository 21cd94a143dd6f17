/**
 * The meaning of the s-op graph on one input. Every node is computed once and kept; the order is topological and the walk is a
 * loop, so deep graphs cost no stack.
 */
import { errors, RaspError } from "../diagnostic.js";
import {
  isSelector,
  operands,
  type AggregateNode,
  type Atom,
  type GraphNode,
  type MapNode,
  type Selector,
  type SOp,
} from "../graph/node.js";
import { aggregate } from "./aggregate.js";
import { select, type Matrix } from "./select.js";
import { sequenceType } from "./sequence.js";
import { convertToken, nonEmpty } from "./tokens.js";

/** Elements that no sequence can hold: a complex number, an item that is no atom. */
const UNFIT = [errors.complexResult, errors.sequenceType].map((make) => make("").diagnostic.code);

/** A program on one input. */
export class Evaluation {
  readonly input: readonly Atom[];
  private readonly sequences = new Map<GraphNode, readonly Atom[]>();
  private readonly matrices = new Map<GraphNode, Matrix>();

  /** @throws RaspError of class type for an empty input. */
  constructor(input: readonly Atom[]) {
    this.input = nonEmpty(input);
  }

  /** The value at every position. @throws RaspError, at the node that fails. */
  sop(node: SOp): readonly Atom[] {
    this.run(node);
    return this.sequences.get(node)!;
  }

  /** @throws RaspError, at the node that fails. */
  selector(node: Selector): Matrix {
    this.run(node);
    return this.matrices.get(node)!;
  }

  private known(node: GraphNode): boolean {
    return this.sequences.has(node) || this.matrices.has(node);
  }

  /** Computes what `root` needs and is not yet known, operands first (operands have smaller ids). */
  private run(root: GraphNode): void {
    if (this.known(root)) return;
    const needed = new Set<GraphNode>([root]);
    for (const node of needed) for (const operand of operands(node)) if (!this.known(operand)) needed.add(operand);
    for (const node of [...needed].sort((a, b) => a.id - b.id)) this.compute(node);
  }

  private compute(node: GraphNode): void {
    try {
      if (isSelector(node)) this.matrices.set(node, this.matrix(node));
      else {
        const values = this.values(node);
        sequenceType(values);
        this.sequences.set(node, values);
      }
    } catch (error) {
      throw error instanceof RaspError ? error.at(node.span) : error;
    }
  }

  private values(node: SOp): readonly Atom[] {
    switch (node.kind) {
      case "tokens":
        return this.input.map((element) => convertToken(node.conversion, element));
      case "indices":
        return this.input.map((_, i) => BigInt(i));
      case "constant":
        return this.input.map(() => node.value);
      case "map":
        return this.map(node);
      case "aggregate":
        return this.aggregate(node);
    }
  }

  private map(node: MapNode): readonly Atom[] {
    const args = node.args.map((arg) => this.sequences.get(arg)!);
    // In the original the finished sequence rejects these, so that any other position's error comes first.
    let unfit: RaspError | undefined;
    const values = this.input.map((_, i) => {
      try {
        return node.fn.apply(args.map((values) => values[i]!));
      } catch (error) {
        if (!(error instanceof RaspError && UNFIT.includes(error.diagnostic.code))) throw error;
        unfit ??= error;
        return 0n;
      }
    });
    if (unfit) throw unfit;
    return values;
  }

  private aggregate(node: AggregateNode): readonly Atom[] {
    return aggregate(this.matrices.get(node.selector)!, this.sequences.get(node.value)!, () => {
      if (node.noDefault === undefined) return node.default;
      throw errors.sequenceType(
        `a row selects nothing, and the default, ${node.noDefault}, cannot stand in a sequence`,
        {
          suggestion: "give an int, float, bool or string as the default",
        },
      );
    });
  }

  private matrix(node: Selector): Matrix {
    switch (node.kind) {
      case "select":
        return select(node.op, this.sequences.get(node.keys)!, this.sequences.get(node.queries)!);
      case "not":
        return this.matrices.get(node.arg)!.map((row) => row.map((cell) => 1 - cell));
      case "and":
      case "or": {
        const [left, right] = [this.matrices.get(node.left)!, this.matrices.get(node.right)!];
        const and = node.kind === "and";
        return left.map((row, q) => row.map((cell, k) => (and ? cell & right[q]![k]! : cell | right[q]![k]!)));
      }
    }
  }
}
