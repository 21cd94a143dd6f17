/** jax-js on its wasm device, every task as one jitted function. */
import type { EncoderTask, Task } from "../tasks.js";
import type { Engine, Prepared } from "./engine.js";
import { importPeer } from "./peers.js";

/** What is used of its API. Operations consume their arguments; `ref` keeps one for another use. */
interface JaxArray {
  readonly ref: JaxArray;
  dataSync(): Float32Array;
  dispose(): void;
  add(other: JaxArray): JaxArray;
  reshape(shape: number[]): JaxArray;
}
interface Jax {
  init(device: "wasm"): Promise<unknown>;
  defaultDevice(device: "wasm"): void;
  jit(f: (...values: JaxArray[]) => JaxArray): (...values: JaxArray[]) => JaxArray;
  numpy: {
    array(data: Float32Array, options: { shape: number[] }): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
    transpose(a: JaxArray, order: number[]): JaxArray;
    add(a: JaxArray, b: JaxArray): JaxArray;
  };
  nn: {
    softmax(x: JaxArray): JaxArray;
    standardize(x: JaxArray): JaxArray;
    relu(x: JaxArray): JaxArray;
    gelu(x: JaxArray, options: { approximate: boolean }): JaxArray;
    dotProductAttention(q: JaxArray, k: JaxArray, v: JaxArray, options: { isCausal: boolean }): JaxArray;
  };
}

/** Node 20 has no iterator helpers, two of which jax-js's attention calls. */
function patchIterators(): void {
  const prototype = Object.getPrototypeOf(Object.getPrototypeOf([].values())) as object;
  if (Object.hasOwn(prototype, "map")) return;
  type Step = (value: unknown, index: number) => unknown;
  const helpers = {
    map: (values: Iterable<unknown>, f: Step) => [...values].map(f).values(),
    filter: (values: Iterable<unknown>, f: Step) => [...values].filter(f).values(),
  };
  for (const [name, helper] of Object.entries(helpers)) {
    const value = function (this: Iterable<unknown>, f: Step): unknown {
      return helper(this, f);
    };
    Reflect.defineProperty(prototype, name, { value });
  }
}

function encoder({ np, nn }: { np: Jax["numpy"]; nn: Jax["nn"] }, task: EncoderTask, operands: JaxArray[]): JaxArray {
  const { batch, length, dModel, heads, layers } = task;
  const [x, ...rest] = operands as [JaxArray, ...JaxArray[]];
  const weights = new Map([...task.weights.keys()].map((name, i) => [name, rest[i]!]));
  let stream = x;
  for (let layer = 0; layer < layers; layer++) {
    const linear = (y: JaxArray, name: string): JaxArray => np.matmul(y, weights.get(`${layer}.${name}`)!);
    const split = (y: JaxArray): JaxArray => y.reshape([batch, length, heads, dModel / heads]);
    const input = nn.standardize(stream.ref);
    const [q, k, v] = [linear(input.ref, "query"), linear(input.ref, "key"), linear(input, "value")].map(split);
    const mixed = nn.dotProductAttention(q!, k!, v!, { isCausal: false }).reshape([batch, length, dModel]);
    stream = stream.add(linear(mixed, "output"));
    stream = stream.ref.add(linear(nn.relu(linear(nn.standardize(stream), "hidden")), "output2"));
  }
  return stream;
}

function program(jax: Jax, task: Task): { operands: JaxArray[]; compute: (...operands: JaxArray[]) => JaxArray } {
  const { numpy: np, nn } = jax;
  switch (task.kind) {
    case "matmul": {
      const { batch, m, k, n, transposeA, transposeB } = task;
      const lead = batch === 1 ? [] : [batch];
      const swap = (x: JaxArray): JaxArray => np.transpose(x, [1, 0]);
      return {
        operands: [
          np.array(task.a, { shape: [...lead, ...(transposeA ? [k, m] : [m, k])] }),
          np.array(task.b, { shape: [...lead, ...(transposeB ? [n, k] : [k, n])] }),
        ],
        compute: (a, b) => np.matmul(transposeA ? swap(a!) : a!, transposeB ? swap(b!) : b!),
      };
    }
    case "attention": {
      const { heads, length, width, causal } = task;
      const down = (x: JaxArray): JaxArray => np.transpose(x, [1, 0, 2]).reshape([1, length, heads, width]);
      return {
        operands: [task.query, task.key, task.value].map((data) => np.array(data, { shape: [heads, length, width] })),
        compute: (q, k, v) =>
          np.transpose(
            nn.dotProductAttention(down(q!), down(k!), down(v!), { isCausal: causal }).reshape([length, heads, width]),
            [1, 0, 2],
          ),
      };
    }
    case "encoder":
      return {
        operands: [
          np.array(task.x, { shape: [task.batch, task.length, task.dModel] }),
          ...[...task.weights].map(([name, data]) => {
            const columns = name.endsWith(".hidden") ? task.dFf : task.dModel;
            return np.array(data, { shape: [data.length / columns, columns] });
          }),
        ],
        compute: (...operands) => encoder({ np, nn }, task, operands),
      };
    default: {
      const steps: Record<typeof task.kind, (x: JaxArray) => JaxArray> = {
        softmax: (x) => nn.softmax(x),
        layerNorm: (x) => nn.standardize(x),
        gelu: (x) => nn.gelu(x, { approximate: false }),
        add: (x) => np.add(x.ref, x),
      };
      const step = steps[task.kind];
      return { operands: [np.array(task.x, { shape: [task.rows, task.columns] })], compute: (x) => step(x!) };
    }
  }
}

/** The library with its wasm device chosen. */
export async function initJax(): Promise<Jax> {
  patchIterators();
  const jax = (await importPeer("@jax-js/jax/dist/index.js")) as Jax;
  await jax.init("wasm");
  jax.defaultDevice("wasm");
  return jax;
}

export async function jaxJs(): Promise<Engine> {
  const jax = await initJax();
  return {
    name: "jax-js",
    prepare: (task): Prepared => {
      const { operands, compute } = program(jax, task);
      const compiled = jax.jit(compute);
      const result = (): Float32Array => compiled(...operands.map((operand) => operand.ref)).dataSync();
      return { run: result, result, dispose: () => operands.forEach((operand) => operand.dispose()) };
    },
  };
}
