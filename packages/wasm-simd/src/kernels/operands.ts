/** Copies operands between the JavaScript heap and the arena; views of the arena are used in place. */
import type { MatrixView } from "@selectron/core";
import type { Arena } from "../arena.js";

/** A dense array to be read: its address. */
export function placed(arena: Arena, data: Float32Array): number {
  return arena.holds(data) ? data.byteOffset : arena.reserve(data.byteLength);
}

/** Fills what `placed` reserved. All reservations come first, since each may move the memory. */
export function fill(arena: Arena, data: Float32Array, address: number): void {
  if (!arena.holds(data)) arena.floats.set(data, address / 4);
}

/** Whole numbers in the arena, four bytes each. */
export function fillInts(arena: Arena, values: Int32Array, address: number): void {
  arena.ints.set(values, address / 4);
}

/** Reserves room for the bias of a product, which is read by eights; 0 if there is none. */
export function placedBias(arena: Arena, bias: Float32Array | undefined): number {
  return bias ? arena.reserve(32 * Math.ceil(bias.length / 8)) : 0;
}

/** Fills what `placedBias` reserved. */
export function fillBias(arena: Arena, bias: Float32Array | undefined, address: number): void {
  if (!bias) return;
  arena.floats.set(bias, address / 4);
  arena.floats.fill(0, address / 4 + bias.length, address / 4 + 8 * Math.ceil(bias.length / 8));
}

/** Copies a result to where it belongs. */
export function fetch(arena: Arena, data: Float32Array, address: number): void {
  if (arena.holds(data) && data.byteOffset === address) return;
  data.set(arena.floats.subarray(address / 4, address / 4 + data.length));
}

/**
 * Where to write a result: in place if its length is a multiple of 4, since the elementwise kernels write whole vectors,
 * and otherwise in scratch.
 */
export function target(arena: Arena, data: Float32Array): number {
  return arena.holds(data) && data.length % 4 === 0 ? data.byteOffset : arena.reserve(data.byteLength);
}

/** A matrix in the arena; strides in bytes. */
export interface PlacedMatrix {
  /** Whether it has to be copied there. */
  readonly isCopy: boolean;
  readonly address: number;
  readonly row: number;
  readonly column: number;
}

const isTransposed = (x: MatrixView): boolean => x.columnStride !== 1 && x.rowStride === 1;

/** Reserves room for a matrix, dense, in the order in which it lies in memory. */
export function placedMatrix(arena: Arena, x: MatrixView, rows: number, columns: number): PlacedMatrix {
  if (arena.holds(x.data) && (x.columnStride === 1 || x.rowStride === 1)) {
    const address = x.data.byteOffset + 4 * x.offset;
    return { isCopy: false, address, row: 4 * x.rowStride, column: 4 * x.columnStride };
  }
  const address = arena.reserve(4 * rows * columns);
  const [row, column] = isTransposed(x) ? [4, 4 * rows] : [4 * columns, 4];
  return { isCopy: true, address, row, column };
}

/** Fills what `placedMatrix` reserved. */
export function fillMatrix(arena: Arena, x: MatrixView, rows: number, columns: number, place: PlacedMatrix): void {
  if (!place.isCopy) return;
  const floats = arena.floats;
  const start = place.address / 4;
  const [lines, length, lineStride, stride] = isTransposed(x)
    ? [columns, rows, x.columnStride, 1]
    : [rows, columns, x.rowStride, x.columnStride];
  if (stride === 1 && lineStride === length) {
    const end = x.offset + lines * length;
    floats.set(x.offset === 0 && end === x.data.length ? x.data : x.data.subarray(x.offset, end), start);
    return;
  }
  for (let line = 0; line < lines; line++) {
    const from = x.offset + line * lineStride;
    const to = start + line * length;
    if (stride === 1) floats.set(x.data.subarray(from, from + length), to);
    else for (let i = 0; i < length; i++) floats[to + i] = x.data[from + i * stride]!;
  }
}
