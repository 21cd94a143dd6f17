/**
 * Tiles that read rows of a where they are: nothing of a is packed, each of its rows has a pointer of its own.
 *
 * In the binary that fuses, tiles of 5 × 8. A fused operation takes four cycles and waits for the sum of the one before: the
 * eight sums of a 4 × 8 tile are only just enough for two pipes, and ten keep them busy. Where multiplication and addition
 * are two operations, ten sums leave no register for the product, and V8 spills: tiles of 4 × 8. There vectors also fill the
 * ports that Intel's integers would need, so that four pointers moved in every step cost a third of the speed: they move
 * every four steps.
 *
 * The branches that are never taken stand where they do as in tiles.ts, and where all loads of a step fit before its
 * arithmetic they are left out. A pointer is never 0, and to compare with 0 takes no register.
 */

import { multiplyAdd } from "./multiply-add";
import { copyBlock, writeRow } from "./tiles";

/** Rows of a tile. */
const HEIGHT: i32 = ASC_FEATURE_RELAXED_SIMD ? 5 : 4;

/** How many of so many rows make such tiles. The others are few, or whole tiles of four, or all, if those of a are not as needed. */
export function rowsOfTiles(rows: i32, steps: i32, aColumn: usize): i32 {
  if (ASC_FEATURE_RELAXED_SIMD) return steps > 0 ? max(0, rows - ((4 * rows) % HEIGHT) * 4) : 0;
  return aColumn == 4 && steps > 0 && (steps & 3) == 0 ? rows & ~3 : 0;
}

/**
 * c[i, j] = start[i, j] + factor · Σ_p a[i, p] · b[p, j], as `multiplyTiles` in tiles.ts.
 *
 * @param a - row stride aRow, adjacent columns
 * @param rows - of `rowsOfTiles`
 * @param tile - TILE_BYTES of scratch
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
      if (ASC_FEATURE_RELAXED_SIMD) {
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
          if (row == 0) break; // never: seven loads do not fit beside ten sums
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
      } else {
        do {
          let b0 = v128.load(row);
          let b1 = v128.load(row, 16);
          let x = v128.load32_splat(a0);
          s00 = multiplyAdd(x, b0, s00);
          s01 = multiplyAdd(x, b1, s01);
          x = v128.load32_splat(a1);
          s10 = multiplyAdd(x, b0, s10);
          s11 = multiplyAdd(x, b1, s11);
          x = v128.load32_splat(a2);
          s20 = multiplyAdd(x, b0, s20);
          s21 = multiplyAdd(x, b1, s21);
          if (a0 == 0) break; // never
          x = v128.load32_splat(a3);
          s30 = multiplyAdd(x, b0, s30);
          s31 = multiplyAdd(x, b1, s31);
          row += bRow;
          if (row == 0) break; // never
          b0 = v128.load(row);
          b1 = v128.load(row, 16);
          x = v128.load32_splat(a0, 4);
          s00 = multiplyAdd(x, b0, s00);
          s01 = multiplyAdd(x, b1, s01);
          x = v128.load32_splat(a1, 4);
          s10 = multiplyAdd(x, b0, s10);
          s11 = multiplyAdd(x, b1, s11);
          x = v128.load32_splat(a2, 4);
          s20 = multiplyAdd(x, b0, s20);
          s21 = multiplyAdd(x, b1, s21);
          x = v128.load32_splat(a3, 4);
          s30 = multiplyAdd(x, b0, s30);
          s31 = multiplyAdd(x, b1, s31);
          row += bRow;
          if (row == 0) break; // never
          b0 = v128.load(row);
          b1 = v128.load(row, 16);
          x = v128.load32_splat(a0, 8);
          s00 = multiplyAdd(x, b0, s00);
          s01 = multiplyAdd(x, b1, s01);
          x = v128.load32_splat(a1, 8);
          s10 = multiplyAdd(x, b0, s10);
          s11 = multiplyAdd(x, b1, s11);
          x = v128.load32_splat(a2, 8);
          s20 = multiplyAdd(x, b0, s20);
          s21 = multiplyAdd(x, b1, s21);
          if (a2 == 0) break; // never
          x = v128.load32_splat(a3, 8);
          s30 = multiplyAdd(x, b0, s30);
          s31 = multiplyAdd(x, b1, s31);
          row += bRow;
          if (row == 0) break; // never
          b0 = v128.load(row);
          b1 = v128.load(row, 16);
          x = v128.load32_splat(a0, 12);
          s00 = multiplyAdd(x, b0, s00);
          s01 = multiplyAdd(x, b1, s01);
          x = v128.load32_splat(a1, 12);
          s10 = multiplyAdd(x, b0, s10);
          s11 = multiplyAdd(x, b1, s11);
          x = v128.load32_splat(a2, 12);
          s20 = multiplyAdd(x, b0, s20);
          s21 = multiplyAdd(x, b1, s21);
          x = v128.load32_splat(a3, 12);
          s30 = multiplyAdd(x, b0, s30);
          s31 = multiplyAdd(x, b1, s31);
          row += bRow;
          a0 += 16;
          a1 += 16;
          a2 += 16;
          a3 += 16;
        } while (a0 != end);
      }

      const target = c + <usize>i * cRow + <usize>j * 4;
      const from = start + <usize>i * startRow + <usize>j * 4;
      const c0 = width == 8 ? target : tile;
      const r0 = width == 8 ? from : tile;
      const cNext = width == 8 ? cRow : 32;
      const rNext = width == 8 ? startRow : 32;
      if (width < 8) copyBlock(from, startRow, tile, 32, HEIGHT, width);
      writeRow(c0, r0, by, s00, s01);
      writeRow(c0 + cNext, r0 + rNext, by, s10, s11);
      writeRow(c0 + cNext * 2, r0 + rNext * 2, by, s20, s21);
      writeRow(c0 + cNext * 3, r0 + rNext * 3, by, s30, s31);
      if (ASC_FEATURE_RELAXED_SIMD) writeRow(c0 + cNext * 4, r0 + rNext * 4, by, s40, s41);
      if (width < 8) copyBlock(tile, 32, target, cRow, HEIGHT, width);
      group += aRow * HEIGHT;
    }
    b += bPanel;
  }
}
