/**
 * The values of the s-op graph on one input. Every node is computed once and kept. Nodes are computed in topological order in a loop,
 * so deep graphs need no stack.
 */
import { atomSize } from "../atom/size.js";
import { errors, RaspError } from "../diagnostic.js";
import {
  isSelector,
  operands,
  type AggregateNode,
  type Atom,
  type GraphNode,
  type MapNode,
  type ReadNode,
  type Selector,
  type SOp,
  type TokenConversion,
} from "../graph/node.js";
import type { FinalNode, Loop, StateNode } from "../graph/loop.js";
import { countReaders, placeOfReader } from "../graph/readers.js";
import { getOrInsert } from "../maps.js";
import { softLeaves, type Vector } from "../graph/soft.js";
import { Capacity, checkMatrix } from "../limits.js";
import { aggregate } from "./aggregate.js";
import { Column, LONG_SEQUENCE } from "./columns.js";
import { runLoop, type LoopContext, type LoopWatch } from "./loop.js";
import { mapColumns } from "./map-columns.js";
import { mapElements } from "./map-elements.js";
import type { Matrix } from "./matrix.js";
import { Selections } from "./selection.js";
import { SharedInts } from "./shared-ints.js";
import { SoftEvaluation, type VectorValues } from "./soft.js";
import { convertToken, nonEmpty } from "./tokens.js";

/** What an element of a sequence takes: a reference to a number, and about ten operations. */
const [CELL_BYTES, CELL_STEPS] = [16, 10];
/** Ints beyond this take more bytes than others, and so many steps for each 8 bytes: as many as a power does. */
const [LONG, LONG_STEPS] = [2n ** 63n, 1000];

/** A program on one input. */
export class Evaluation {
  readonly input: readonly Atom[];
  readonly #sequences = new Map<GraphNode, Column>();
  /** The states of loops after their last steps. */
  readonly #finals = new Map<Loop, readonly (readonly Atom[])[]>();
  /** The states that have been given. */
  readonly #states = new Map<StateNode, readonly Atom[]>();
  /** The columns of values that loops have given: for the same array the same one, whose ranking is known. */
  readonly #given = new WeakMap<readonly Atom[], Column>();
  readonly #selections: Selections;
  readonly #ints: SharedInts;
  readonly #soft: SoftEvaluation;

  readonly #inputColumn: Column;
  readonly #offset: number;
  /** What the values may take. */
  readonly capacity: Capacity;
  /** Is told of each step of each loop that runs from now on. A loop that has run is not run again. */
  watch: LoopWatch | undefined;

  /**
   * @param offset the position of the first element, for `positions`
   * @throws RaspError of class type for an empty input
   */
  constructor(input: readonly Atom[], offset = 0, capacity = new Capacity()) {
    this.#offset = offset;
    this.capacity = capacity;
    this.input = nonEmpty(input);
    this.#inputColumn = Column.of(input);
    this.#ints = new SharedInts(input.length);
    this.#selections = new Selections(input.length, (node) => this.#sequences.get(node)!, this.capacity);
    this.#soft = new SoftEvaluation({
      length: input.length,
      values: (node) => this.#sequences.get(node)!.atoms,
      matrix: (node) => this.#selections.matrix(node),
      capacity: this.capacity,
    });
  }

  /**
   * The same input anew, with nothing computed: as in a step of a loop, whose states have these values. Those that have been given
   * before keep theirs.
   */
  again(states: ReadonlyMap<StateNode, readonly Atom[]> = new Map()): Evaluation {
    const other = new Evaluation(this.input, this.#offset);
    for (const [state, values] of [...this.#states, ...states]) {
      other.#states.set(state, values);
      other.#sequences.set(state, Column.of(values));
    }
    return other;
  }

  /** The value at every position. @throws RaspError, placed at the node that fails */
  sop(node: SOp): readonly Atom[] {
    this.#run(node);
    return this.#sequences.get(node)!.atoms;
  }

  /** The matrix, n² cells, made anew for each call. @throws RaspError, placed at the node that fails, and for too many cells */
  selector(node: Selector): Matrix {
    checkMatrix(this.input.length);
    this.#run(node);
    return this.#selections.matrix(node);
  }

  /** The vectors at every position. @throws RaspError, placed at the node that fails */
  vector(node: Vector): VectorValues {
    for (const leaf of softLeaves(node)) this.#run(leaf);
    return this.#soft.vector(node);
  }

  /** Computes a node, but no matrix for a selector. @throws RaspError, placed at the node that fails */
  check(node: GraphNode): void {
    this.#run(node);
  }

  /**
   * The value at every position, with less memory than `sop`: other values are dropped after their last use. No other method may be
   * called afterwards.
   * @throws RaspError, placed at the node that fails
   */
  sopOnce(node: SOp): readonly Atom[] {
    this.#run(node, true);
    return this.#sequences.get(node)!.atoms;
  }

  #known(node: GraphNode): boolean {
    return isSelector(node) ? this.#selections.has(node) : this.#sequences.has(node);
  }

  /** Computes the nodes that `root` needs and that are not known yet, operands first: they have smaller ids. */
  #run(root: GraphNode, dropping = false): void {
    if (this.#known(root)) return;
    const needed = new Set<GraphNode>([root]);
    for (const node of needed) for (const operand of operands(node)) if (!this.#known(operand)) needed.add(operand);
    const readers = dropping ? countReaders(needed) : undefined;
    const nodes = [...needed].sort((a, b) => a.id - b.id);
    for (const node of nodes) {
      this.#compute(node, nodes);
      if (readers && !isSelector(node)) this.#drop(operands(node), readers);
    }
  }

  /** Removes a reader from each node, and drops nodes without readers. A selector reads its operands as long as it is known. */
  #drop(nodes: readonly GraphNode[], readers: Map<GraphNode, number>): void {
    const stack = [...nodes];
    for (let node = stack.pop(); node; node = stack.pop()) {
      const left = readers.get(node)! - 1;
      readers.set(node, left);
      if (left > 0) continue;
      if (!isSelector(node)) {
        if (this.#sequences.delete(node)) this.capacity.free(CELL_BYTES * this.input.length);
        continue;
      }
      this.#selections.delete(node);
      stack.push(...operands(node));
    }
  }

  /** @param nodes - what is computed with it, for the place of an error */
  #compute(node: GraphNode, nodes: readonly GraphNode[] = []): void {
    try {
      if (isSelector(node)) {
        this.#selections.add(node);
      } else {
        this.capacity.work(CELL_STEPS * this.input.length);
        this.capacity.hold(CELL_BYTES * this.input.length);
        const values = this.#values(node);
        void values.type;
        this.#sequences.set(node, values);
      }
    } catch (error) {
      if (!isSelector(node)) this.capacity.free(CELL_BYTES * this.input.length);
      throw error instanceof RaspError ? error.at(node.span ?? placeOfReader(node, nodes)) : error;
    }
  }

  #values(node: SOp): Column {
    switch (node.kind) {
      case "tokens":
        return this.#tokens(node.conversion);
      case "indices":
        return Column.positions(this.input.length, this.#ints);
      case "positions":
        return Column.of(this.input.map((_, i) => BigInt(this.#offset + i)));
      case "read":
        return Column.of(this.#read(node));
      case "constant":
        return Column.constant(node.value, this.input.length);
      case "map":
        return this.#map(node);
      case "aggregate":
        return this.#aggregate(node);
      case "state":
        throw errors.wrongKind(
          `the state ${node.name === undefined ? "" : `"${node.name}" `}has a value only while its loop runs`,
          {
            suggestion: "use it after the loop",
          },
        );
      case "final":
        return Column.of(this.#final(node));
    }
  }

  #tokens(conversion: TokenConversion): Column {
    const convert = (element: Atom): Atom => this.#ints.share(convertToken(conversion, element));
    const { coded } = this.#inputColumn;
    return coded
      ? Column.ofCodes(coded.codes, (code) => convert(coded.atoms[code]!))
      : Column.of(this.input.map(convert));
  }

  #final({ loop, index }: FinalNode): readonly Atom[] {
    return getOrInsert(this.#finals, loop, () => runLoop(loop, this.#loopContext()))[index]!;
  }

  #loopContext(): LoopContext {
    return {
      input: this.input,
      capacity: this.capacity,
      watch: this.watch,
      values: (node) => this.#atomsForLoop(node)!,
      known: (node) => this.#atomsForLoop(node),
      compute: (node) => {
        this.#forget(node);
        this.#compute(node);
      },
      put: (node, values) => {
        if (!this.#sequences.has(node)) this.capacity.hold(CELL_BYTES * this.input.length);
        this.#sequences.set(
          node,
          getOrInsert(this.#given, values, () => Column.of(values)),
        );
      },
      forget: (node) => this.#forget(node),
      forgetEnd: (loop) => void this.#finals.delete(loop),
    };
  }

  /** The atoms of a node, if it is known, whose column is remembered. */
  #atomsForLoop(node: GraphNode): readonly Atom[] | undefined {
    const column = this.#sequences.get(node);
    if (column) this.#given.set(column.atoms, column);
    return column?.atoms;
  }

  /** Forgets the value of a node, which may be computed again. */
  #forget(node: GraphNode): void {
    if (isSelector(node)) {
      if (this.#selections.has(node)) this.#selections.delete(node);
      return;
    }
    if (this.#sequences.delete(node)) this.capacity.free(CELL_BYTES * this.input.length);
  }

  /** An atom that is new: a shared one, or one whose size counts. */
  #held(atom: Atom): Atom {
    if (typeof atom === "bigint") {
      if (-LONG <= atom && atom <= LONG) return this.#ints.share(atom);
      const size = atomSize(atom);
      this.capacity.hold(8 * size);
      this.capacity.work(LONG_STEPS * size);
    } else if (typeof atom === "string" && atom.length > 32) {
      this.capacity.hold(atom.length);
    }
    return atom;
  }

  #read({ vector, component }: ReadNode): readonly Atom[] {
    const { basis, data } = this.#soft.vector(vector);
    const column = component === undefined ? -1 : basis.find(component);
    return this.input.map((_, i) => {
      const row = data.subarray(i * basis.size, (i + 1) * basis.size);
      if (component !== undefined) return row[column] ?? 0;
      return basis.atoms[row.reduce((best, value, c) => (value > row[best]! ? c : best), 0)]!;
    });
  }

  #map({ fn, args: operands }: MapNode): Column {
    const sequences = operands.map((arg) => this.#sequences.get(arg)!);
    if (this.input.length >= LONG_SEQUENCE) {
      const atOnce = mapColumns(fn, sequences, this.#ints, (atom) => this.#held(atom));
      if (atOnce) return atOnce;
    }
    const columns = sequences.map(({ atoms }) => atoms);
    return Column.of(mapElements(fn, columns, (atom) => this.#held(atom)));
  }

  #aggregate(node: AggregateNode): Column {
    const otherwise = (): Atom => {
      if (node.noDefault === undefined) return node.default;
      throw errors.sequenceType(`a row selects nothing, and the default, ${node.noDefault}, cannot be in a sequence`, {
        suggestion: "give an int, float, bool or string as the default",
      });
    };
    return aggregate(this.#selections, node.selector, this.#sequences.get(node.value)!, otherwise, this.#ints);
  }
}
