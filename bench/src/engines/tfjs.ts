/** TensorFlow.js, backends wasm (one thread: it refuses more in Node) and cpu. */
import type { AttentionTask, EncoderTask, Task } from "../tasks.js";
import type { Engine, Prepared } from "./engine.js";
import { loadPeer, peerFolder } from "./peers.js";

/** What is used of its API. */
interface TfTensor {
  dataSync(): Float32Array;
  dispose(): void;
}
interface Tf {
  tensor(data: Float32Array, shape: number[]): TfTensor;
  scalar(value: number): TfTensor;
  matMul(a: TfTensor, b: TfTensor, transposeA?: boolean, transposeB?: boolean): TfTensor;
  add(a: TfTensor, b: TfTensor): TfTensor;
  sub(a: TfTensor, b: TfTensor): TfTensor;
  mul(a: TfTensor, b: TfTensor): TfTensor;
  square(a: TfTensor): TfTensor;
  rsqrt(a: TfTensor): TfTensor;
  mean(a: TfTensor, axis: number, keepDims: boolean): TfTensor;
  softmax(a: TfTensor): TfTensor;
  relu(a: TfTensor): TfTensor;
  erf(a: TfTensor): TfTensor;
  reshape(a: TfTensor, shape: number[]): TfTensor;
  transpose(a: TfTensor, order: number[]): TfTensor;
  tidy<T>(body: () => T): T;
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
}

function layerNorm(tf: Tf, x: TfTensor): TfTensor {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const variance = tf.mean(tf.square(centred), -1, true);
  return tf.mul(centred, tf.rsqrt(tf.add(variance, tf.scalar(1e-5))));
}

/** softmax(q kᵀ / √width + mask) v on [..., n, width]. */
function attend(tf: Tf, q: TfTensor, k: TfTensor, v: TfTensor, width: number, mask?: TfTensor): TfTensor {
  const scores = tf.mul(tf.matMul(q, k, false, true), tf.scalar(1 / Math.sqrt(width)));
  return tf.matMul(tf.softmax(mask ? tf.add(scores, mask) : scores), v);
}

const causalMask = ({ length }: AttentionTask): Float32Array =>
  Float32Array.from({ length: length * length }, (_, at) => (at % length > Math.floor(at / length) ? -1e9 : 0));

function encoder(tf: Tf, task: EncoderTask, x: TfTensor, weight: (name: string) => TfTensor): TfTensor {
  const { batch, length, dModel, heads, layers } = task;
  const width = dModel / heads;
  const linear = (y: TfTensor, name: string): TfTensor => tf.matMul(y, weight(name));
  const split = (y: TfTensor): TfTensor => tf.transpose(tf.reshape(y, [batch, length, heads, width]), [0, 2, 1, 3]);
  let stream = tf.reshape(x, [batch * length, dModel]);
  for (let layer = 0; layer < layers; layer++) {
    const input = layerNorm(tf, stream);
    const [q, k, v] = ["query", "key", "value"].map((name) => split(linear(input, `${layer}.${name}`)));
    const mixed = tf.transpose(attend(tf, q!, k!, v!, width), [0, 2, 1, 3]);
    stream = tf.add(stream, linear(tf.reshape(mixed, [batch * length, dModel]), `${layer}.output`));
    const hidden = tf.relu(linear(layerNorm(tf, stream), `${layer}.hidden`));
    stream = tf.add(stream, linear(hidden, `${layer}.output2`));
  }
  return stream;
}

function program(tf: Tf, task: Task): { operands: TfTensor[]; compute: () => TfTensor } {
  switch (task.kind) {
    case "matmul": {
      const { batch, m, k, n, transposeA, transposeB } = task;
      const lead = batch === 1 ? [] : [batch];
      const a = tf.tensor(task.a, [...lead, ...(transposeA ? [k, m] : [m, k])]);
      const b = tf.tensor(task.b, [...lead, ...(transposeB ? [n, k] : [k, n])]);
      return { operands: [a, b], compute: () => tf.matMul(a, b, transposeA, transposeB) };
    }
    case "attention": {
      const { heads, length, width } = task;
      const [q, k, v] = [task.query, task.key, task.value].map((data) => tf.tensor(data, [heads, length, width])) as [
        TfTensor,
        TfTensor,
        TfTensor,
      ];
      const mask = task.causal ? tf.tensor(causalMask(task), [1, length, length]) : undefined;
      return { operands: [q, k, v, ...(mask ? [mask] : [])], compute: () => attend(tf, q, k, v, width, mask) };
    }
    case "encoder": {
      const x = tf.tensor(task.x, [task.batch, task.length, task.dModel]);
      const weights = new Map(
        [...task.weights].map(([name, data]) => {
          const columns = name.endsWith(".hidden") ? task.dFf : task.dModel;
          return [name, tf.tensor(data, [data.length / columns, columns])] as const;
        }),
      );
      return { operands: [x, ...weights.values()], compute: () => encoder(tf, task, x, (name) => weights.get(name)!) };
    }
    default: {
      const x = tf.tensor(task.x, [task.rows, task.columns]);
      const gelu = (): TfTensor =>
        tf.mul(tf.mul(x, tf.scalar(0.5)), tf.add(tf.scalar(1), tf.erf(tf.mul(x, tf.scalar(Math.SQRT1_2)))));
      const steps = { softmax: () => tf.softmax(x), layerNorm: () => layerNorm(tf, x), gelu, add: () => tf.add(x, x) };
      return { operands: [x], compute: steps[task.kind] };
    }
  }
}

/** Loads the backend. */
export async function tfjs(backend: "wasm" | "cpu"): Promise<Engine> {
  const tf = loadPeer("@tensorflow/tfjs-core") as Tf;
  loadPeer("@tensorflow/tfjs-backend-cpu");
  const wasm = loadPeer("@tensorflow/tfjs-backend-wasm") as { setWasmPaths(folder: string): void };
  wasm.setWasmPaths(peerFolder("@tensorflow/tfjs-backend-wasm/dist"));
  await tf.setBackend(backend);
  await tf.ready();
  return {
    name: `tfjs-${backend}`,
    enter: () => tf.setBackend(backend),
    prepare: (task): Prepared => {
      const { operands, compute } = program(tf, task);
      const once = (): TfTensor => tf.tidy(compute);
      return {
        run: () => once().dispose(),
        result: () => {
          const out = once();
          const data = out.dataSync();
          out.dispose();
          return data;
        },
        dispose: () => operands.forEach((operand) => operand.dispose()),
      };
    },
  };
}
