/** Our own engine through the tensor API: with operands on the JavaScript heap, as everybody starts, and resident. */
import {
  attention,
  decodeSafetensors,
  encodeSafetensors,
  getKernels,
  setKernels,
  tensor,
  type Kernels,
  type Tensor,
} from "@selectron/core";
import { enableWasm, resident, scope } from "@selectron/wasm-simd";
import { enableRelaxedWasm } from "@selectron/wasm-simd/relaxed";
import type { EncoderTask, Task } from "../tasks.js";
import type { Engine, Prepared } from "./engine.js";
import { allowRelaxedSimd } from "./relaxed-simd.js";

/** The kernels that fuse. */
export async function relaxedKernels(): Promise<Kernels> {
  allowRelaxedSimd();
  await enableRelaxedWasm();
  return getKernels();
}

/** The kernels that everybody gets. */
export async function exactKernels(): Promise<Kernels> {
  await enableWasm();
  return getKernels();
}

function encoder(task: EncoderTask, x: Tensor, weights: ReadonlyMap<string, Tensor>): Tensor {
  const { batch, length, dModel, heads, layers } = task;
  const width = dModel / heads;
  const split = (y: Tensor): Tensor => y.reshape([batch, length, heads, width]).permute([0, 2, 1, 3]);
  let stream = x;
  for (let layer = 0; layer < layers; layer++) {
    const weight = (name: string): Tensor => weights.get(`${layer}.${name}`)!;
    const input = stream.layerNorm();
    const [query, key, value] = ["query", "key", "value"].map((name) => split(input.matmul(weight(name))));
    const mixed = attention(query!, key!, value!).permute([0, 2, 1, 3]).reshape([batch, length, dModel]);
    stream = stream.add(mixed.matmul(weight("output")));
    const hidden = stream.layerNorm().matmul(weight("hidden"), { activation: "relu" });
    stream = stream.add(hidden.matmul(weight("output2")));
  }
  return stream;
}

/** The operands of a task as tensors, in the order in which `compute` takes them. */
function operandsOf(task: Task): Tensor[] {
  switch (task.kind) {
    case "matmul": {
      const { batch, m, k, n, transposeA, transposeB } = task;
      const lead = batch === 1 ? [] : [batch];
      return [
        tensor(task.a, [...lead, ...(transposeA ? [k, m] : [m, k])]),
        tensor(task.b, [...lead, ...(transposeB ? [n, k] : [k, n])]),
      ];
    }
    case "attention":
      return [task.query, task.key, task.value].map((data) => tensor(data, [1, task.heads, task.length, task.width]));
    case "encoder":
      return [
        tensor(task.x, [task.batch, task.length, task.dModel]),
        ...[...task.weights].map(([name, data]) => {
          const columns = name.endsWith(".hidden") ? task.dFf : task.dModel;
          return tensor(data, [data.length / columns, columns]);
        }),
      ];
    default:
      return [tensor(task.x, [task.rows, task.columns])];
  }
}

/** What is timed: the calls of the API and nothing else. Operands are made once, as for the peers. */
function computation(task: Task, operands: readonly Tensor[]): () => Tensor {
  const [x, second, third] = operands as [Tensor, Tensor, Tensor];
  switch (task.kind) {
    case "matmul": {
      const { transposeA, transposeB } = task;
      if (!transposeA && !transposeB) return () => x.matmul(second);
      return () => (transposeA ? x.transpose() : x).matmul(transposeB ? second.transpose() : second);
    }
    case "attention":
      return () => attention(x, second, third, { causal: task.causal });
    case "encoder": {
      const weights = new Map([...task.weights.keys()].map((name, i) => [name, operands[i + 1]!]));
      return () => encoder(task, x, weights);
    }
    case "softmax":
      return () => x.softmax();
    case "layerNorm":
      return () => x.layerNorm();
    case "gelu":
      return () => x.geluExact();
    case "add":
      return () => x.add(x);
  }
}

/** The engine on given kernels, with operands that are the caller's arrays, on the heap. */
export function selectron(kernels: Kernels, name = "selectron"): Engine {
  return outsideScopes(kernels, name, operandsOf);
}

/** The same with operands that the library made, as it reads a model's weights: those of products may move to linear memory. */
export function selectronLoaded(kernels: Kernels, name = "selectron-loaded"): Engine {
  const loaded = (x: Tensor): Tensor => decodeSafetensors(encodeSafetensors({ x })).tensors.get("x")!;
  return outsideScopes(kernels, name, (task) => operandsOf(task).map(loaded));
}

function outsideScopes(kernels: Kernels, name: string, operands: (task: Task) => readonly Tensor[]): Engine {
  return {
    name,
    enter: () => setKernels(kernels),
    prepare: (task): Prepared => {
      const compute = computation(task, operands(task));
      return { run: compute, result: () => compute().data };
    },
  };
}

/** The same with operands and results in linear memory. */
export function selectronResident(kernels: Kernels, name = "selectron-resident"): Engine {
  return {
    name,
    enter: () => setKernels(kernels),
    prepare: (task): Prepared => {
      const { tensors, release } = resident(operandsOf(task), 2 ** 28);
      const compute = computation(task, tensors);
      const run = (): void => void compute();
      return {
        run: () => scope(run),
        result: () => scope(compute).data,
        dispose: release,
      };
    },
  };
}
