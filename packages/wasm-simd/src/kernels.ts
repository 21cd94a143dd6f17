/**
 * Core's `Kernels` with the matrix product in WebAssembly; everything else is the reference's. Tensors stay on the
 * JavaScript heap: operands are copied into the arena and the result back, which costs a few percent of a product.
 */
import { referenceKernels, type Kernels, type MatmulCall, type MatrixView } from "@selectron/core";
import { Arena } from "./arena.js";

/** What assembly/index.ts exports. */
export interface WasmExports {
  readonly memory: WebAssembly.Memory;
  heapBase(): number;
  matmulWorkspace(k: number, n: number): number;
  matmul(
    a: number,
    aRow: number,
    aColumn: number,
    b: number,
    bRow: number,
    bColumn: number,
    bias: number,
    c: number,
    m: number,
    k: number,
    n: number,
    alpha: number,
    workspace: number,
  ): void;
}

/** Products whose operands exceed this many bytes go to the reference: WebAssembly addresses 4 GiB at most. */
const MAX_BYTES = 2 ** 31;

/**
 * A right matrix with at most this share of elements that are not zero goes to the reference, which skips the zeros; so
 * do the weights of compiled programs. Measured on Node 20: the two meet at about 2 %.
 */
const SPARSE_SHARE = 1 / 64;

/** With fewer rows than this, looking for zeros costs more than it can save. */
const SPARSE_ROWS = 128;

/** Whether b is that sparse. Stops at the first element too many, so a dense matrix costs next to nothing. */
function isMostlyZero(b: MatrixView, k: number, n: number): boolean {
  let allowed = k * n * SPARSE_SHARE;
  for (let p = 0; p < k; p++) {
    for (let j = 0, at = b.offset + p * b.rowStride; j < n; j++, at += b.columnStride) {
      if (b.data[at] !== 0 && --allowed < 0) return false;
    }
  }
  return true;
}

/** Whether the columns of a matrix, rather than its rows, lie adjacent in memory. */
const isTransposed = (x: MatrixView): boolean => x.columnStride !== 1 && x.rowStride === 1;

/** Copies a matrix to floats[start...], dense: by rows, or by columns if that is how it lies in memory. */
function copyIn(x: MatrixView, rows: number, columns: number, floats: Float32Array, start: number): void {
  const [lines, length, lineStride, stride] = isTransposed(x)
    ? [columns, rows, x.columnStride, 1]
    : [rows, columns, x.rowStride, x.columnStride];
  if (stride === 1 && lineStride === length) {
    floats.set(x.data.subarray(x.offset, x.offset + lines * length), start);
    return;
  }
  for (let line = 0; line < lines; line++) {
    const from = x.offset + line * lineStride;
    const to = start + line * length;
    if (stride === 1) floats.set(x.data.subarray(from, from + length), to);
    else for (let i = 0; i < length; i++) floats[to + i] = x.data[from + i * stride]!;
  }
}

/** Kernels on an instance of the module, which they own from now on. */
export function wasmKernels(wasm: WasmExports): Kernels {
  const arena = new Arena(wasm.memory, wasm.heapBase());

  function matmul(call: MatmulCall): void {
    const { a, b, out, m, k, n, alpha = 1, bias } = call;
    const workspaceBytes = wasm.matmulWorkspace(k, n);
    const tooLarge = 4 * (m * k + k * n + m * n) + workspaceBytes > MAX_BYTES;
    if (tooLarge || (m >= SPARSE_ROWS && isMostlyZero(b, k, n))) {
      referenceKernels.matmul(call);
      return;
    }
    const biasLength = Math.ceil(n / 8) * 8;
    arena.reset();
    const aAt = arena.reserve(m * k * 4);
    const bAt = arena.reserve(k * n * 4);
    const biasAt = arena.reserve(biasLength * 4);
    const outAt = arena.reserve(m * n * 4);
    const workspaceAt = arena.reserve(workspaceBytes);
    const floats = arena.floats();
    copyIn(a, m, k, floats, aAt / 4);
    copyIn(b, k, n, floats, bAt / 4);
    floats.fill(0, biasAt / 4, biasAt / 4 + biasLength);
    if (bias) floats.set(bias, biasAt / 4);
    const [aRow, aColumn] = isTransposed(a) ? [4, 4 * m] : [4 * k, 4];
    const [bRow, bColumn] = isTransposed(b) ? [4, 4 * k] : [4 * n, 4];
    wasm.matmul(aAt, aRow, aColumn, bAt, bRow, bColumn, biasAt, outAt, m, k, n, alpha, workspaceAt);
    out.set(floats.subarray(outAt / 4, outAt / 4 + m * n));
  }

  return { ...referenceKernels, name: "wasm-simd", matmul };
}
