/** The backend in use. An application registers one, once, before it computes anything. */
import type { Kernels } from "./kernels/kernels.js";
import type { Precision } from "./precision.js";
import { lowPrecisionKernels } from "./reference/low-precision.js";
import { referenceKernels } from "./reference/reference.js";

let current: Kernels = referenceKernels;

/** Makes a backend the one that all tensor operations use from now on. */
export function setKernels(kernels: Kernels): void {
  current = kernels;
}

/** The backend in use; `referenceKernels` until `setKernels` is called. */
export function getKernels(): Kernels {
  return current;
}

/** Runs a function with the backend in use, but matrix products that have operands of this precision (`lowPrecisionKernels`). */
export function inPrecision<T>(precision: Precision, body: () => T): T {
  if (precision === "float32") return body();
  const kernels = current;
  current = lowPrecisionKernels(kernels, precision);
  try {
    return body();
  } finally {
    current = kernels;
  }
}

/** Storage for the result of a kernel, from the backend in use; contents undefined. */
export function allocate(length: number): Float32Array {
  return current.allocate ? current.allocate(length) : new Float32Array(length);
}

/**
 * Runs a function. Tensors made inside are invalid once it ends, except those that it returns, also inside arrays, maps
 * and plain objects. Until then the backend may keep them in its own memory, which is faster. Scopes nest.
 */
export function scope<T>(body: () => T): T {
  return current.scope ? current.scope(body) : body();
}
