/**
 * Products with weights that are mostly zeros, as those of compiled models are, many times in a row: the elements that are not 0 are listed
 * once, and a product goes through the list.
 */
import { aFunction, check, checkSynchronous } from "../checks.js";
import { elementsOf } from "../elements.js";
import type { Tensor } from "../tensor.js";
import { withShortcut, type MatmulOptions } from "./matmul.js";

/** A matrix through a list is a product where at most this share of its elements is not 0. */
const SPARSE_SHARE = 0.25;
/** All elements of rows and columns that have some are multiplied where more than this share of them is not 0. */
const CROWDED_SHARE = 0.5;
/** Smaller matrices are multiplied as they are. */
const SMALL = 1024;

/** The elements that are not 0; of the rows and columns only those that have some. */
interface Listed {
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  readonly elements: Scattered | Crowded;
}

/** Row by row. */
interface Scattered {
  readonly kind: "scattered";
  /** Where the elements of each row begin, and where the last one ends. */
  readonly rowStarts: Int32Array;
  /** Of each element, which of the columns it is in. */
  readonly places: Int32Array;
  readonly values: Float64Array;
}

/** Most elements of these rows and columns are not 0: all of them, four columns at a time, whose sums then stay in registers. */
interface Crowded {
  readonly kind: "crowded";
  /** `[ceil(columns / 4)][rows][4]`. */
  readonly values: Float64Array;
}

/** What was found out about right operands. */
type Known = WeakMap<Tensor, Listed | "dense">;

/**
 * Runs a function in which no weight changes. Where a right operand of `matmul` is mostly zeros, its other elements are listed once, and
 * each product with it takes time for these only; one inside another knows what the outer one has listed. Such products are added up in float64 and rounded once, as the plain kernels do. For
 * inference: the weights must not be written to meanwhile.
 */
export function withFixedWeights<T>(body: () => T): T {
  check("withFixedWeights: the argument", body, aFunction());
  const known: Known = new WeakMap();
  return withShortcut(
    (a, b, out, options) => multipliedByList(known, a, b, out, options),
    () => checkSynchronous("withFixedWeights", body()),
  );
}

/**
 * Computes [m, k] · [k, n] into `out`, of matrices that lie row by row, if `b` is mostly zeros and all is finite.
 *
 * @returns whether it has
 */
function multipliedByList(
  known: Known,
  a: Tensor,
  b: Tensor,
  out: Float32Array,
  { alpha = 1, bias, activation }: MatmulOptions,
): boolean {
  if (!a.isContiguous || !b.isContiguous || b.rank !== 2) return false;
  const [k, n] = b.shape as [number, number];
  const isRelu = activation === "relu";
  if (alpha !== 1 || (activation !== undefined && !isRelu)) return false;
  let listed = known.get(b);
  if (!listed) known.set(b, (listed = listOf(elementsOf(b), k, n)));
  if (listed === "dense") return false;
  const left = elementsOf(a);
  const shift = bias && elementsOf(bias);
  // What a row is where nothing is added up.
  const added = shift ?? new Float32Array(n);
  const resting = added.map((value) => (isRelu && value < 0 ? 0 : 0 + value));
  const { rows, columns, elements } = listed;
  // 0 · ∞ is NaN, which a list leaves out.
  const areSeen = elements.kind === "scattered" && rows.length === k;
  if (!areSeen && !areFinite(left)) return false;
  let nothing = 0;
  const sums = new Float64Array(4 * Math.ceil(columns.length / 4));
  const weights = new Float64Array(elements.kind === "crowded" ? rows.length : 0);
  for (let from = 0, at = 0; at < out.length; from += k, at += n) {
    if (elements.kind === "crowded") {
      for (let r = 0; r < weights.length; r++) weights[r] = left[from + rows[r]!]!;
      addCrowded(elements, weights, sums);
    } else {
      nothing += addScattered(elements, rows, left, from, sums);
    }
    if (columns.length < n) {
      out.set(resting, at);
      writeSome(sums, columns, added, isRelu, out, at);
    } else {
      writeAll(sums, added, isRelu, out, at);
    }
  }
  return nothing === 0;
}

function writeAll(sums: Float64Array, shift: Float32Array, isRelu: boolean, out: Float32Array, at: number): void {
  for (let j = 0; j < shift.length; j++) {
    const sum = sums[j]! + shift[j]!;
    out[at + j] = isRelu && sum < 0 ? 0 : sum;
  }
}

function writeSome(
  sums: Float64Array,
  columns: Int32Array,
  shift: Float32Array,
  isRelu: boolean,
  out: Float32Array,
  at: number,
): void {
  for (let c = 0; c < columns.length; c++) {
    const j = columns[c]!;
    const sum = sums[c]! + shift[j]!;
    out[at + j] = isRelu && sum < 0 ? 0 : sum;
  }
}

function addScattered(
  { rowStarts, places, values }: Scattered,
  rows: Int32Array,
  left: Float32Array,
  from: number,
  sums: Float64Array,
): number {
  let nothing = 0;
  sums.fill(0);
  for (let r = 0; r < rows.length; r++) {
    const weight = left[from + rows[r]!]!;
    if (weight === 0) continue;
    nothing += weight * 0;
    const end = rowStarts[r + 1]!;
    for (let entry = rowStarts[r]!; entry < end; entry++) sums[places[entry]!]! += weight * values[entry]!;
  }
  return nothing;
}

/** In the same order: what an element that is 0 adds changes no sum, because all is finite. */
function addCrowded({ values }: Crowded, weights: Float64Array, sums: Float64Array): void {
  const rows = weights.length;
  for (let c = 0, entry = 0; c < sums.length; c += 4) {
    let [first, second, third, fourth] = [0, 0, 0, 0];
    for (let r = 0; r < rows; r++, entry += 4) {
      const weight = weights[r]!;
      first += weight * values[entry]!;
      second += weight * values[entry + 1]!;
      third += weight * values[entry + 2]!;
      fourth += weight * values[entry + 3]!;
    }
    sums[c] = first;
    sums[c + 1] = second;
    sums[c + 2] = third;
    sums[c + 3] = fourth;
  }
}

/** Whether no element is infinite or NaN: such have all bits of the exponent set, and one more makes the number negative. */
function areFinite(elements: Float32Array): boolean {
  const bits = new Int32Array(elements.buffer, elements.byteOffset, elements.length);
  let seen = 0;
  for (let i = 0; i < bits.length; i++) seen |= (bits[i]! & 0x7fffffff) + 0x00800000;
  return seen >= 0;
}

function listOf(b: Float32Array, k: number, n: number): Listed | "dense" {
  let count = 0;
  for (let i = 0; i < b.length; i++) if (b[i] !== 0) count++;
  // A small matrix is multiplied as it is, unless there is nothing to multiply.
  if (count > SPARSE_SHARE * k * n || (k * n < SMALL && count > 0) || !areFinite(b)) return "dense";
  const [hasRow, hasColumn] = [new Uint8Array(k), new Uint8Array(n)];
  for (let i = 0; i < b.length; i++) if (b[i] !== 0) hasRow[Math.floor(i / n)] = hasColumn[i % n] = 1;
  const [rows, columns] = [hasRow, hasColumn].map((has) => Int32Array.from(has.keys()).filter((i) => has[i] === 1));
  if (count > CROWDED_SHARE * rows!.length * columns!.length) {
    return { rows: rows!, columns: columns!, elements: crowded(b, n, rows!, columns!) };
  }
  // Nearly all rows are as good as all.
  const listed = 2 * rows!.length > k ? Int32Array.from({ length: k }, (_, p) => p) : rows!;
  return { rows: listed, columns: columns!, elements: scattered(b, n, listed, columns!, count) };
}

function scattered(b: Float32Array, n: number, rows: Int32Array, columns: Int32Array, count: number): Scattered {
  const [places, values] = [new Int32Array(count), new Float64Array(count)];
  let listed = 0;
  const rowStarts = new Int32Array(rows.length + 1);
  rows.forEach((p, r) => {
    for (let c = 0; c < columns.length; c++) {
      const value = b[p * n + columns[c]!]!;
      if (value === 0) continue;
      places[listed] = c;
      values[listed++] = value;
    }
    rowStarts[r + 1] = listed;
  });
  return { kind: "scattered", rowStarts, places, values };
}

function crowded(b: Float32Array, n: number, rows: Int32Array, columns: Int32Array): Crowded {
  const values = new Float64Array(4 * Math.ceil(columns.length / 4) * rows.length);
  columns.forEach((j, c) => {
    const block = 4 * Math.floor(c / 4) * rows.length + (c % 4);
    rows.forEach((p, r) => (values[block + 4 * r] = b[p * n + j]!));
  });
  return { kind: "crowded", values };
}
