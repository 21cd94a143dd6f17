/**
 * Products with weights that are mostly zeros, as those of compiled models are, many times in a row: the elements that are not 0 are listed
 * once, and a product goes through the list.
 */
import { elementsOf, type Elements } from "../elements.js";
import type { Activation } from "../kernels/kernels.js";
import { aFunction, check, checkSynchronous } from "../checks.js";

/** A matrix through a list is a product where at most this share of its elements is not 0. */
const SPARSE_SHARE = 0.25;
/** Smaller matrices are multiplied as they are. */
const SMALL = 1024;

/** A tensor. */
interface Operand extends Elements {
  readonly rank: number;
  readonly shape: readonly number[];
  readonly isContiguous: boolean;
}

/** Those of `matmul`. */
interface Options {
  readonly alpha?: number | undefined;
  readonly bias?: Elements | undefined;
  readonly activation?: Activation | undefined;
}

/** The elements that are not 0, row by row. */
interface Listed {
  readonly rowEnds: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float64Array;
}

let known: Map<Operand, Listed | "dense"> | undefined;

/**
 * Runs a function in which no weight changes. Where a right operand of `matmul` is mostly zeros, its other elements are listed once, and
 * each product with it takes time for these only. Such products are added up in float64 and rounded once, as the plain kernels do. For
 * inference: the weights must not be written to meanwhile.
 */
export function withFixedWeights<T>(body: () => T): T {
  check("withFixedWeights: the argument", body, aFunction());
  const before = known;
  known = new Map();
  try {
    return checkSynchronous("withFixedWeights", body());
  } finally {
    known = before;
  }
}

/**
 * Computes [m, k] · [k, n] into `out`, of matrices that lie row by row, if it is inside `withFixedWeights`, `b` is mostly zeros and all is
 * finite.
 *
 * @returns whether it has
 */
export function multipliedByList(
  a: Operand,
  b: Operand,
  out: Float32Array,
  { alpha = 1, bias, activation }: Options,
): boolean {
  if (!known || !a.isContiguous || !b.isContiguous || b.rank !== 2) return false;
  const [k, n] = b.shape as [number, number];
  const isRelu = activation === "relu";
  if (k * n < SMALL || alpha !== 1 || (activation !== undefined && !isRelu)) return false;
  let listed = known.get(b);
  if (!listed) known.set(b, (listed = listOf(elementsOf(b), k, n)));
  if (listed === "dense") return false;
  const { rowEnds, columns, values } = listed;
  const [left, shift] = [elementsOf(a), bias && elementsOf(bias)];
  const sums = new Float64Array(n);
  let nothing = 0;
  for (let i = 0; i < out.length / n; i++) {
    sums.fill(0);
    for (let p = 0, at = i * k; p < k; p++, at++) {
      const weight = left[at]!;
      if (weight === 0) continue;
      nothing += weight * 0;
      for (let entry = p === 0 ? 0 : rowEnds[p - 1]!, end = rowEnds[p]!; entry < end; entry++) {
        sums[columns[entry]!]! += weight * values[entry]!;
      }
    }
    for (let j = 0, at = i * n; j < n; j++, at++) {
      const sum = sums[j]! + (shift ? shift[j]! : 0);
      out[at] = isRelu && sum < 0 ? 0 : sum;
    }
  }
  // 0 · ∞ is NaN, which a list leaves out.
  return nothing === 0;
}

function listOf(b: Float32Array, k: number, n: number): Listed | "dense" {
  let [count, nothing] = [0, 0];
  for (const value of b) {
    if (value !== 0) count++;
    nothing += value * 0;
  }
  if (nothing !== 0 || count > SPARSE_SHARE * k * n) return "dense";
  const rowEnds = new Int32Array(k);
  const columns = new Int32Array(count);
  const values = new Float64Array(count);
  let listed = 0;
  for (let p = 0; p < k; p++) {
    for (let j = 0; j < n; j++) {
      const value = b[p * n + j]!;
      if (value === 0) continue;
      columns[listed] = j;
      values[listed++] = value;
    }
    rowEnds[p] = listed;
  }
  return { rowEnds, columns, values };
}
