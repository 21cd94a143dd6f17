/**
 * The binary's exports with calls cut into parts that threads share. A part computes rows of the result exactly as
 * the whole does, wherever the cuts fall, so that the number of threads never shows in a result.
 */
import type { WasmCalls } from "../exports.js";
import { MAX_CALLS, type SharedKernel } from "./control.js";
import type { Pool } from "./pool.js";

/** Rows of a tile (assembly/tiles.ts): parts are whole tiles. */
const TILE_ROWS = 4;
/** Queries of a tile (assembly/attention.ts): parts are whole tiles. */
const TILE_QUERIES = 32;
/** Parts of attention for each thread: the first to finish helps the others. */
const PARTS = 2;

/** Cuts 0 to length into at most `parts` ranges, at multiples of `step`, none shorter than it. */
export function ranges(length: number, parts: number, step: number): (readonly [number, number])[] {
  const size = Math.max(1, Math.ceil(length / parts / step)) * step;
  const rest = length % size;
  const count = Math.max(1, Math.floor(length / size) + (rest >= step ? 1 : 0));
  return Array.from({ length: count }, (_, i) => [i * size, i + 1 === count ? length : (i + 1) * size] as const);
}

export function threadedExports(wasm: WasmCalls, pool: Pool): WasmCalls {
  /** Rounded up, so that every workspace is aligned like the first. */
  const space = (bytes: number): number => Math.ceil(bytes / 64) * 64;
  const all = (bytes: number): number => space(bytes) * pool.size;
  const run = (kernel: SharedKernel, calls: readonly (readonly number[])[], size: number): void => {
    for (let i = 0; i < calls.length; i += MAX_CALLS) pool.run(kernel, calls.slice(i, i + MAX_CALLS), space(size));
  };

  const matmul: WasmCalls["matmul"] = (...call) => {
    const [m, k, n] = call.slice(8, 11) as [number, number, number];
    // One part for each thread: every part reads the right matrix anew. At 512³, two threads: 1.84 times one, against 1.71.
    const cuts = ranges(m, pool.size, TILE_ROWS);
    if (cuts.length < 2) return wasm.matmul(...call);
    const parts = cuts.map(([from, to]) => [...call.slice(0, 13), from, to, call[15]]);
    run("matmul", parts, wasm.matmulWorkspace(m, k, n));
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
    matmul,
    attentionHeads,
    attentionBackwardHeads,
    matmulWorkspace: (...sizes) => all(wasm.matmulWorkspace(...sizes)),
    attentionWorkspace: (...sizes) => all(wasm.attentionWorkspace(...sizes)),
    attentionBackwardWorkspace: (...sizes) => all(wasm.attentionBackwardWorkspace(...sizes)),
  };
}
