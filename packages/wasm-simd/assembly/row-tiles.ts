/**
 * Tiles of five rows that read the rows of a where they are, for the binary that fuses.
 *
 * A fused operation takes four cycles and waits for the sum of the one before: the eight sums of a 4 × 8 tile barely
 * suffice for two pipes, and ten keep them busy. This leaves time to move a pointer for each row, so nothing of a is packed.
 * Where multiplication and addition are two operations, ten sums leave no register for the product and V8 spills; those
 * binaries use tiles.ts.
 */

import { multiplyAdd } from "./multiply-add";
import { copyBlock, storeRow, writeRow } from "./tiles";

/** Rows of such a tile. */
const HEIGHT: i32 = 5;

/** How many of some rows make such tiles, so that the others are whole tiles of four. */
export function rowsOfTiles(rows: i32): i32 {
  return ASC_FEATURE_RELAXED_SIMD ? max(0, rows - ((4 * rows) % HEIGHT) * 4) : 0;
}

/**
 * c[i, j] = start[i, j] + factor · Σ_p a[i, p] · b[p, j], as `multiplyTiles` in tiles.ts.
 *
 * @param a - row stride aRow, adjacent columns
 * @param rows - a multiple of HEIGHT
 * @param steps - 1 or more
 * @param tile - TILE_BYTES of scratch
 *
 * Long: V8 keeps the sums in registers only within one function (tiles.ts).
 */
export function multiplyRowTiles(
  a: usize,
  aRow: usize,
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
  const by = f32x4.splat(factor);
  for (let j: i32 = 0; j < columns; j += 8) {
    const width = min(8, columns - j);
    let group = a;
    for (let i: i32 = 0; i < rows; i += HEIGHT) {
      let s00 = f32x4.splat(0);
      let s01 = f32x4.splat(0);
      let s10 = f32x4.splat(0);
      let s11 = f32x4.splat(0);
      let s20 = f32x4.splat(0);
      let s21 = f32x4.splat(0);
      let s30 = f32x4.splat(0);
      let s31 = f32x4.splat(0);
      let s40 = f32x4.splat(0);
      let s41 = f32x4.splat(0);
      let a0 = group;
      let a1 = a0 + aRow;
      let a2 = a1 + aRow;
      let a3 = a2 + aRow;
      let a4 = a3 + aRow;
      let row = b;
      const end = a0 + <usize>steps * 4;
      do {
        const b0 = v128.load(row);
        const b1 = v128.load(row, 16);
        let x = v128.load32_splat(a0);
        s00 = multiplyAdd(x, b0, s00);
        s01 = multiplyAdd(x, b1, s01);
        x = v128.load32_splat(a1);
        s10 = multiplyAdd(x, b0, s10);
        s11 = multiplyAdd(x, b1, s11);
        x = v128.load32_splat(a2);
        s20 = multiplyAdd(x, b0, s20);
        s21 = multiplyAdd(x, b1, s21);
        if (row == 0) break; // never, as in tiles.ts: seven loads do not fit beside ten sums
        x = v128.load32_splat(a3);
        s30 = multiplyAdd(x, b0, s30);
        s31 = multiplyAdd(x, b1, s31);
        x = v128.load32_splat(a4);
        s40 = multiplyAdd(x, b0, s40);
        s41 = multiplyAdd(x, b1, s41);
        row += bRow;
        a0 += 4;
        a1 += 4;
        a2 += 4;
        a3 += 4;
        a4 += 4;
      } while (a0 != end);

      const target = c + <usize>i * cRow + <usize>j * 4;
      const from = start + <usize>i * startRow + <usize>j * 4;
      const c0 = width == 8 ? target : tile;
      const cNext = width == 8 ? cRow : 32;
      if (start == 0) {
        storeRow(c0, s00, s01);
        storeRow(c0 + cNext, s10, s11);
        storeRow(c0 + cNext * 2, s20, s21);
        storeRow(c0 + cNext * 3, s30, s31);
        storeRow(c0 + cNext * 4, s40, s41);
      } else {
        if (width < 8) copyBlock(from, startRow, tile, 32, HEIGHT, width);
        const r0 = width == 8 ? from : tile;
        const rNext = width == 8 ? startRow : 32;
        writeRow(c0, r0, by, s00, s01);
        writeRow(c0 + cNext, r0 + rNext, by, s10, s11);
        writeRow(c0 + cNext * 2, r0 + rNext * 2, by, s20, s21);
        writeRow(c0 + cNext * 3, r0 + rNext * 3, by, s30, s31);
        writeRow(c0 + cNext * 4, r0 + rNext * 4, by, s40, s41);
      }
      if (width < 8) copyBlock(tile, 32, target, cRow, HEIGHT, width);
      group += aRow * HEIGHT;
    }
    b += bPanel;
  }
}
