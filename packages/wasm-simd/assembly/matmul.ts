/**
 * Matrix product in f32x4 lanes: c[m, n] = alpha · a[m, k] · b[k, n] + bias[n].
 *
 * The kernel keeps a 4 × 8 tile of c in eight registers. Per step of k it loads two vectors of b and splats four numbers
 * of a: with one temporary that makes 15 live vectors, the most that V8 holds without spilling; for the same reason the
 * k loop is not unrolled, and it stands inside its outer loops in one function, where V8 unrolls it itself. Blocks:
 * k by 256 so that an 8-wide panel of b (8 KB) stays in L1, m by 128 so that the rows of a (128 KB) stay in L2.
 *
 * Pointers and strides are in bytes. Nothing is static: callers on several threads could share the code.
 */

const BLOCK_K: i32 = 256;
const BLOCK_M: i32 = 128;
/** A 4 × 8 tile that takes the place of c where c has fewer rows or columns. */
const TILE_BYTES: usize = 128;
/** With so few rows, reading b in place is cheaper than packing it. */
const UNPACKED_ROWS: i32 = 32;

/** Bytes that `matmul` needs as its workspace. */
export function matmulWorkspace(k: i32, n: i32): usize {
  return TILE_BYTES + <usize>min(k, BLOCK_K) * <usize>((n + 7) & ~7) * 4;
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
  if (width < 8) memory.fill(panel, 0, <usize>steps * 32);
  for (let j: i32 = 0; j < width; j++) {
    let from = b + <usize>j * bColumn;
    let to = panel + <usize>j * 4;
    for (let p: i32 = 0; p < steps; p++) {
      store<f32>(to, load<f32>(from));
      from += bRow;
      to += 32;
    }
  }
}

/** Copies a block of floats between row strides. */
function copyBlock(from: usize, fromRow: usize, to: usize, toRow: usize, rows: i32, columns: i32): void {
  for (let i: i32 = 0; i < rows; i++) {
    memory.copy(to + <usize>i * toRow, from + <usize>i * fromRow, <usize>columns * 4);
  }
}

/**
 * @param a - [m, k], row and column strides aRow and aColumn
 * @param b - [k, n], row and column strides bRow and bColumn
 * @param bias - [n] and zeros up to the next multiple of 8
 * @param c - [m, n], dense; overwritten
 * @param workspace - matmulWorkspace(k, n) bytes
 */
export function matmul(
  a: usize,
  aRow: usize,
  aColumn: usize,
  b: usize,
  bRow: usize,
  bColumn: usize,
  bias: usize,
  c: usize,
  m: i32,
  k: i32,
  n: i32,
  alpha: f32,
  workspace: usize,
): void {
  const tile = workspace;
  const panels = workspace + TILE_BYTES;
  const inPlace = m <= UNPACKED_ROWS && bColumn == 4;
  const cRow = <usize>n * 4;
  const factor = f32x4.splat(alpha);

  // The first block of k starts from the bias, the others from what c holds. With k = 0 the first block is empty.
  let p0: i32 = 0;
  do {
    const steps = min(BLOCK_K, k - p0);
    const bBlock = b + <usize>p0 * bRow;
    for (let j: i32 = inPlace ? n & ~7 : 0; j < n; j += 8) {
      const panel = panels + <usize>j * <usize>steps * 4;
      packPanel(bBlock + <usize>j * bColumn, bRow, bColumn, steps, min(8, n - j), panel);
    }

    for (let i0: i32 = 0; i0 < m; i0 += BLOCK_M) {
      const i1 = min(m, i0 + BLOCK_M);
      for (let j: i32 = 0; j < n; j += 8) {
        const width = min(8, n - j);
        const unpacked = inPlace && width == 8;
        const panel = unpacked ? bBlock + <usize>j * 4 : panels + <usize>j * <usize>steps * 4;
        const panelRow: usize = unpacked ? bRow : 32;
        const panelEnd = panel + <usize>steps * panelRow;

        for (let i: i32 = i0; i < i1; i += 4) {
          const rows = min(4, i1 - i);
          const target = c + <usize>i * cRow + <usize>j * 4;
          // Rows past the end read the last row of a again, and land in the tile, where nobody looks.
          const a0 = a + <usize>i * aRow + <usize>p0 * aColumn;
          const a1 = rows > 1 ? a0 + aRow : a0;
          const a2 = rows > 2 ? a1 + aRow : a0;
          const a3 = rows > 3 ? a2 + aRow : a0;
          const whole = width == 8;
          const c0 = whole ? target : tile;
          const c1 = whole && rows > 1 ? target + cRow : tile + 32;
          const c2 = whole && rows > 2 ? target + cRow * 2 : tile + 64;
          const c3 = whole && rows > 3 ? target + cRow * 3 : tile + 96;
          if (!whole && p0 > 0) copyBlock(target, cRow, tile, 32, rows, width);

          let s00 = f32x4.splat(0);
          let s01 = f32x4.splat(0);
          let s10 = f32x4.splat(0);
          let s11 = f32x4.splat(0);
          let s20 = f32x4.splat(0);
          let s21 = f32x4.splat(0);
          let s30 = f32x4.splat(0);
          let s31 = f32x4.splat(0);
          let at: usize = 0;
          for (let row = panel; row != panelEnd; row += panelRow) {
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

          const first = p0 == 0;
          const shift = bias + <usize>j * 4;
          const r0 = first ? shift : c0;
          const r1 = first ? shift : c1;
          const r2 = first ? shift : c2;
          const r3 = first ? shift : c3;
          v128.store(c0, f32x4.add(v128.load(r0), f32x4.mul(factor, s00)));
          v128.store(c0, f32x4.add(v128.load(r0, 16), f32x4.mul(factor, s01)), 16);
          v128.store(c1, f32x4.add(v128.load(r1), f32x4.mul(factor, s10)));
          v128.store(c1, f32x4.add(v128.load(r1, 16), f32x4.mul(factor, s11)), 16);
          v128.store(c2, f32x4.add(v128.load(r2), f32x4.mul(factor, s20)));
          v128.store(c2, f32x4.add(v128.load(r2, 16), f32x4.mul(factor, s21)), 16);
          v128.store(c3, f32x4.add(v128.load(r3), f32x4.mul(factor, s30)));
          v128.store(c3, f32x4.add(v128.load(r3, 16), f32x4.mul(factor, s31)), 16);
          if (!whole) copyBlock(tile, 32, target, cRow, rows, width);
        }
      }
    }
    p0 += BLOCK_K;
  } while (p0 < k);
}
