/** Waiting without work, in the middle of a call. */
const cell = new Int32Array(new SharedArrayBuffer(4));

/** Waits. The thread can be ended meanwhile. */
export const pause = (milliseconds: number): void => void Atomics.wait(cell, 0, 0, milliseconds);
