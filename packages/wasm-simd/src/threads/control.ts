/**
 * How the threads agree, in a block of the shared memory. The owner of the kernels writes a table of calls and then the
 * word NEXT = job · 256 + calls left. A thread that lowers this word by one, in a compare-and-swap, has claimed the call at
 * the index that the word now has. A swap that succeeds proves that the table was not rewritten while it was read: the next
 * job begins only when every call of this one is done. A thread that wakes too late, or never, finds nothing to claim; the
 * owner has then done its share.
 */

/** The most calls of a job. */
export const MAX_CALLS = 64;
/** The most arguments of a call. */
export const MAX_ARGUMENTS = 40;

/** Indices of 32-bit words; what different threads write is 64 bytes apart. */
export const NEXT = 0;
export const DONE = 16;
export const KERNEL = 32;
export const COUNT = 33;
export const STOP = 34;
const WORDS = 48;

/** Where the table begins, and how long the block is, in bytes. */
export const TABLE = 4 * WORDS;
export const CONTROL_BYTES = TABLE + 8 * MAX_CALLS * MAX_ARGUMENTS;

/** Bytes of one thread's workspace: rounded up, so that each is aligned like the first. */
export const workspaceBytes = (bytes: number): number => Math.ceil(bytes / 64) * 64;

/** The kernels that threads share, in the order of their numbers. Their last argument is the workspace. */
export const sharedKernels = ["matmul", "attention", "attentionBackward"] as const;
export type SharedKernel = (typeof sharedKernels)[number];
