/** ONNX Runtime: onnxruntime-web on WebAssembly with one thread, and the native onnxruntime-node as a ceiling. */
import type { EncoderTask, Task } from "../tasks.js";
import type { Engine, Prepared } from "./engine.js";
import { onnxModel, type OnnxGraph, type OnnxNode } from "./onnx-model.js";
import { loadPeer } from "./peers.js";

/** What is used of its API. */
interface OrtTensor {
  readonly data: Float32Array;
}
interface OrtSession {
  run(feeds: Record<string, OrtTensor>): Promise<Record<string, OrtTensor>>;
  release(): Promise<void>;
}
interface Ort {
  Tensor: new (type: "float32", data: Float32Array, dims: number[]) => OrtTensor;
  InferenceSession: { create(model: Uint8Array, options: object): Promise<OrtSession> };
  env: { wasm: { numThreads: number; proxy: boolean }; logLevel: string };
}

interface Program {
  readonly graph: OnnxGraph;
  readonly feeds: Readonly<Record<string, Float32Array>>;
}

const attentionNode = (heads: number, causal: boolean, inputs: readonly string[], output: string): OnnxNode => ({
  operation: "MultiHeadAttention",
  domain: "com.microsoft",
  inputs,
  outputs: [output],
  attributes: { num_heads: { int: heads }, ...(causal ? { unidirectional: { int: 1 } } : {}) },
});

/** [heads, length, width] as MultiHeadAttention wants it: [1, length, heads · width]. */
function sideBySide(x: Float32Array, heads: number, length: number, width: number): Float32Array {
  return Float32Array.from({ length: x.length }, (_, at) => {
    const c = at % width;
    const h = Math.floor(at / width) % heads;
    const i = Math.floor(at / (width * heads));
    return x[(h * length + i) * width + c]!;
  });
}

function encoder({ batch, length, dModel, heads, dFf, layers, x, weights }: EncoderTask): Program {
  const nodes: OnnxNode[] = [];
  const step = (
    operation: string,
    inputs: string[],
    output: string,
    attributes: OnnxNode["attributes"] = {},
  ): string => {
    nodes.push({ operation, inputs, outputs: [output], attributes });
    return output;
  };
  const constants: Record<string, { shape: number[]; data: Float32Array }> = {
    ones: { shape: [dModel], data: new Float32Array(dModel).fill(1) },
  };
  weights.forEach((data, name) => {
    const columns = name.endsWith(".hidden") ? dFf : dModel;
    constants[`w.${name}`] = { shape: [data.length / columns, columns], data };
  });
  const norm = { axis: { int: 2 }, epsilon: { float: 1e-5 } };
  let stream = "x";
  for (let layer = 0; layer < layers; layer++) {
    const name = (part: string): string => `${layer}.${part}`;
    const linear = (input: string, part: string): string => step("MatMul", [input, `w.${layer}.${part}`], name(part));
    const input = step("LayerNormalization", [stream, "ones"], name("norm"), norm);
    const [query, key, value] = [linear(input, "query"), linear(input, "key"), linear(input, "value")];
    nodes.push(attentionNode(heads, false, [query, key, value], name("mixed")));
    stream = step("Add", [stream, linear(name("mixed"), "output")], name("attended"));
    const hidden = linear(step("LayerNormalization", [stream, "ones"], name("norm2"), norm), "hidden");
    stream = step("Add", [stream, linear(step("Relu", [hidden], name("relu")), "output2")], name("out"));
  }
  return { graph: { nodes, inputs: { x: [batch, length, dModel] }, output: stream, constants }, feeds: { x } };
}

/**
 * A task as a graph of ONNX and what is fed to it.
 *
 * Long: a case for each kind of task.
 */
function program(task: Task): Program {
  switch (task.kind) {
    case "matmul": {
      const { batch, m, k, n, transposeA, transposeB, a, b } = task;
      const lead = batch === 1 ? [] : [batch];
      const inputs: Record<string, readonly number[]> = {
        a: [...lead, ...(transposeA ? [k, m] : [m, k])],
        b: [...lead, ...(transposeB ? [n, k] : [k, n])],
      };
      const transposed = { transA: { int: Number(transposeA) }, transB: { int: Number(transposeB) } };
      const plain = !transposeA && !transposeB;
      // One row is what a layer sees while it generates: its weight is a constant, which ONNX Runtime packs beforehand.
      const constant = m === 1;
      return {
        graph: {
          nodes: [
            {
              operation: plain ? "MatMul" : "Gemm",
              inputs: ["a", "b"],
              outputs: ["y"],
              attributes: plain ? {} : transposed,
            },
          ],
          inputs: constant ? { a: inputs["a"]! } : inputs,
          constants: constant ? { b: { shape: inputs["b"]!, data: b } } : {},
          output: "y",
        },
        feeds: constant ? { a } : { a, b },
      };
    }
    case "attention": {
      const { heads, length, width, causal } = task;
      const shape = [1, length, heads * width];
      const pack = (x: Float32Array): Float32Array => sideBySide(x, heads, length, width);
      return {
        graph: {
          nodes: [attentionNode(heads, causal, ["q", "k", "v"], "y")],
          inputs: { q: shape, k: shape, v: shape },
          output: "y",
        },
        feeds: { q: pack(task.query), k: pack(task.key), v: pack(task.value) },
      };
    }
    case "encoder":
      return encoder(task);
    default: {
      const { kind, rows, columns, x } = task;
      const ones = { ones: { shape: [columns], data: new Float32Array(columns).fill(1) } };
      const nodes: Record<typeof kind, OnnxNode> = {
        softmax: { operation: "Softmax", inputs: ["x"], outputs: ["y"], attributes: { axis: { int: 1 } } },
        layerNorm: {
          operation: "LayerNormalization",
          inputs: ["x", "ones"],
          outputs: ["y"],
          attributes: { axis: { int: 1 }, epsilon: { float: 1e-5 } },
        },
        gelu: { operation: "Gelu", domain: "com.microsoft", inputs: ["x"], outputs: ["y"] },
        add: { operation: "Add", inputs: ["x", "x"], outputs: ["y"] },
      };
      const constants = kind === "layerNorm" ? ones : {};
      return { graph: { nodes: [nodes[kind]], inputs: { x: [rows, columns] }, output: "y", constants }, feeds: { x } };
    }
  }
}

/** Loads the package; `web` means WebAssembly, `node` the native library. One thread each. */
export function onnxruntime(variant: "web" | "node"): Engine {
  const ort = loadPeer(`onnxruntime-${variant}`) as Ort;
  ort.env.logLevel = "error";
  if (variant === "web") ort.env.wasm.numThreads = 1;
  // onnxruntime-web defines Worker in Node, from which jax-js in the same process concludes that memory is shared.
  const hideWorker = (): unknown => Reflect.deleteProperty(globalThis, "Worker");
  return {
    name: `ort-${variant}`,
    prepare: async (task): Promise<Prepared> => {
      const { graph, feeds } = program(task);
      const options = variant === "web" ? { executionProviders: ["wasm"] } : { intraOpNumThreads: 1 };
      const session = await ort.InferenceSession.create(onnxModel(graph), options);
      hideWorker();
      const tensors = Object.fromEntries(
        Object.entries(feeds).map(([name, data]) => [name, new ort.Tensor("float32", data, [...graph.inputs[name]!])]),
      );
      return {
        run: () => session.run(tensors),
        result: async () => {
          const { data } = (await session.run(tensors))[graph.output]!;
          // [length, heads, width] to [heads, length, width].
          return task.kind === "attention" ? sideBySide(data, task.length, task.heads, task.width) : data;
        },
        dispose: () => void session.release(),
      };
    },
  };
}
