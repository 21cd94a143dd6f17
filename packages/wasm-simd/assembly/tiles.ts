/**
 * The inner loop of products, and the packing that feeds it. (In the binary that fuses, row-tiles.ts does most of a product.)
 *
 * A 4 × 8 tile of the result is held in eight registers. Each step takes two vectors of b and four splatted numbers of a:
 * with one temporary that makes 15 live vectors, the most that V8 holds without spilling. For the same reason the loop over
 * steps is in one function with the loops around it, where V8 unrolls it itself, and has a branch before its last row that
 * is never taken: V8 11 moves the loads between two branches before all arithmetic there. (Fused operations wait for sums,
 * not for loads.) A pointer is never 0, and a comparison with 0 takes no register. The four numbers of a are adjacent in
 * memory, so that a step moves only two pointers: on Intel, vectors and integers share their ports, and a pointer for each
 * of the four rows costs a third of the speed. Pointers and strides are in bytes. Nothing is static, so that several threads
 * can run the code.
 */
import { TILE_ROWS } from "../src/abi";
import { multiplyAdd } from "./multiply-add";

/** Bytes of a tile of at most five rows, which takes the place of the result where that has fewer rows or columns. */
export const TILE_BYTES: usize = 160;

/** Copies a block of floats between row strides. */
export function copyBlock(from: usize, fromRow: usize, to: usize, toRow: usize, rows: i32, columns: i32): void {
  for (let i: i32 = 0; i < rows; i++) {
    for (let at: usize = 0; at < <usize>columns * 4; at += 4) store<f32>(to + at, load<f32>(from + at));
    from += fromRow;
    to += toRow;
  }
}

/** Writes eight numbers of the result: from + by · sums. */
// @ts-ignore: decorator
@inline
export function writeRow(to: usize, from: usize, by: v128, low: v128, high: v128): void {
  v128.store(to, multiplyAdd(by, low, v128.load(from)));
  v128.store(to, multiplyAdd(by, high, v128.load(from, 16)), 16);
}

/** The same from zeros and by 1. */
// @ts-ignore: decorator
@inline
export function storeRow(to: usize, low: v128, high: v128): void {
  v128.store(to, low);
  v128.store(to, high, 16);
}

/**
 * c[i, j] = start[i, j] + factor · Σ_p a[i, p] · b[p, j], i < rows, j < columns, p < steps.
 *
 * @param a - groups of 4 rows, aGroup apart: rows 4g to 4g + 3 are adjacent, step p a further p · aStep on. The last
 * group may be read to its end
 * @param b - panels of 8 columns, bPanel apart: columns 8q to 8q + 7 are adjacent, step p a further p · bRow on. The
 * last panel is read to its end
 * @param start - row stride startRow, 0 for one row for all; may be c. 0 for zeros, if factor is 1 and steps is not 0
 * @param tile - TILE_BYTES of scratch
 *
 * Long: the loop over steps is in one function with the loops around it, so that V8 spills no register (above).
 */
export function multiplyTiles(
  a: usize,
  aStep: usize,
  aGroup: usize,
  b: usize,
  bRow: usize,
  bPanel: usize,
  c: usize,
  cRow: usize,
  start: usize,
  startRow: usize,
  factor: f32,
  rows: i32,
  steps: i32,
  columns: i32,
  tile: usize,
): void {
  if (steps == 0) {
    if (start != c) copyBlock(start, startRow, c, cRow, rows, columns);
    return;
  }
  const by = f32x4.splat(factor);
  for (let j: i32 = 0; j < columns; j += 8) {
    const wide = columns - j >= 8;
    let group = a;
    for (let i: i32 = 0; i < rows; i += TILE_ROWS) {
      let s00 = f32x4.splat(0);
      let s01 = f32x4.splat(0);
      let s10 = f32x4.splat(0);
      let s11 = f32x4.splat(0);
      let s20 = f32x4.splat(0);
      let s21 = f32x4.splat(0);
      let s30 = f32x4.splat(0);
      let s31 = f32x4.splat(0);
      let at = group;
      let row = b;
      const groupEnd = at + <usize>steps * aStep;
      do {
        const b0 = v128.load(row);
        const b1 = v128.load(row, 16);
        let x = v128.load32_splat(at);
        s00 = multiplyAdd(x, b0, s00);
        s01 = multiplyAdd(x, b1, s01);
        x = v128.load32_splat(at, 4);
        s10 = multiplyAdd(x, b0, s10);
        s11 = multiplyAdd(x, b1, s11);
        x = v128.load32_splat(at, 8);
        s20 = multiplyAdd(x, b0, s20);
        s21 = multiplyAdd(x, b1, s21);
        if (!ASC_FEATURE_RELAXED_SIMD && row == 0) break; // never
        x = v128.load32_splat(at, 12);
        s30 = multiplyAdd(x, b0, s30);
        s31 = multiplyAdd(x, b1, s31);
        at += aStep;
        row += bRow;
      } while (at != groupEnd);

      const left = rows - i;
      const target = c + <usize>i * cRow + <usize>j * 4;
      const from = start + <usize>i * startRow + <usize>j * 4;
      const whole = wide && left >= 4;
      const c0 = whole ? target : tile;
      const cNext = whole ? cRow : 32;
      const c1 = c0 + cNext;
      const c2 = c1 + cNext;
      const c3 = c2 + cNext;
      // From the last row to the first: V8 orders the multiplications of a step by this, and the other order is 2 % slower.
      if (start == 0) {
        storeRow(c3, s30, s31);
        storeRow(c2, s20, s21);
        storeRow(c1, s10, s11);
        storeRow(c0, s00, s01);
      } else {
        if (!whole) copyBlock(from, startRow, tile, 32, min(4, left), min(8, columns - j));
        const r0 = whole ? from : tile;
        const rNext = whole ? startRow : 32;
        const r1 = r0 + rNext;
        const r2 = r1 + rNext;
        const r3 = r2 + rNext;
        writeRow(c3, r3, by, s30, s31);
        writeRow(c2, r2, by, s20, s21);
        writeRow(c1, r1, by, s10, s11);
        writeRow(c0, r0, by, s00, s01);
      }
      if (!whole) copyBlock(tile, 32, target, cRow, min(4, left), min(8, columns - j));
      group += aGroup;
    }
    b += bPanel;
  }
}

/** `multiplyTiles` of what `packGroups` and `packPanels` have packed. */
export function multiplyPacked(
  groups: usize,
  panels: usize,
  c: usize,
  cRow: usize,
  start: usize,
  startRow: usize,
  factor: f32,
  rows: i32,
  steps: i32,
  columns: i32,
  tile: usize,
): void {
  const group = <usize>steps * 16;
  multiplyTiles(groups, 16, group, panels, 32, group * 2, c, cRow, start, startRow, factor, rows, steps, columns, tile);
}

/** Four vectors at from, from + stride, ... stored as the rows of their transpose, toRow apart. */
// @ts-ignore: decorator
@inline
function transpose4(from: usize, stride: usize, to: usize, toRow: usize): void {
  const x0 = v128.load(from);
  const x1 = v128.load(from + stride);
  const x2 = v128.load(from + stride * 2);
  const x3 = v128.load(from + stride * 3);
  const low01 = v128.shuffle<f32>(x0, x1, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(x0, x1, 2, 6, 3, 7);
  const low23 = v128.shuffle<f32>(x2, x3, 0, 4, 1, 5);
  const high23 = v128.shuffle<f32>(x2, x3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f64>(low01, low23, 0, 2));
  v128.store(to + toRow, v128.shuffle<f64>(low01, low23, 1, 3));
  v128.store(to + toRow * 2, v128.shuffle<f64>(high01, high23, 0, 2));
  v128.store(to + toRow * 3, v128.shuffle<f64>(high01, high23, 1, 3));
}

/** Packs b[steps, width], width 1 to 8, as rows of 8 floats, zeros on the right. */
function packPanel(b: usize, bRow: usize, bColumn: usize, steps: i32, width: i32, panel: usize): void {
  if (width == 8 && bColumn == 4) {
    for (let p: i32 = 0; p < steps; p++) {
      v128.store(panel, v128.load(b));
      v128.store(panel, v128.load(b, 16), 16);
      panel += 32;
      b += bRow;
    }
    return;
  }
  let done: i32 = 0;
  if (width == 8 && bRow == 4) {
    for (; done + 4 <= steps; done += 4) {
      transpose4(b, bColumn, panel, 32);
      transpose4(b + bColumn * 4, bColumn, panel + 16, 32);
      panel += 128;
      b += 16;
    }
  }
  for (; done < steps; done++) {
    for (let j: i32 = 0; j < 8; j++) {
      store<f32>(panel + ((<usize>j) << 2), j < width ? load<f32>(b + <usize>j * bColumn) : 0);
    }
    panel += 32;
    b += bRow;
  }
}

/** Rows that are packed together if their columns are adjacent: panels are then written by whole cache lines. */
const PACKED_ROWS: i32 = 8;

/** Packs b[steps, columns] as panels of 8 columns, steps · 32 bytes apart, zeros on the right. */
export function packPanels(b: usize, bRow: usize, bColumn: usize, steps: i32, columns: i32, panels: usize): void {
  const together = bColumn == 4 ? PACKED_ROWS : steps;
  for (let p: i32 = 0; p < steps; p += together) {
    const rows = min(together, steps - p);
    let from = b + <usize>p * bRow;
    let to = panels + <usize>p * 32;
    for (let j: i32 = 0; j < columns; j += 8) {
      packPanel(from, bRow, bColumn, rows, min(8, columns - j), to);
      from += bColumn * 8;
      to += <usize>steps * 32;
    }
  }
}

/**
 * Packs a[rows, steps] as groups of 4 rows, steps · 16 bytes apart, each step's numbers together. A last group of fewer rows
 * repeats its first in place of the others.
 */
export function packGroups(a: usize, aRow: usize, aColumn: usize, rows: i32, steps: i32, groups: usize): void {
  for (let i: i32 = 0; i < rows; i += TILE_ROWS) {
    let from = a + <usize>i * aRow;
    const left = rows - i;
    let done: i32 = 0;
    if (left >= 4 && aColumn == 4) {
      for (; done + 4 <= steps; done += 4) {
        transpose4(from, aRow, groups, 16);
        groups += 64;
        from += 16;
      }
    } else if (left >= 4 && aRow == 4) {
      for (; done < steps; done++) {
        v128.store(groups, v128.load(from));
        groups += 16;
        from += aColumn;
      }
    }
    const row1 = left > 1 ? aRow : 0;
    const row2 = left > 2 ? aRow * 2 : 0;
    const row3 = left > 3 ? aRow * 3 : 0;
    for (; done < steps; done++) {
      store<f32>(groups, load<f32>(from));
      store<f32>(groups, load<f32>(from + row1), 4);
      store<f32>(groups, load<f32>(from + row2), 8);
      store<f32>(groups, load<f32>(from + row3), 12);
      groups += 16;
      from += aColumn;
    }
  }
}

/**
 * Packs a[rows, steps] as rows without gaps.
 *
 * @param aRow - 4 if a is the transpose of a matrix whose columns are adjacent: then four steps of four rows at a time
 */
export function packRows(a: usize, aRow: usize, aColumn: usize, rows: i32, steps: i32, to: usize): void {
  const toRow = <usize>steps * 4;
  for (let p: i32 = 0; p < steps;) {
    const four = aRow == 4 && steps - p >= 4;
    let from = a + <usize>p * aColumn;
    let at = to + <usize>p * 4;
    let i: i32 = 0;
    if (four) {
      for (; i + 4 <= rows; i += 4) {
        transpose4(from, aColumn, at, toRow);
        from += 16;
        at += toRow * 4;
      }
    }
    const count = four ? 4 : 1;
    for (; i < rows; i++) {
      for (let q: i32 = 0; q < count; q++) store<f32>(at + ((<usize>q) << 2), load<f32>(from + <usize>q * aColumn));
      from += aRow;
      at += toRow;
    }
    p += count;
  }
}
