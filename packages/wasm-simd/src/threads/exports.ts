/**
 * The exports of the binary with calls cut into parts that threads share. A part computes its rows or columns of the result
 * exactly as the whole call does, wherever the cuts are, so that results do not depend on the number of threads.
 */
import { TILE_QUERIES } from "../abi.js";
import { attentionBackwardValues, attentionValues, type WasmCalls } from "../calls.js";
import { MAX_CALLS, workspaceBytes, type SharedKernel } from "./control.js";
import { threadedMatmul } from "./matmul.js";
import type { Pool } from "./pool.js";
import { ranges } from "./ranges.js";

/** Parts of attention for each thread: the first to finish helps the others. */
const PARTS = 2;

export function threadedExports(wasm: WasmCalls, pool: Pool): WasmCalls {
  const all = (bytes: number): number => workspaceBytes(bytes) * pool.size;
  const run = (kernel: SharedKernel, calls: readonly (readonly number[])[], size: number): void => {
    for (let i = 0; i < calls.length; i += MAX_CALLS) {
      pool.run(kernel, calls.slice(i, i + MAX_CALLS), workspaceBytes(size));
    }
  };

  const attentionHeads: WasmCalls["attentionHeads"] = (calls, { queries, keys, width, valueWidth, blocks }) => {
    // Parts are whole tiles. Tiles end with the blocks of a mask, so heads with blocks are not cut.
    const parts = blocks ? 1 : Math.ceil((2 * PARTS * pool.size) / calls.length);
    const cut = ranges(queries, parts, TILE_QUERIES);
    const values = calls.flatMap((call) => cut.map(([i0, i1]) => attentionValues({ ...call, i0, i1 })));
    run("attention", values, wasm.attentionWorkspace(queries, keys, width, valueWidth));
  };

  const attentionBackwardHeads: WasmCalls["attentionBackwardHeads"] = (calls, pattern) => {
    if (calls.length < 2) {
      wasm.attentionBackwardHeads(calls, pattern);
      return;
    }
    const { queries, keys, width, valueWidth } = pattern;
    const values = calls.map(attentionBackwardValues);
    run("attentionBackward", values, wasm.attentionBackwardWorkspace(queries, keys, width, valueWidth));
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
