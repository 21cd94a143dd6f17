/**
 * The binary's exports with calls cut into parts that threads share. A part computes rows or columns of the result exactly as
 * the whole does, wherever the cuts fall, so that the number of threads never shows in a result.
 */
import type { WasmCalls } from "../exports.js";
import { MAX_CALLS, workspaceBytes, type SharedKernel } from "./control.js";
import { threadedMatmul } from "./matmul.js";
import type { Pool } from "./pool.js";
import { ranges } from "./ranges.js";

/** Queries of a tile (assembly/attention.ts): parts are whole tiles. */
const TILE_QUERIES = 32;
/** Parts of attention for each thread: the first to finish helps the others. */
const PARTS = 2;

export function threadedExports(wasm: WasmCalls, pool: Pool): WasmCalls {
  const all = (bytes: number): number => workspaceBytes(bytes) * pool.size;
  const run = (kernel: SharedKernel, calls: readonly (readonly number[])[], size: number): void => {
    for (let i = 0; i < calls.length; i += MAX_CALLS)
      pool.run(kernel, calls.slice(i, i + MAX_CALLS), workspaceBytes(size));
  };

  const attentionHeads: WasmCalls["attentionHeads"] = (calls) => {
    const [queries, keys, width, valueWidth] = calls[0]!.slice(14, 18) as [number, number, number, number];
    // Tiles end with the blocks of a mask, so such heads stay whole.
    const parts = calls[0]![11] !== 0 ? 1 : Math.ceil((2 * PARTS * pool.size) / calls.length);
    const cut = calls.flatMap((call) =>
      ranges(queries, parts, TILE_QUERIES).map(([from, to]) => [...call.slice(0, 21), from, to, call[23]!]),
    );
    run("attention", cut, wasm.attentionWorkspace(queries, keys, width, valueWidth));
  };

  const attentionBackwardHeads: WasmCalls["attentionBackwardHeads"] = (calls) => {
    const [queries, keys, width, valueWidth] = calls[0]!.slice(14, 18) as [number, number, number, number];
    if (calls.length < 2) return wasm.attentionBackwardHeads(calls);
    run("attentionBackward", calls, wasm.attentionBackwardWorkspace(queries, keys, width, valueWidth));
  };

  return {
    ...wasm,
    ...threadedMatmul(wasm, run, () => pool.size),
    attentionHeads,
    attentionBackwardHeads,
    attentionWorkspace: (...sizes) => all(wasm.attentionWorkspace(...sizes)),
    attentionBackwardWorkspace: (...sizes) => all(wasm.attentionBackwardWorkspace(...sizes)),
  };
}
