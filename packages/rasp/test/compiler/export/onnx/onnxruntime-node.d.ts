/** onnxruntime-node 1.16.3 left its declarations out of the package; it exports what onnxruntime-common does. */
declare module "onnxruntime-node" {
  export * from "onnxruntime-common";
}
