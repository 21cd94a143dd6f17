/** The training step in our own tensors: on the JavaScript heap, or with weights and moments in linear memory. */
import { attention, crossEntropy, scope, setKernels, tensor, type Kernels, type Tensor } from "@selectron/core";
import { Adam, zeroGrad } from "@selectron/nn";
import { resident } from "@selectron/wasm-simd";
import type { Trainer, TrainingTask } from "./task.js";

function loss(task: TrainingTask, weights: ReadonlyMap<string, Tensor>, ids: Tensor, targets: Tensor): Tensor {
  const { layers, batch, length, dModel, heads } = task;
  const weight = (name: string): Tensor => weights.get(name)!;
  const split = (y: Tensor): Tensor => y.reshape([batch, length, heads, dModel / heads]).permute([0, 2, 1, 3]);
  let stream = weight("token").gather(ids).add(weight("position"));
  for (let layer = 0; layer < layers; layer++) {
    const input = stream.layerNorm();
    const [query, key, value] = ["query", "key", "value"].map((name) =>
      split(input.matmul(weight(`${layer}.${name}`))),
    );
    const mixed = attention(query!, key!, value!).permute([0, 2, 1, 3]).reshape([batch, length, dModel]);
    stream = stream.add(mixed.matmul(weight(`${layer}.output`)));
    const hidden = stream.layerNorm().matmul(weight(`${layer}.hidden`), { activation: "relu" });
    stream = stream.add(hidden.matmul(weight(`${layer}.output2`)));
  }
  return crossEntropy(stream.layerNorm().matmul(weight("unembedding")), targets);
}

/** @param enclose - what every step runs in */
export function selectronTrainer(
  task: TrainingTask,
  kernels: Kernels,
  name: string,
  isResident: boolean,
  enclose: <T>(body: () => T) => T = scope,
): Trainer {
  setKernels(kernels);
  const first = [...task.weights.values()].map(({ shape, data }) => tensor(data.slice(), shape));
  const held = isResident ? resident(first).tensors : first;
  const weights = new Map([...task.weights.keys()].map((key, i) => [key, held[i]!]));
  for (const weight of weights.values()) weight.requiresGrad = true;
  const ids = tensor(Float32Array.from(task.tokens), [task.batch, task.length]);
  const targets = tensor(Float32Array.from(task.targets));
  let optimizer = new Adam(weights);
  let steps = 0;
  return {
    name,
    enter: () => setKernels(kernels),
    reset: () => {
      for (const [key, { data }] of task.weights) weights.get(key)!.data.set(data);
      optimizer = new Adam(weights);
      steps = 0;
    },
    step: () =>
      enclose(() => {
        const result = loss(task, weights, ids, targets);
        result.backward();
        optimizer.step(task.learningRate, ++steps);
        zeroGrad(weights);
        return result.item();
      }),
  };
}
