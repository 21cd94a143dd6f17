/**
 * The product that threads share. Either every part reads the right matrix where it is; or they pack a block of it together,
 * and then multiply rows by it, so that a part may be small: a thread that gets no processor for a while delays nobody.
 */
import type { WasmCalls } from "../exports.js";
import { workspaceBytes, type SharedKernel } from "./control.js";
import type { ThreadExports } from "./exports.js";
import { ranges } from "./ranges.js";

/** As in assembly/matmul.ts: the bits of a result depend on the blocks of k. */
const BLOCK_K = 512;
const BLOCK_N = 512;
/** As there: the most rows that sweep over the right matrix. */
const FEW_ROWS = 64;
/** The most rows of a part. */
const PART_ROWS = 32;
/** Rows and columns of a tile (assembly/tiles.ts): parts are whole tiles. */
const TILE_ROWS = 4;
const TILE_COLUMNS = 8;
/** Numbers of a cache line. */
const LINE = 16;
/** Panels that a thread packs at a time, and numbers of a block that are packed sooner than a thread wakes. */
const PACKED_PANELS = 8;
const LEAST_PACKED = 2 ** 17;

type Call = Parameters<WasmCalls["matmul"]>;
type Calls = readonly (readonly number[])[];

/** Some rows of the product for each thread. */
function rowParts(call: Call, threads: number): Calls {
  return ranges(call[9], threads, TILE_ROWS).map(([i0, i1]) => [...call.slice(0, 14), i0, i1, call[16]]);
}

/** Some columns of the product for each thread, which then reads its own part of the right matrix and no other. */
function columnParts(call: Call, threads: number, activation: number): Calls {
  const [a, aRow, aColumn, b, bRow, bColumn, bias, c, cRow, m, k, n, alpha, , , , workspace] = call;
  // prettier-ignore
  return ranges(n, threads, LINE).map(([n0, n1]) => [
    a, aRow, aColumn, b + n0 * bColumn, bRow, bColumn, bias + 4 * n0, c + 4 * n0, cRow, m, k, n1 - n0, alpha, activation,
    0, m, workspace,
  ]);
}

/**
 * @param run - makes calls on whatever threads are free; `size` bytes is one workspace
 * @param threads - how many workspaces there are
 */
export function threadedMatmul(
  wasm: ThreadExports,
  run: (kernel: SharedKernel, calls: Calls, size: number) => void,
  threads: () => number,
): Pick<WasmCalls, "matmul" | "matmulWorkspace"> {
  const own = (m: number, k: number, n: number): number => workspaceBytes(wasm.matmulWorkspace(m, k, n));

  function multiplyInPlace(call: Call, size: number): void {
    const [, , , , , , , c, , m, , n, , activation] = call;
    if (m > FEW_ROWS) return run("matmul", rowParts(call, threads()), size);
    // An activation writes four numbers at a time: past a part that does not end with them.
    const inParts = n % 4 === 0;
    run("matmul", columnParts(call, threads(), inParts ? activation : -1), size);
    if (!inParts && activation >= 0) wasm.unary(activation, c, c, m * n);
  }

  function matmul(...call: Call): void {
    const [a, aRow, aColumn, b, bRow, bColumn, bias, c, cRow, m, k, n, alpha, activation, , , workspace] = call;
    const size = own(m, k, n);
    if (!wasm.packsRight(m, k, aColumn, bRow, bColumn) || k === 0) return multiplyInPlace(call, size);
    const panels = workspace + threads() * size;
    const rows = ranges(m, Math.ceil(m / PART_ROWS / threads()) * threads(), TILE_ROWS);
    for (let n0 = 0; n0 < n; n0 += BLOCK_N) {
      const columns = Math.min(BLOCK_N, n - n0);
      const width = Math.ceil(columns / TILE_COLUMNS);
      for (let p0 = 0; p0 < k; p0 += BLOCK_K) {
        const steps = Math.min(BLOCK_K, k - p0);
        const block = b + n0 * bColumn + p0 * bRow;
        const [start, startRow] = p0 === 0 ? [bias + 4 * n0, 0] : [c + 4 * n0, cRow];
        const isLast = p0 + steps === k && n0 + columns === n;
        const packs = ranges(width, steps * columns < LEAST_PACKED ? 1 : Math.ceil(width / PACKED_PANELS), 1);
        // prettier-ignore
        run("packBlock", packs.map(([j0, j1]) => [block, bRow, bColumn, steps, columns, panels, j0, j1, workspace]), size);
        // prettier-ignore
        run("multiplyBlock", rows.map(([i0, i1]) => [
          a + p0 * aColumn, aRow, aColumn, panels, start, startRow, c + 4 * n0, cRow, steps, columns, alpha,
          isLast ? activation : -1, n0, i0, i1, workspace,
        ]), size);
      }
    }
  }

  return {
    matmul,
    matmulWorkspace: (m, k, n) => {
      const panels = Math.min(BLOCK_K, k) * Math.ceil(Math.min(BLOCK_N, n) / TILE_COLUMNS) * TILE_COLUMNS * 4;
      return threads() * own(m, k, n) + panels;
    },
  };
}
