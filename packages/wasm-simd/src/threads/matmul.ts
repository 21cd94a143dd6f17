/**
 * The product that threads share, cut into products of fewer rows or columns. Every part packs for itself what it reads, so that no
 * thread waits for another before the end, and what it packs stays in its own cache.
 */
import type { WasmCalls, WasmExports } from "../exports.js";
import { workspaceBytes, type SharedKernel } from "./control.js";
import { ranges, shares } from "./ranges.js";

/** As in assembly/matmul.ts: the most rows that the right matrix is not packed for. */
const FEW_ROWS = 64;
/** Rows of a tile (assembly/tiles.ts): parts are whole tiles. */
const TILE_ROWS = 4;
/** Numbers of a cache line: columns of a part are whole lines. */
const LINE = 16;

type Call = Parameters<WasmCalls["matmul"]>;
type Calls = readonly (readonly number[])[];

function rowParts(call: Call, threads: number): Calls {
  return shares(call[10], threads, TILE_ROWS).map(([i0, i1]) => [...call.slice(0, 15), i0, i1, call[17]]);
}

/** Each reads its own part of the right matrix and no other. Few rows are bounded by that reading, which wants long rows. */
function columnParts(call: Call, threads: number, activation: number): Calls {
  const [a, aRow, aColumn, b, bRow, bColumn, bias, biasRow, c, cRow, m, k, n, alpha, , , , workspace] = call;
  const cut = m > FEW_ROWS ? shares : ranges;
  // prettier-ignore
  return cut(n, threads, LINE).map(([n0, n1]) => [
    a, aRow, aColumn, b + n0 * bColumn, bRow, bColumn, bias && bias + 4 * n0, biasRow, c + 4 * n0, cRow, m, k, n1 - n0, alpha,
    activation, 0, m, workspace,
  ]);
}

/**
 * @param run - makes calls on whatever threads are free; `size` bytes is one workspace
 * @param threads - how many workspaces there are
 */
export function threadedMatmul(
  wasm: WasmExports,
  run: (kernel: SharedKernel, calls: Calls, size: number) => void,
  threads: () => number,
): Pick<WasmCalls, "matmul" | "matmulWorkspace"> {
  function matmul(...call: Call): void {
    const [, , , , , , , , c, , m, k, n, , activation] = call;
    const size = wasm.matmulWorkspace(m, k, n);
    if (m > Math.max(n, FEW_ROWS)) return run("matmul", rowParts(call, threads()), size);
    // An activation writes four numbers at a time: past a part that does not end with them.
    const inParts = n % 4 === 0;
    run("matmul", columnParts(call, threads(), inParts ? activation : -1), size);
    if (!inParts && activation >= 0) wasm.unary(activation, c, c, m * n);
  }

  return { matmul, matmulWorkspace: (m, k, n) => threads() * workspaceBytes(wasm.matmulWorkspace(m, k, n)) };
}
