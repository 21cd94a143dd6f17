/**
 * The inner loops that every product is made of, and the packing that feeds them.
 *
 * A 4 × 8 tile of the result stands in eight registers. Per step it takes two vectors of b and four splatted numbers of
 * a: with one temporary that makes 15 live vectors, the most that V8 holds without spilling; for the same reason the loop
 * over steps is not unrolled, and it stands inside its outer loops in one function, where V8 unrolls it itself. Pointers
 * and strides are in bytes. Nothing is static: callers on several threads can share the code.
 */

/** A 4 × 8 tile that takes the place of the result where that has fewer rows or columns. */
export const TILE_BYTES: usize = 128;

/** Copies a block of floats between row strides. */
function copyBlock(from: usize, fromRow: usize, to: usize, toRow: usize, rows: i32, columns: i32): void {
  for (let i: i32 = 0; i < rows; i++) {
    for (let at: usize = 0; at < <usize>columns * 4; at += 4) store<f32>(to + at, load<f32>(from + at));
    from += fromRow;
    to += toRow;
  }
}

/**
 * c[i, j] = start[i, j] + factor · Σ_p a[i, p] · b[p, j], i < rows, j < columns, p < steps.
 *
 * @param a - row i stands at a + ⌊i / 4⌋ · aGroup + (i mod 4) · aRow, step p a further p · aColumn on
 * @param b - panels of 8 columns: columns 8q to 8q + 7 at b + q · bPanel, step p a further p · bRow on. The last panel
 * has all 8 columns too
 * @param start - row stride startRow; may be c, and may be one row for all (stride 0)
 * @param tile - TILE_BYTES of scratch
 */
export function multiplyTiles(
  a: usize,
  aRow: usize,
  aColumn: usize,
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
  const by = f32x4.splat(factor);
  for (let j: i32 = 0; j < columns; j += 8) {
    const whole = columns - j >= 8;
    const panelEnd = b + <usize>steps * bRow;
    let group = a;
    for (let i: i32 = 0; i < rows; i += 4) {
      const left = rows - i;
      // Rows past the end read the first row of the group again, and land in the tile, where nobody looks.
      const a0 = group;
      const a1 = left > 1 ? a0 + aRow : a0;
      const a2 = left > 2 ? a1 + aRow : a0;
      const a3 = left > 3 ? a2 + aRow : a0;

      let s00 = f32x4.splat(0);
      let s01 = f32x4.splat(0);
      let s10 = f32x4.splat(0);
      let s11 = f32x4.splat(0);
      let s20 = f32x4.splat(0);
      let s21 = f32x4.splat(0);
      let s30 = f32x4.splat(0);
      let s31 = f32x4.splat(0);
      let at: usize = 0;
      for (let row = b; row != panelEnd; row += bRow) {
        const b0 = v128.load(row);
        const b1 = v128.load(row, 16);
        let x = v128.load32_splat(a0 + at);
        s00 = f32x4.add(s00, f32x4.mul(x, b0));
        s01 = f32x4.add(s01, f32x4.mul(x, b1));
        x = v128.load32_splat(a1 + at);
        s10 = f32x4.add(s10, f32x4.mul(x, b0));
        s11 = f32x4.add(s11, f32x4.mul(x, b1));
        x = v128.load32_splat(a2 + at);
        s20 = f32x4.add(s20, f32x4.mul(x, b0));
        s21 = f32x4.add(s21, f32x4.mul(x, b1));
        x = v128.load32_splat(a3 + at);
        s30 = f32x4.add(s30, f32x4.mul(x, b0));
        s31 = f32x4.add(s31, f32x4.mul(x, b1));
        at += aColumn;
      }

      const target = c + <usize>i * cRow + <usize>j * 4;
      const from = start + <usize>i * startRow + <usize>j * 4;
      if (!whole) copyBlock(from, startRow, tile, 32, min(4, left), columns - j);
      const c0 = whole ? target : tile;
      const c1 = whole && left > 1 ? target + cRow : tile + 32;
      const c2 = whole && left > 2 ? target + cRow * 2 : tile + 64;
      const c3 = whole && left > 3 ? target + cRow * 3 : tile + 96;
      const r0 = whole ? from : tile;
      const r1 = whole && left > 1 ? from + startRow : tile + 32;
      const r2 = whole && left > 2 ? from + startRow * 2 : tile + 64;
      const r3 = whole && left > 3 ? from + startRow * 3 : tile + 96;
      v128.store(c0, f32x4.add(v128.load(r0), f32x4.mul(by, s00)));
      v128.store(c0, f32x4.add(v128.load(r0, 16), f32x4.mul(by, s01)), 16);
      v128.store(c1, f32x4.add(v128.load(r1), f32x4.mul(by, s10)));
      v128.store(c1, f32x4.add(v128.load(r1, 16), f32x4.mul(by, s11)), 16);
      v128.store(c2, f32x4.add(v128.load(r2), f32x4.mul(by, s20)));
      v128.store(c2, f32x4.add(v128.load(r2, 16), f32x4.mul(by, s21)), 16);
      v128.store(c3, f32x4.add(v128.load(r3), f32x4.mul(by, s30)));
      v128.store(c3, f32x4.add(v128.load(r3, 16), f32x4.mul(by, s31)), 16);
      if (!whole) copyBlock(tile, 32, target, cRow, min(4, left), columns - j);
      group += aGroup;
    }
    b += bPanel;
  }
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
      store<f32>(panel + (<usize>j << 2), j < width ? load<f32>(b + <usize>j * bColumn) : 0);
    }
    panel += 32;
    b += bRow;
  }
}

/** Packs b[steps, columns] as panels of 8 columns, steps · 32 bytes apart, zeros on the right. */
export function packPanels(b: usize, bRow: usize, bColumn: usize, steps: i32, columns: i32, panels: usize): void {
  for (let j: i32 = 0; j < columns; j += 8) {
    packPanel(b, bRow, bColumn, steps, min(8, columns - j), panels);
    b += bColumn * 8;
    panels += <usize>steps * 32;
  }
}

/** Packs a[rows, steps] as groups of four rows: group g at groups + g · steps · 16, step p a further p · 16 on. */
export function packGroups(a: usize, aRow: usize, aColumn: usize, rows: i32, steps: i32, groups: usize): void {
  const groupBytes = <usize>steps * 16;
  for (let p: i32 = 0; p < steps; p++) {
    let from = a;
    let to = groups;
    let i: i32 = 0;
    if (aRow == 4) {
      for (; i + 4 <= rows; i += 4) {
        v128.store(to, v128.load(from));
        from += 16;
        to += groupBytes;
      }
    }
    for (; i < rows; i++) {
      store<f32>(groups + <usize>(i >> 2) * groupBytes + (<usize>(i & 3) << 2), load<f32>(from));
      from += aRow;
    }
    a += aColumn;
    groups += 16;
  }
}
