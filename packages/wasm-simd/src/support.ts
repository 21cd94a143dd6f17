/** What there is here, and the errors that say what is not. Declarations of this file need no types of a host. */

/** The smallest module with a vector instruction: i8x16.splat, then i8x16.popcnt. */
// prettier-ignore
const PROBE = Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
);

/** Whether this runtime has WebAssembly with 128-bit SIMD. */
export function isSimdSupported(): boolean {
  return typeof WebAssembly === "object" && WebAssembly.validate(PROBE);
}

/** @param caller - the function that a user called */
export const refuse = (caller: string, reason: string, cause?: unknown): Error =>
  new Error(`${caller}: ${reason}; the kernels in use stay in use.`, { cause });

/** Throws an Error with the reason if there is no WebAssembly here. */
export function checkWasm(caller: string): void {
  if (typeof WebAssembly !== "object") throw refuse(caller, "this runtime has no WebAssembly");
}

/** Throws an Error with the reason if there is no WebAssembly here, or none with SIMD. */
export function checkSimd(caller: string): void {
  checkWasm(caller);
  if (isSimdSupported()) return;
  throw refuse(caller, "this runtime's WebAssembly has no SIMD; use Node 16.4, Chrome 91 or Safari 16.4");
}
