/**
 * Matrix product c[m, n] = activation(alpha · a[m, k] · b[k, n] + bias[n]), in blocks. 256 of k: a panel of 8 columns of b
 * (8 KB) stays in L1 beside the rows of a. 64 of m (60 in the binary that fuses, whole tiles) and 512 of n: the packed rows
 * of a (64 KB) and columns of b (512 KB) stay in L2. A small b is read in place. Packing a large b does not pay for few
 * rows: they sweep over it (sweeps.ts), which reads it once and in order. Pointers and strides are in bytes.
 */
import { DOT_ROWS, FEW_IN_PLACE_BYTES, FEW_ROWS, READ_K, TILE_ROWS } from "../src/abi";
import { dotRows } from "./dots";
import { unary } from "./elementwise";
import { noteRange } from "./range";
import { multiplyRowTiles, rowsOfTiles } from "./row-tiles";
import { sweepColumns } from "./sweeps";
import { multiplyPacked, multiplyTiles, packGroups, packPanels, packRows, TILE_BYTES } from "./tiles";

const BLOCK_K: i32 = 256;
const BLOCK_M: i32 = ASC_FEATURE_RELAXED_SIMD ? 60 : 64;
const BLOCK_N: i32 = 512;
/** Sums of the rows that sweep over b, 1 MB: as many columns as stay in L2, since long rows are read faster. */
const SUMS: i32 = 262_144;
/** Many rows read so many bytes of b in place; a larger one is packed. */
const IN_PLACE_BYTES: usize = 65_536;

/** Bytes that `matmul` needs as its workspace. */
export function matmulWorkspace(m: i32, k: i32, n: i32): usize {
  const steps = <usize>min(k, BLOCK_K);
  const groups = <usize>((min(m, BLOCK_M) + TILE_ROWS - 1) & -TILE_ROWS) * steps * 4;
  const panels = <usize>((min(n, BLOCK_N) + 7) & ~7) * steps * 4;
  const sums = <usize>min(m, FEW_ROWS) * <usize>min(n, sweptColumns(m)) * 4;
  return zerosBytes(n) + TILE_BYTES + max(groups + panels, sums) + <usize>k * 4;
}

/** A row of zeros, in place of the bias of a product without one. */
function zerosBytes(n: i32): usize {
  return <usize>((n + 7) & ~7) * 4;
}

/** Columns of b that m rows sweep over at a time: whole cache lines. */
function sweptColumns(m: i32): i32 {
  return (SUMS / max(1, min(m, FEW_ROWS))) & ~31;
}

/** Whether a product is made of dot products: of few rows, and columns whose elements are adjacent. */
function isDots(m: i32, aColumn: usize, bRow: usize, bColumn: usize): bool {
  return bRow == 4 && bColumn != 4 && (m == 1 || (m <= DOT_ROWS && aColumn == 4));
}

/** Bytes from the first to the last row of b that the choice of an algorithm counts. */
function bytesRead(k: i32, bRow: usize): usize {
  return <usize>min(k, READ_K) * bRow;
}

/** Whether a product of these sizes packs b, if it is not made of dot products. */
function packsRight(m: i32, k: i32, bRow: usize, bColumn: usize): bool {
  if (bColumn != 4 || bRow == 0) return true;
  return m > FEW_ROWS && bytesRead(k, bRow) > IN_PLACE_BYTES;
}

/**
 * All rows of a block of columns.
 *
 * @param bias - 0 for zeros, if alpha is 1 and k is not 0
 * @param inPlace - whole panels of b are read where they are, its columns being adjacent
 *
 * Long: its parts would pass some twenty numbers on to each other.
 */
function multiplyColumns(
  a: usize,
  aRow: usize,
  aColumn: usize,
  b: usize,
  bRow: usize,
  bColumn: usize,
  bias: usize,
  biasRow: usize,
  c: usize,
  cRow: usize,
  m: i32,
  k: i32,
  columns: i32,
  alpha: f32,
  inPlace: bool,
  workspace: usize,
): void {
  const tile = workspace;
  const panels = workspace + TILE_BYTES;
  const whole = inPlace ? columns & ~7 : 0;
  const rest = <usize>whole * 4;
  const right = columns - whole;
  const groups = panels + <usize>((right + 7) & ~7) * <usize>min(k, BLOCK_K) * 4;
  // The first block of k starts from the bias, the others from what c holds. With k = 0 the first block is empty.
  let start = bias;
  let startRow = biasRow;
  let p0: i32 = 0;
  do {
    const steps = min(BLOCK_K, k - p0);
    const group = <usize>steps * 16;
    const panel = <usize>steps * 32;
    packPanels(b + <usize>whole * bColumn, bRow, bColumn, steps, right, panels);
    for (let i0: i32 = 0; i0 < m; i0 += BLOCK_M) {
      const rows = min(BLOCK_M, m - i0);
      const high = steps > 0 ? rowsOfTiles(rows) : 0;
      const left = a + <usize>i0 * aRow;
      let from = start + <usize>i0 * startRow;
      let fromRest: usize = start == 0 ? 0 : from + rest;
      let to = c + <usize>i0 * cRow;
      let toRest = to + rest;
      if (high > 0) {
        const isPacked = aColumn != 4;
        if (isPacked) packRows(left, aRow, aColumn, high, steps, groups);
        const at = isPacked ? groups : left;
        const atRow = isPacked ? <usize>steps * 4 : aRow;
        multiplyRowTiles(at, atRow, b, bRow, 32, to, cRow, from, startRow, alpha, high, steps, whole, tile);
        multiplyRowTiles(
          at,
          atRow,
          panels,
          32,
          panel,
          toRest,
          cRow,
          fromRest,
          startRow,
          alpha,
          high,
          steps,
          right,
          tile,
        );
        from += <usize>high * startRow;
        fromRest += <usize>high * startRow;
        to += <usize>high * cRow;
        toRest += <usize>high * cRow;
      }
      const low = rows - high;
      packGroups(left + <usize>high * aRow, aRow, aColumn, low, steps, groups);
      multiplyTiles(groups, 16, group, b, bRow, 32, to, cRow, from, startRow, alpha, low, steps, whole, tile);
      multiplyPacked(groups, panels, toRest, cRow, fromRest, startRow, alpha, low, steps, right, tile);
    }
    start = c;
    startRow = cRow;
    a += <usize>steps * aColumn;
    b += <usize>steps * bRow;
    p0 += BLOCK_K;
  } while (p0 < k);
}

/** Copies numbers that are `stride` bytes apart to adjacent places. */
function gather(from: usize, stride: usize, length: i32, to: usize): void {
  for (let p: i32 = 0; p < length; p++) store<f32>(to + ((<usize>p) << 2), load<f32>(from + <usize>p * stride));
}

/**
 * Rows i0 to i1 − 1 of the product, with the bits that they have in the whole of m rows, so that threads can share a product.
 * Some columns of a product are a product of their own, with the row stride of the whole.
 *
 * @param a - [m, k], row and column strides aRow and aColumn
 * @param b - [k, n], row and column strides bRow and bColumn
 * @param bias - 0, or [m, n], row stride biasRow, 0 for one row for all; readable up to the next multiple of 8 columns. May
 * be c
 * @param c - [m, n], with a row stride of cRow; rows i0 to i1 − 1 are overwritten
 * @param activation - the number of a unary operation, or −1. It writes four at a time: it needs a dense c with room for 3
 * more floats, or an n that is a multiple of 4
 * @param i0 - a multiple of TILE_ROWS; so is i1, if it is not m
 * @param workspace - matmulWorkspace(m, k, n) bytes
 *
 * Long: a line for each argument, here and in two calls. A block of arguments in memory is slower (src/calls.ts).
 */
export function matmul(
  a: usize,
  aRow: usize,
  aColumn: usize,
  b: usize,
  bRow: usize,
  bColumn: usize,
  bias: usize,
  biasRow: usize,
  c: usize,
  cRow: usize,
  m: i32,
  k: i32,
  n: i32,
  alpha: f32,
  activation: i32,
  i0: i32,
  i1: i32,
  workspace: usize,
): void {
  const rows = i1 - i0;
  const isDotted = isDots(m, aColumn, bRow, bColumn);
  const isPlain = bias == 0 && alpha == 1 && k > 0 && !isDotted;
  if (bias == 0 && !isPlain) {
    bias = workspace;
    workspace += zerosBytes(n);
    for (let at = bias; at < workspace; at += 16) v128.store(at, f32x4.splat(0));
  }
  a += <usize>i0 * aRow;
  bias += <usize>i0 * biasRow;
  c += <usize>i0 * cRow;
  if (isDotted) {
    if (aColumn != 4) gather(a, aColumn, k, workspace);
    const left = aColumn == 4 ? a : workspace;
    dotRows(left, aRow, b, bColumn, bias, biasRow, c, cRow, rows, k, n, alpha);
  } else {
    const inPlace = !packsRight(m, k, bRow, bColumn);
    const few = inPlace && m <= FEW_ROWS;
    const swept = few ? (bytesRead(k, bRow) > <usize>FEW_IN_PLACE_BYTES ? rows : rows & (TILE_ROWS - 1)) : 0;
    const tiled = rows - swept;
    const below = <usize>tiled;
    const width = few ? sweptColumns(m) : BLOCK_N;
    for (let n0: i32 = 0; n0 < n; n0 += width) {
      const at = <usize>n0 * 4;
      const columns = min(width, n - n0);
      const right = b + <usize>n0 * bColumn;
      const start = isPlain ? 0 : bias + at;
      const to = c + at;
      if (tiled > 0) {
        multiplyColumns(
          a,
          aRow,
          aColumn,
          right,
          bRow,
          bColumn,
          start,
          biasRow,
          to,
          cRow,
          tiled,
          k,
          columns,
          alpha,
          inPlace,
          workspace,
        );
      }
      if (swept > 0) {
        const rest = a + below * aRow;
        const startRest = isPlain ? 0 : start + below * biasRow;
        const toRest = to + below * cRow;
        const sums = workspace + TILE_BYTES;
        sweepColumns(
          rest,
          aRow,
          aColumn,
          right,
          bRow,
          startRest,
          biasRow,
          toRest,
          cRow,
          swept,
          k,
          columns,
          alpha,
          sums,
        );
      }
    }
  }
  // Before the activation, which may make something finite of it.
  noteRange(c, cRow, rows, n);
  if (activation < 0) return;
  if (cRow == <usize>n * 4) unary(activation, c, c, rows * n);
  else for (let i: i32 = 0; i < rows; i++, c += cRow) unary(activation, c, c, n);
}
