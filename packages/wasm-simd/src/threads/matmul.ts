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
/** The most rows of a part. */
const PART_ROWS = 32;
/** Rows and columns of a tile (assembly/tiles.ts): parts are whole tiles. */
const TILE_ROWS = 4;
const TILE_COLUMNS = 8;
/** Panels that a thread packs at a time, and numbers of a block that are packed sooner than a thread wakes. */
const PACKED_PANELS = 8;
const LEAST_PACKED = 2 ** 17;

type Calls = readonly (readonly number[])[];

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

  function matmul(...call: Parameters<WasmCalls["matmul"]>): void {
    const [a, aRow, aColumn, b, bRow, bColumn, bias, c, m, k, n, alpha, activation, , , workspace] = call;
    const size = own(m, k, n);
    if (!wasm.packsRight(m, k, bRow, bColumn) || k === 0) {
      const parts = ranges(m, threads(), TILE_ROWS);
      if (parts.length < 2) wasm.matmul(...call);
      else run("matmul", parts.map(([i0, i1]) => [...call.slice(0, 13), i0, i1, workspace]), size); // prettier-ignore
      return;
    }
    const panels = workspace + threads() * size;
    const rows = ranges(m, Math.ceil(m / PART_ROWS / threads()) * threads(), TILE_ROWS);
    for (let n0 = 0; n0 < n; n0 += BLOCK_N) {
      const columns = Math.min(BLOCK_N, n - n0);
      const width = Math.ceil(columns / TILE_COLUMNS);
      for (let p0 = 0; p0 < k; p0 += BLOCK_K) {
        const steps = Math.min(BLOCK_K, k - p0);
        const block = b + n0 * bColumn + p0 * bRow;
        const [start, startRow] = p0 === 0 ? [bias + 4 * n0, 0] : [c + 4 * n0, 4 * n];
        const isLast = p0 + steps === k && n0 + columns === n;
        const packs = ranges(width, steps * columns < LEAST_PACKED ? 1 : Math.ceil(width / PACKED_PANELS), 1);
        // prettier-ignore
        run("packBlock", packs.map(([j0, j1]) => [block, bRow, bColumn, steps, columns, panels, j0, j1, workspace]), size);
        // prettier-ignore
        run("multiplyBlock", rows.map(([i0, i1]) => [
          a + p0 * aColumn, aRow, aColumn, panels, start, startRow, c + 4 * n0, 4 * n, steps, columns, alpha,
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
