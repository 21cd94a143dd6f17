/** Memory of the JavaScript heap that was freed and is used again. */

/**
 * Bytes of the array that is made and dropped. glibc keeps what is freed at the end of its heap, up to twice the largest block that was
 * ever mapped for itself and freed, and counts blocks of at most 32 MiB.
 */
const LARGEST = 31 * 2 ** 20;

let isDone = false;

/**
 * Has glibc, from which V8 takes arrays on Linux, keep up to 62 MiB of freed memory for the next arrays. As it starts, it gives all but
 * 128 KiB back, and a page that the system provides anew takes longer than the softmax of its numbers: with arrays of 1 MiB, softmax is 1.2
 * times as fast, 2.5 times on a busy machine (docs/decisions.md). The array is never written to, so that it takes no memory, and garbage at once.
 */
export function keepFreedMemory(): void {
  const { process } = globalThis as { readonly process?: { readonly platform?: string } };
  if (isDone || process?.platform !== "linux") return;
  isDone = true;
  try {
    new ArrayBuffer(LARGEST);
  } catch {
    // Where there is so little room, freed memory may well go back to the system.
  }
}
