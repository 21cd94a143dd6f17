/** The training step in TensorFlow.js. Tokens are one-hot matrices: the gradient of its gather does not run on wasm. */
import { loadPeer, peerFolder } from "../engines/peers.js";
import type { Trainer, TrainingTask } from "./task.js";

/** What is used of its API. */
interface TfTensor {
  dataSync(): Float32Array;
  dispose(): void;
}
interface TfVariable extends TfTensor {
  assign(value: TfTensor): void;
}
interface Optimizer {
  minimize(f: () => TfTensor, returnCost: true): TfTensor;
}
interface Tf {
  tensor(data: Float32Array, shape: readonly number[]): TfTensor;
  variable(value: TfTensor): TfVariable;
  scalar(value: number): TfTensor;
  matMul(a: TfTensor, b: TfTensor, transposeA?: boolean, transposeB?: boolean): TfTensor;
  add(a: TfTensor, b: TfTensor): TfTensor;
  sub(a: TfTensor, b: TfTensor): TfTensor;
  mul(a: TfTensor, b: TfTensor): TfTensor;
  div(a: TfTensor, b: TfTensor): TfTensor;
  sqrt(a: TfTensor): TfTensor;
  square(a: TfTensor): TfTensor;
  mean(a: TfTensor, axis: number, keepDims: boolean): TfTensor;
  sum(a: TfTensor): TfTensor;
  softmax(a: TfTensor): TfTensor;
  logSoftmax(a: TfTensor): TfTensor;
  relu(a: TfTensor): TfTensor;
  reshape(a: TfTensor, shape: number[]): TfTensor;
  transpose(a: TfTensor, order: number[]): TfTensor;
  tidy<T>(body: () => T): T;
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  readonly train: { adam(rate: number, beta1: number, beta2: number, epsilon: number): Optimizer };
}

const oneHot = (ids: readonly number[], classes: number): Float32Array =>
  Float32Array.from({ length: ids.length * classes }, (_, at) =>
    ids[Math.floor(at / classes)] === at % classes ? 1 : 0,
  );

function loss(
  tf: Tf,
  task: TrainingTask,
  weight: (name: string) => TfTensor,
  tokens: TfTensor,
  targets: TfTensor,
): TfTensor {
  const { layers, batch, length, dModel, heads } = task;
  const width = dModel / heads;
  const norm = (x: TfTensor): TfTensor => {
    const centred = tf.sub(x, tf.mean(x, -1, true));
    return tf.div(centred, tf.sqrt(tf.add(tf.mean(tf.square(centred), -1, true), tf.scalar(1e-5))));
  };
  const split = (y: TfTensor): TfTensor => tf.transpose(tf.reshape(y, [batch, length, heads, width]), [0, 2, 1, 3]);
  const embedded = tf.reshape(tf.matMul(tokens, weight("token")), [batch, length, dModel]);
  let stream = tf.reshape(tf.add(embedded, weight("position")), [batch * length, dModel]);
  for (let layer = 0; layer < layers; layer++) {
    const input = norm(stream);
    const [q, k, v] = ["query", "key", "value"].map((name) => split(tf.matMul(input, weight(`${layer}.${name}`))));
    const scores = tf.mul(tf.matMul(q!, k!, false, true), tf.scalar(1 / Math.sqrt(width)));
    const mixed = tf.transpose(tf.matMul(tf.softmax(scores), v!), [0, 2, 1, 3]);
    stream = tf.add(stream, tf.matMul(tf.reshape(mixed, [batch * length, dModel]), weight(`${layer}.output`)));
    const hidden = tf.relu(tf.matMul(norm(stream), weight(`${layer}.hidden`)));
    stream = tf.add(stream, tf.matMul(hidden, weight(`${layer}.output2`)));
  }
  const logits = tf.matMul(norm(stream), weight("unembedding"));
  return tf.mul(tf.sum(tf.mul(tf.logSoftmax(logits), targets)), tf.scalar(-1 / (batch * length)));
}

export async function tfjsTrainer(task: TrainingTask): Promise<Trainer> {
  const tf = loadPeer("@tensorflow/tfjs-core") as Tf;
  loadPeer("@tensorflow/tfjs-backend-cpu");
  // Brings the gradients, which core leaves out in Node.
  loadPeer("@tensorflow/tfjs-layers");
  const wasm = loadPeer("@tensorflow/tfjs-backend-wasm") as { setWasmPaths(folder: string): void };
  wasm.setWasmPaths(peerFolder("@tensorflow/tfjs-backend-wasm/dist"));
  const enter = (): Promise<boolean> => tf.setBackend("wasm");
  await enter();
  await tf.ready();
  const rows = task.batch * task.length;
  const tokens = tf.tensor(oneHot(task.tokens, task.vocabulary), [rows, task.vocabulary]);
  const targets = tf.tensor(oneHot(task.targets, task.vocabulary), [rows, task.vocabulary]);
  const first = ({ data, shape }: { data: Float32Array; shape: readonly number[] }): TfTensor => tf.tensor(data, shape);
  const weights = new Map([...task.weights].map(([name, value]) => [name, tf.variable(first(value))]));
  const adam = (): Optimizer => tf.train.adam(task.learningRate, 0.9, 0.999, 1e-8);
  let optimizer = adam();
  return {
    name: "tfjs-wasm",
    enter,
    reset: () => {
      for (const [name, value] of task.weights) weights.get(name)!.assign(first(value));
      optimizer = adam();
    },
    step: () => {
      const cost = tf.tidy(() =>
        optimizer.minimize(() => loss(tf, task, (name) => weights.get(name)!, tokens, targets), true),
      );
      const value = cost.dataSync()[0]!;
      cost.dispose();
      return value;
    },
  };
}
