/** What the binaries export whose memory threads share: also the steps of a product. */
export * from "./index";
export { multiplyBlock, packBlock, packsRight } from "./matmul";
