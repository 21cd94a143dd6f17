/**
 * How the threads agree, in a block of the shared memory. The owner of the kernels writes a table of calls and then the
 * word NEXT = job · 256 + calls left; whoever lowers that word by one, in a compare-and-swap, has claimed the call at the
 * index that it now says. A swap that succeeds proves that the table was not rewritten while it was read: the next job
 * comes only after every call of this one is done. A thread that wakes too late, or never, finds nothing to claim, and the
 * owner has done its share.
 */

/** The most calls of a job. */
export const MAX_CALLS = 64;
/** The most arguments of a call. */
export const MAX_ARGUMENTS = 40;

/** Indices of 32-bit words; what different threads write stands 64 bytes apart. */
export const NEXT = 0;
export const DONE = 16;
export const KERNEL = 32;
export const COUNT = 33;
export const STOP = 34;
const WORDS = 48;

/** Where the table begins, and how long the block is, in bytes. */
export const TABLE = 4 * WORDS;
export const CONTROL_BYTES = TABLE + 8 * MAX_CALLS * MAX_ARGUMENTS;

/** What one thread's workspace takes: rounded up, so that every one is aligned like the first. */
export const workspaceBytes = (bytes: number): number => Math.ceil(bytes / 64) * 64;

/** The kernels that threads share, in the order of their numbers. Their last argument is the workspace. */
export const sharedKernels = ["matmul", "attention", "attentionBackward"] as const;
export type SharedKernel = (typeof sharedKernels)[number];
