/** The training step in jax-js on its wasm device, loss, gradients and Adam in one jitted function. */
import { initJax } from "../engines/jax.js";
import type { Trainer, TrainingTask } from "./task.js";

/** What is used of its arrays. Operations consume them; `ref` keeps one for another use. */
interface JaxArray {
  readonly ref: JaxArray;
  dataSync(): Float32Array;
  dispose(): void;
  add(other: JaxArray | number): JaxArray;
  sub(other: JaxArray): JaxArray;
  mul(other: JaxArray | number): JaxArray;
  div(other: JaxArray | number): JaxArray;
  sum(): JaxArray;
  reshape(shape: readonly number[]): JaxArray;
}
interface Jax {
  jit<A extends unknown[], R>(f: (...values: A) => R): (...values: A) => R;
  valueAndGrad(
    f: (weights: JaxArray[], tokens: JaxArray, targets: JaxArray) => JaxArray,
  ): (weights: JaxArray[], tokens: JaxArray, targets: JaxArray) => [JaxArray, JaxArray[]];
  numpy: {
    array(data: Float32Array, options: { shape: readonly number[] }): JaxArray;
    zeros(shape: readonly number[]): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
    sqrt(a: JaxArray): JaxArray;
  };
  nn: {
    standardize(x: JaxArray): JaxArray;
    relu(x: JaxArray): JaxArray;
    logSoftmax(x: JaxArray): JaxArray;
    dotProductAttention(q: JaxArray, k: JaxArray, v: JaxArray): JaxArray;
  };
}

function loss(
  jax: Jax,
  task: TrainingTask,
  weights: readonly JaxArray[],
  tokens: JaxArray,
  targets: JaxArray,
): JaxArray {
  const { numpy: np, nn } = jax;
  const { layers, batch, length, dModel, heads } = task;
  const names = [...task.weights.keys()];
  const weight = (name: string): JaxArray => weights[names.indexOf(name)]!;
  const split = (y: JaxArray): JaxArray => y.reshape([batch, length, heads, dModel / heads]);
  let stream = np.matmul(tokens, weight("token")).reshape([batch, length, dModel]).add(weight("position"));
  for (let layer = 0; layer < layers; layer++) {
    const input = nn.standardize(stream.ref);
    const [q, k, v] = [input.ref, input.ref, input].map((x, i) =>
      split(np.matmul(x, weight(`${layer}.${["query", "key", "value"][i]}`))),
    );
    const mixed = nn.dotProductAttention(q!, k!, v!).reshape([batch, length, dModel]);
    stream = stream.add(np.matmul(mixed, weight(`${layer}.output`)));
    const hidden = nn.relu(np.matmul(nn.standardize(stream.ref), weight(`${layer}.hidden`)));
    stream = stream.add(np.matmul(hidden, weight(`${layer}.output2`)));
  }
  const logits = np.matmul(nn.standardize(stream), weight("unembedding")).reshape([batch * length, task.vocabulary]);
  return nn
    .logSoftmax(logits)
    .mul(targets)
    .sum()
    .mul(-1 / (batch * length));
}

/**
 * The training task with jax-js.
 *
 * Long: one jitted update, written out parameter by parameter.
 */
export async function jaxTrainer(task: TrainingTask): Promise<Trainer> {
  const jax = (await initJax()) as unknown as Jax;
  const { numpy: np } = jax;
  const valueAndGrad = jax.valueAndGrad((weights, tokens, targets) => loss(jax, task, weights, tokens, targets));
  const update = jax.jit(
    (
      weights: JaxArray[],
      first: JaxArray[],
      second: JaxArray[],
      rates: JaxArray[],
      tokens: JaxArray,
      targets: JaxArray,
    ) => {
      const [value, gradients] = valueAndGrad(
        weights.map((weight) => weight.ref),
        tokens,
        targets,
      );
      // rate / (1 − beta1^step) and 1 / (1 − beta2^step)
      const [rate, correction] = rates as [JaxArray, JaxArray];
      const m = first.map((moment, i) => moment.mul(0.9).add(gradients[i]!.ref.mul(0.1)));
      const v = second.map((moment, i) => moment.mul(0.999).add(gradients[i]!.ref.mul(gradients[i]!).mul(0.001)));
      const moved = weights.map((weight, i) => {
        const root = np.sqrt(v[i]!.ref.mul(correction.ref)).add(1e-8);
        return weight.sub(m[i]!.ref.mul(rate.ref).div(root));
      });
      rate.dispose();
      correction.dispose();
      return [value, moved, m, v] as [JaxArray, JaxArray[], JaxArray[], JaxArray[]];
    },
  );
  const rows = task.batch * task.length;
  const oneHot = (ids: readonly number[]): JaxArray => {
    const data = new Float32Array(rows * task.vocabulary);
    ids.forEach((id, i) => (data[i * task.vocabulary + id] = 1));
    return np.array(data, { shape: [rows, task.vocabulary] });
  };
  const [tokens, targets] = [oneHot(task.tokens), oneHot(task.targets)];
  const begin = (): { weights: JaxArray[]; first: JaxArray[]; second: JaxArray[]; steps: number } => {
    const zeros = (): JaxArray[] => [...task.weights.values()].map(({ shape }) => np.zeros(shape));
    const weights = [...task.weights.values()].map(({ shape, data }) => np.array(data.slice(), { shape }));
    return { weights, first: zeros(), second: zeros(), steps: 0 };
  };
  let state = begin();
  return {
    name: "jax-js",
    reset: () => {
      [...state.weights, ...state.first, ...state.second].forEach((array) => array.dispose());
      state = begin();
    },
    step: () => {
      const steps = state.steps + 1;
      const scalars = [task.learningRate / (1 - 0.9 ** steps), 1 / (1 - 0.999 ** steps)];
      const rates = scalars.map((value) => np.array(Float32Array.of(value), { shape: [] }));
      const [value, weights, first, second] = update(
        state.weights,
        state.first,
        state.second,
        rates,
        tokens.ref,
        targets.ref,
      );
      state = { weights, first, second, steps };
      return value.dataSync()[0]!;
    },
  };
}
