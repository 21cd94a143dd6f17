/** The values of soft nodes on one input, by their definitions: plain loops, in which attention skips weights that are 0. */
import type { Atom, Selector, SOp } from "../graph/node.js";
import { isHard, type Score, type Vector } from "../graph/soft.js";
import { Basis, type Table } from "../graph/table.js";
import type { Capacity } from "../limits.js";
import { getOrInsert } from "../maps.js";
import type { Matrix } from "./matrix.js";

/** A vector at each position: component c of position i is `data[i * basis.size + c]`. */
export interface VectorValues {
  readonly basis: Basis;
  readonly data: Float64Array;
}

/** The known values of s-ops and selectors. */
export interface SoftContext {
  readonly length: number;
  readonly values: (node: SOp) => readonly Atom[];
  readonly matrix: (node: Selector) => Matrix;
  readonly capacity: Capacity;
}

const BYTES = Float64Array.BYTES_PER_ELEMENT;

/** Added to the variance, as GPT-2 does. */
const EPSILON = 1e-5;

export class SoftEvaluation {
  readonly #vectors = new Map<Vector, VectorValues>();
  readonly #scores = new Map<Score, Float64Array>();

  readonly #context: SoftContext;

  constructor(context: SoftContext) {
    this.#context = context;
  }

  /** The vectors of all positions. The leaves of the node must be known. */
  vector(node: Vector): VectorValues {
    return getOrInsert(this.#vectors, node, () => {
      const values = this.#compute(node);
      this.#context.capacity.hold(values.data.byteLength);
      return values;
    });
  }

  /** [n, n]: the score of key j for query i at i·n + j, for j ≤ i. Other entries are 0. */
  score(node: Score): Float64Array {
    return getOrInsert(this.#scores, node, () => this.#computeScore(node));
  }

  #compute(node: Vector): VectorValues {
    const { length } = this.#context;
    switch (node.kind) {
      case "one-hot":
        return this.#oneHot(this.#context.values(node.of));
      case "fixed": {
        const { basis, values } = node.weights;
        const data = new Float64Array(length * basis.size);
        for (let i = 0; i < length; i++) data.set(values, i * basis.size);
        return { basis, data };
      }
      case "project":
        return project(this.vector(node.of), node.table, length);
      case "vector-sum":
        return node.terms.map((term) => this.vector(term)).reduce((a, b) => add(a, b, length));
      case "vector-scale":
        return map(this.vector(node.of), (x) => x * node.by);
      case "attend":
        return this.#attend(node.pattern, this.vector(node.of));
      case "layer-norm":
        return layerNorm(this.vector(node.of), length);
      case "sharpen":
        return sharpen(this.vector(node.of), node.power, length);
      case "combine": {
        const [left, right] = [this.vector(node.left), this.vector(node.right)];
        this.#expect(left.basis.size * right.basis.size);
        return combine(left, right, length);
      }
      case "opaque": {
        const { input, inputBias, output, outputBias } = node.weights;
        const hidden = plus(project(layerNorm(this.vector(node.of), length), input, length), inputBias, length);
        return plus(project(map(hidden, gelu), output, length), outputBias, length);
      }
    }
  }

  /** Checks that a vector of this size can be held, before it is made. When it is made, it counts as every vector. */
  #expect(size: number): void {
    const { length, capacity } = this.#context;
    const bytes = BYTES * length * size;
    capacity.hold(bytes);
    capacity.free(bytes);
  }

  #oneHot(values: readonly Atom[]): VectorValues {
    this.#expect(new Set(values).size);
    return oneHot(values);
  }

  #computeScore(node: Score): Float64Array {
    const { length, capacity } = this.#context;
    capacity.hold(BYTES * length * length);
    const scores = new Float64Array(length * length);
    switch (node.kind) {
      case "even":
        break;
      case "key": {
        const { basis, data } = this.vector(node.keys);
        const weights = dense(node.weights.basis, node.weights.values, basis);
        const scoreOfKey = Array.from({ length }, (_, j) => dot(data, j * basis.size, weights, 0, basis.size));
        for (let i = 0; i < length; i++) for (let j = 0; j <= i; j++) scores[i * length + j] = scoreOfKey[j]!;
        break;
      }
      case "match": {
        const keys = this.vector(node.keys);
        const queries = this.vector(node.queries);
        const wanted = align(node.table ? project(queries, node.table, length) : queries, keys.basis, length);
        const width = keys.basis.size;
        for (let i = 0; i < length; i++) {
          const components: number[] = [];
          for (let c = 0; c < width; c++) if (wanted[i * width + c] !== 0) components.push(c);
          for (let j = 0; j <= i; j++) {
            let sum = 0;
            for (const c of components) sum += wanted[i * width + c]! * keys.data[j * width + c]!;
            scores[i * length + j] = sum;
          }
        }
        break;
      }
      case "numeric": {
        const values = this.#context.values(node.of).map(Number);
        for (let i = 0; i < length; i++) for (let j = 0; j <= i; j++) scores[i * length + j] = values[j]!;
        break;
      }
      case "selected": {
        const matrix = this.#context.matrix(node.selector);
        for (let i = 0; i < length; i++) for (let j = 0; j <= i; j++) scores[i * length + j] = matrix[i]![j]!;
        break;
      }
      case "score-sum":
        for (const term of node.terms) this.score(term).forEach((value, at) => (scores[at]! += value));
        break;
      case "score-scale":
        this.score(node.of).forEach((value, at) => (scores[at] = value * node.by));
    }
    return scores;
  }

  /** The softmax of the scores of keys j ≤ i. Of a hard selector its limit: equal shares of the selected keys, or of all if none is. */
  #weights(pattern: Score | Selector): Float64Array {
    const { length, capacity } = this.#context;
    capacity.hold(BYTES * length * length);
    const weights = new Float64Array(length * length);
    const matrix = isHard(pattern) ? this.#context.matrix(pattern) : undefined;
    const scores = isHard(pattern) ? undefined : this.score(pattern);
    for (let i = 0; i < length; i++) {
      const row = i * length;
      let maximum = -Infinity;
      if (scores) for (let j = 0; j <= i; j++) maximum = Math.max(maximum, scores[row + j]!);
      let total = 0;
      for (let j = 0; j <= i; j++) {
        const weight = scores ? Math.exp(scores[row + j]! - maximum) : matrix![i]![j]!;
        weights[row + j] = weight;
        total += weight;
      }
      for (let j = 0; j <= i; j++) weights[row + j] = total === 0 ? 1 / (i + 1) : weights[row + j]! / total;
    }
    return weights;
  }

  #attend(pattern: Score | Selector, { basis, data }: VectorValues): VectorValues {
    const { length } = this.#context;
    const weights = this.#weights(pattern);
    const width = basis.size;
    const out = new Float64Array(length * width);
    for (let j = 0; j < length; j++) {
      const components: number[] = [];
      for (let c = 0; c < width; c++) if (data[j * width + c] !== 0) components.push(c);
      for (let i = j; i < length; i++) {
        const weight = weights[i * length + j]!;
        if (weight !== 0) for (const c of components) out[i * width + c]! += weight * data[j * width + c]!;
      }
    }
    this.#context.capacity.free(weights.byteLength);
    return { basis, data: out };
  }
}

function oneHot(values: readonly Atom[]): VectorValues {
  const basis = Basis.distinct(values);
  const data = new Float64Array(values.length * basis.size);
  values.forEach((value, i) => (data[i * basis.size + basis.find(value)] = 1));
  return { basis, data };
}

function project({ basis, data }: VectorValues, table: Table, length: number): VectorValues {
  const width = table.columnBasis.size;
  const out = new Float64Array(length * width);
  const rows = basis.atoms.map((atom) => table.rows[table.rowBasis.find(atom)]);
  for (let i = 0; i < length; i++) {
    for (let c = 0; c < basis.size; c++) {
      const [factor, row] = [data[i * basis.size + c]!, rows[c]];
      if (factor === 0 || !row) continue;
      for (let k = 0; k < row.values.length; k++) out[i * width + row.columns[k]!]! += factor * row.values[k]!;
    }
  }
  return { basis: table.columnBasis, data: out };
}

/** The components of one basis in the order of another, 0 where the first has none; those that the other lacks are dropped. */
function align({ basis, data }: VectorValues, to: Basis, length: number): Float64Array {
  if (basis === to) return data;
  const out = new Float64Array(length * to.size);
  basis.atoms.forEach((atom, c) => {
    const at = to.find(atom);
    if (at >= 0) for (let i = 0; i < length; i++) out[i * to.size + at] = data[i * basis.size + c]!;
  });
  return out;
}

const dense = (basis: Basis, values: ArrayLike<number>, to: Basis): Float64Array =>
  Float64Array.from(to.atoms, (atom) => values[basis.find(atom)] ?? 0);

function add(a: VectorValues, b: VectorValues, length: number): VectorValues {
  const extra = b.basis.atoms.filter((atom) => a.basis.find(atom) < 0);
  const basis = extra.length === 0 ? a.basis : new Basis([...a.basis.atoms, ...extra]);
  const [left, right] = [align(a, basis, length), align(b, basis, length)];
  return { basis, data: left.map((value, at) => value + right[at]!) };
}

const plus = (
  a: VectorValues,
  { basis, values }: { basis: Basis; values: ArrayLike<number> },
  length: number,
): VectorValues => {
  const row = dense(basis, values, a.basis);
  const { size } = a.basis;
  return { basis: a.basis, data: a.data.map((value, at) => value + row[at % size]!).subarray(0, length * size) };
};

const map = ({ basis, data }: VectorValues, f: (x: number) => number): VectorValues => ({ basis, data: data.map(f) });

/** Mean 0 and variance 1 at each position. */
function layerNorm({ basis, data }: VectorValues, length: number): VectorValues {
  const out = new Float64Array(data.length);
  for (let i = 0; i < length; i++) {
    const row = data.subarray(i * basis.size, (i + 1) * basis.size);
    const mean = row.reduce((sum, x) => sum + x, 0) / basis.size;
    const variance = row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / basis.size;
    const scale = 1 / Math.sqrt(variance + EPSILON);
    row.forEach((x, c) => (out[i * basis.size + c] = (x - mean) * scale));
  }
  return { basis, data: out };
}

/** Powers of the components, as shares of their sum; negative components count as 0. */
function sharpen({ basis, data }: VectorValues, power: number, length: number): VectorValues {
  const out = data.map((x) => Math.max(x, 0) ** power);
  for (let i = 0; i < length; i++) {
    const row = out.subarray(i * basis.size, (i + 1) * basis.size);
    const sum = row.reduce((total, x) => total + x, 0);
    if (sum > 0) row.forEach((x, c) => (row[c] = x / sum));
  }
  return { basis, data: out };
}

/** The outer product. Its components are named "a,b". */
function combine(a: VectorValues, b: VectorValues, length: number): VectorValues {
  const basis = new Basis(a.basis.atoms.flatMap((x) => b.basis.atoms.map((y) => `${x},${y}`)));
  const out = new Float64Array(length * basis.size);
  const [m, n] = [a.basis.size, b.basis.size];
  for (let i = 0; i < length; i++) {
    for (let c = 0; c < m; c++) {
      for (let d = 0; d < n; d++) out[i * m * n + c * n + d] = a.data[i * m + c]! * b.data[i * n + d]!;
    }
  }
  return { basis, data: out };
}

/** The tanh form that GPT-2 uses. */
const gelu = (x: number): number => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

function dot(a: Float64Array, atA: number, b: Float64Array, atB: number, length: number): number {
  let sum = 0;
  for (let k = 0; k < length; k++) sum += a[atA + k]! * b[atB + k]!;
  return sum;
}
