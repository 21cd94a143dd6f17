/** What the binary exports. */
export { matmul, matmulWorkspace } from "./matmul";

/** The first byte of linear memory that is free for operands: everything below belongs to the compiler. */
export function heapBase(): usize {
  return __heap_base;
}
