/** The backend in use. An application registers one, once, before it computes anything. */
import { finished } from "./lease.js";
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
 * Runs a function whose results the backend may keep in its own memory, which is faster, until the function ends. Then they are gone,
 * and to use one is an error, except for: tensors in what it returns or throws, whatever holds them; gradients of tensors
 * from outside; what was given to `keep`. `backward` works inside only. Scopes nest.
 *
 * @throws TypeError if the function returns a promise or an iterator, which would go on after the scope
 */
export function scope<T>(body: () => T): T {
  return current.scope ? current.scope(body) : finished(body());
}
