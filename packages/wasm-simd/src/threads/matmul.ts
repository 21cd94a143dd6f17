/**
 * The product that threads share, cut into products of fewer rows or columns. Each part packs what it reads itself, so that
 * no thread waits for another before the end, and what it packs stays in its own cache.
 */
import { FEW_ROWS, TILE_ROWS } from "../abi.js";
import { byName, matmulValues, type MatmulArguments, type WasmCalls } from "../calls.js";
import { workspaceBytes, type SharedKernel } from "./control.js";
import { ranges, shares } from "./ranges.js";

/** Numbers of a cache line: columns of a part are whole lines. */
const LINE = 16;

type Parts = readonly MatmulArguments[];

/** Parts are whole tiles. */
function rowParts(call: MatmulArguments, threads: number): Parts {
  return shares(call.m, threads, TILE_ROWS).map(([i0, i1]) => ({ ...call, i0, i1 }));
}

/** Each reads its own part of the right matrix. Few rows take as long as that reading, which is fastest for long rows. */
function columnParts(call: MatmulArguments, threads: number): Parts {
  const cut = call.m > FEW_ROWS ? shares : ranges;
  return cut(call.n, threads, LINE).map(([n0, n1]) => ({
    ...call,
    b: call.b + n0 * call.bColumn,
    bias: call.bias && call.bias + 4 * n0,
    c: call.c + 4 * n0,
    n: n1 - n0,
  }));
}

/**
 * @param run - makes calls on the threads that are free; `size` is the bytes of one workspace
 * @param threads - how many workspaces there are
 */
export function threadedMatmul(
  wasm: WasmCalls,
  run: (kernel: SharedKernel, calls: readonly (readonly number[])[], size: number) => void,
  threads: () => number,
): Pick<WasmCalls, "matmul" | "matmulWorkspace"> {
  function matmul(call: MatmulArguments): void {
    const { c, m, k, n, activation } = call;
    const runParts = (parts: Parts): void => {
      run("matmul", parts.map(matmulValues), wasm.matmulWorkspace(m, k, n));
    };
    if (m > Math.max(n, FEW_ROWS)) {
      runParts(rowParts(call, threads()));
      return;
    }
    // An activation writes four numbers at a time, which would be past the end of some parts.
    const inParts = n % 4 === 0;
    runParts(columnParts(inParts ? call : { ...call, activation: -1 }, threads()));
    if (!inParts && activation >= 0) wasm.unary(activation, c, c, m * n);
  }

  return {
    matmul: byName(matmul),
    matmulWorkspace: (m, k, n) => threads() * workspaceBytes(wasm.matmulWorkspace(m, k, n)),
  };
}
