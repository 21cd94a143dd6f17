/** The backend in use. An application registers one, once, before it computes anything. */
import { aFunction, anInteger, check, checkSynchronous, misfit } from "./checks.js";
import { checkKernels } from "./kernels/check-kernels.js";
import { finished } from "./lease.js";
import type { Kernels } from "./kernels/kernels.js";
import type { Precision } from "./precision.js";
import { lowPrecisionKernels } from "./reference/low-precision.js";
import { referenceKernels } from "./reference/reference.js";

/** The backend that was registered, if one was. */
let current: Kernels | undefined;

/** The most elements of one tensor: 4 GiB, which is also the most that WebAssembly reaches. */
export const MOST_ELEMENTS = 2 ** 30;

/** Makes a backend the one that all tensor operations use from now on. Throws a TypeError unless it has every kernel. */
export function setKernels(kernels: Kernels): void {
  checkKernels("setKernels", kernels, referenceKernels);
  current = kernels;
}

/** The backend in use; `referenceKernels` until `setKernels` is called. */
export function getKernels(): Kernels {
  return current ?? referenceKernels;
}

/**
 * Some kernels of the backend in use, for operations. They give those of the reference that they call, which are taken until `setKernels`
 * is called: so a program that a bundler makes has no kernels but those of its operations.
 */
export const kernelsOr = <Name extends keyof Kernels>(reference: Pick<Kernels, Name>): Pick<Kernels, Name> =>
  current ?? reference;

/** Runs a function with the backend in use, but matrix products that have operands of this precision (`lowPrecisionKernels`). */
export function inPrecision<T>(precision: Precision, body: () => T): T {
  check("inPrecision: the second argument", body, aFunction());
  const kernels = current;
  current = precision === "float32" ? kernels : lowPrecisionKernels(getKernels(), precision);
  try {
    return checkSynchronous("inPrecision", body());
  } finally {
    current = kernels;
  }
}

/** Storage for the result of a kernel, from the backend in use; contents undefined. Throws a RangeError above 2^30 elements. */
export function allocate(length: number): Float32Array {
  if (typeof length !== "number") throw misfit("allocate: length", length, anInteger(0));
  if (!(length >= 0 && length <= MOST_ELEMENTS)) {
    throw new RangeError(
      `allocate: ${length} elements are not from 0 to 2^30, the most that one tensor holds; compute a large result in parts.`,
    );
  }
  return current?.allocate ? current.allocate(length) : new Float32Array(length);
}

/**
 * Runs a function whose results the backend may keep in its own memory, which is faster, until the function ends. Then they are gone,
 * and to use one is an error, except for: tensors in what it returns or throws, whatever holds them; gradients of tensors
 * from outside; what was given to `keep`. `backward` works inside only. Scopes nest.
 *
 * @throws TypeError if the function returns a promise or an iterator, which would go on after the scope
 */
export function scope<T>(body: () => T): T {
  check("scope: the argument", body, aFunction());
  return current?.scope ? current.scope(body) : finished(body());
}
