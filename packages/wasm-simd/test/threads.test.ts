import {
  attention,
  getKernels,
  randn,
  referenceKernels,
  Rng,
  setKernels,
  tensor,
  type Kernels,
  type Tensor,
} from "@selectron/core";
import { kernelConformance } from "@selectron/core/testing";
import { enableWasm, resident, scope } from "@selectron/wasm-simd";
import { enableThreads, type ThreadStatus } from "@selectron/wasm-simd/threads";
import { Worker } from "node:worker_threads";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { Arena } from "../src/arena.js";
import { routed } from "../src/threads/routes.js";

/** Every call that can be cut is, however small. */
const threads = async (count: number): Promise<{ status: ThreadStatus; kernels: Kernels }> => {
  const status = await enableThreads({ threads: count, leastWork: 0 });
  return { status, kernels: getKernels() };
};
const two = await threads(2);
const three = await threads(3);
await enableWasm();
const one = getKernels();
setKernels(referenceKernels);
afterEach(() => setKernels(referenceKernels));
afterAll(() => {
  two.status.stop();
  three.status.stop();
});

it("two and three threads are active", () => {
  expect([two.status, three.status].map(({ variant, threads, reason }) => ({ variant, threads, reason }))).toEqual([
    { variant: "simd", threads: 2, reason: undefined },
    { variant: "simd", threads: 3, reason: undefined },
  ]);
});

describe("kernels on two threads conform", () => {
  for (const { name, run } of kernelConformance(two.kernels)) it(name, run);
});

describe("results are the same to the last bit on one, two and three threads:", () => {
  const rng = new Rng(1);
  const bitsOf = ({ data }: Tensor): Uint8Array => new Uint8Array(data.slice().buffer);
  function expectSame(compute: () => Tensor[]): void {
    const [first, ...others] = [one, two.kernels, three.kernels].map((kernels) => {
      setKernels(kernels);
      return compute().map(bitsOf);
    });
    for (const other of others) {
      expect(other.map((bits, i) => Buffer.compare(bits, first![i]!))).toEqual(other.map(() => 0));
    }
  }

  it.each([1, 2, 5, 8, 31, 64, 65, 127, 200])("products of %i rows", (m) => {
    const [a, b] = [randn([m, 77], rng), randn([77, 53], rng)];
    const [left, right, bias] = [randn([77, m], rng), randn([53, 77], rng), randn([53], rng)];
    expectSame(() => [
      a.matmul(b),
      left.transpose().matmul(right.transpose(), { alpha: 0.3, bias, activation: "gelu" }),
    ]);
  });

  it.each([1, 2, 7, 33, 64].flatMap((m) => [53, 64, 1101].map((n) => [m, n] as const)))(
    "%i rows of %i columns, in the memory that threads share",
    (m, n) => {
      const operands = [[m, 301], [301, n], [n, 301], [n]].map((shape) => randn(shape, rng));
      expectSame(() => {
        const { tensors, release } = resident(operands, 2 ** 22);
        const [a, b, right, bias] = tensors as [Tensor, Tensor, Tensor, Tensor];
        const products = scope(() =>
          [
            a.matmul(b),
            a.matmul(b, { alpha: 0.3, bias, activation: "gelu" }),
            a.matmul(right.transpose(), { alpha: 0.3, bias, activation: "gelu" }),
            right.matmul(a.slice(0, 1).transpose()),
          ].map(({ data }) => tensor(data.slice())),
        );
        release();
        return products;
      });
    },
  );

  it.each([
    [66, 1030, 530],
    [129, 300, 1100],
    [200, 700, 17],
  ])("products of %i × %i × %i, whose right matrix is packed in blocks, by all threads", (m, k, n) => {
    const [a, b] = [randn([m, k], rng), randn([k, n], rng)];
    const [left, right, bias] = [randn([k, m], rng), randn([n, k], rng), randn([n], rng)];
    expectSame(() => [
      a.matmul(b),
      left.transpose().matmul(right.transpose(), { alpha: 0.3, bias, activation: "gelu" }),
    ]);
  });

  it.each([
    ["no mask", {}],
    ["a causal mask", { causal: true }],
    ["a causal window", { causal: true, window: 40 }],
  ])("attention with %s", (_, masks) => {
    const [q, k, v] = [0, 0, 0].map(() => randn([2, 3, 201, 24], rng)) as [Tensor, Tensor, Tensor];
    expectSame(() => [attention(q, k, v, masks)]);
  });

  it("gradients of attention", () => {
    const [batch, heads, queries, keys, width] = [1, 3, 70, 130, 16] as const;
    const view = (rows: number) => ({
      data: randn([batch, heads, rows, width], rng).data,
      offset: 0,
      batchStride: heads * rows * width,
      headStride: rows * width,
      rowStride: width,
    });
    const sizes = { batch, heads, queries, keys, width, valueWidth: width };
    const inputs = { ...sizes, scale: 0.25, after: 0, query: view(queries), key: view(keys), value: view(keys) };
    const slope = view(queries);
    expectSame(() => {
      const out = view(queries);
      const logSumExp = new Float32Array(heads * queries);
      const gradients = { queryGradient: view(queries), keyGradient: view(keys), valueGradient: view(keys) };
      getKernels().attention({ ...inputs, out, logSumExp });
      getKernels().attentionBackward({ ...inputs, out, logSumExp, outGradient: slope, ...gradients });
      return [out, ...Object.values(gradients)].map(({ data }) => tensor(data));
    });
  });
});

it("tensors in the shared memory are used where they are", async () => {
  const { status, kernels } = await threads(2);
  const [a, b] = [randn([150, 40], new Rng(2)), randn([40, 30], new Rng(3))];
  setKernels(kernels);
  const { tensors, release } = resident([a, b], 2 ** 20);
  const inside = scope(() => tensors[0]!.matmul(tensors[1]!));
  release();
  setKernels(one);
  expect(inside.toArray()).toEqual(a.matmul(b).toArray());
  status.stop();
});

it("calls too small to be cut give the same on the heap, in a scope, and mixed", async () => {
  const [x, y] = [randn([30, 40], new Rng(6)), randn([40, 20], new Rng(7))];
  const chain = (first: Tensor): number[] => [...first.matmul(y).gelu().layerNorm().softmax().data];
  setKernels(one);
  const expected = chain(x);
  const status = await enableThreads({ threads: 2, leastWork: 30 * 40 * 20 + 1 });
  expect(chain(x)).toEqual(expected);
  expect(scope(() => chain(x))).toEqual(expected);
  const { tensors, release } = resident([x], 2 ** 20);
  expect(chain(tensors[0]!)).toEqual(expected);
  release();
  expect(chain(x)).toEqual(expected);
  status.stop();
});

describe("a product with two threads", () => {
  const named = (name: string): Kernels => ({ ...referenceKernels, matmul: () => void taken.push(name) });
  const taken: string[] = [];
  const arena = new Arena(new WebAssembly.Memory({ initial: 16 }), 0);
  const kernels = routed(named("cut"), named("whole"), named("own"), arena, 2 ** 19);
  const dense = (data: Float32Array, columns: number) => ({ data, offset: 0, rowStride: columns, columnStride: 1 });
  const heap = (length: number): Float32Array => new Float32Array(length);
  const shared = (length: number): Float32Array => arena.allocate(length)!;
  it.each([
    ["of many rows", "cut", 100, 100, 100, heap, heap],
    ["of little work", "own", 20, 20, 20, heap, heap],
    ["of few rows", "own", 15, 200, 400, heap, heap],
    ["of a matrix and a column", "own", 400, 300, 1, heap, heap],
    ["of few rows and a matrix in shared memory", "cut", 15, 200, 400, heap, shared],
    ["of a matrix in shared memory and a column", "cut", 400, 300, 1, shared, heap],
    ["of little work beside views of shared memory", "whole", 20, 20, 20, heap, shared],
  ] as const)("%s goes to the kernels that are %s", (_, name, m, k, n, left, right) => {
    const mark = arena.mark();
    kernels.matmul({ a: dense(left(m * k), k), b: dense(right(k * n), n), out: heap(m * n), m, k, n });
    arena.release(mark);
    expect(taken.pop()).toBe(name);
  });
});

describe("enableThreads", () => {
  const original = process.getBuiltinModule.bind(process);
  const pretend = (worker: unknown): void => {
    process.getBuiltinModule = (() => ({ Worker: worker })) as unknown as typeof process.getBuiltinModule;
  };
  /** Workers that run another program than they are given. */
  function pretendProgram(rewrite: (source: string) => string): void {
    class Rewritten extends Worker {
      constructor(source: string, options: object) {
        super(rewrite(source), options);
      }
    }
    pretend(Rewritten);
  }
  afterEach(() => {
    process.getBuiltinModule = original;
  });
  const [a, b] = [randn([256, 300], new Rng(4)), randn([300, 500], new Rng(5))];
  const expected = (): unknown => {
    setKernels(one);
    return a.matmul(b).toArray();
  };

  it.each([0, -1, 1.5, NaN, 65])("refuses %d threads", async (count) => {
    const message = `enableThreads: threads is ${count}; it must be a whole number from 1 to 64.`;
    await expect(enableThreads({ threads: count })).rejects.toThrow(new RangeError(message));
  });

  it("takes one thread for what it is", async () => {
    expect(await enableThreads({ threads: 1 })).toMatchObject({ variant: "simd", threads: 1, reason: undefined });
  });

  it("goes on with one thread, and says why, when workers are forbidden", async () => {
    pretend(function Forbidden(): never {
      throw new Error("workers are forbidden here");
    });
    const status = await enableThreads({ threads: 2 });
    expect(status).toMatchObject({ variant: "simd", threads: 1, reason: "workers are forbidden here" });
    expect(getKernels().name).toBe("wasm-simd");
  });

  it("goes on with one thread, and says why, when a worker never answers", async () => {
    pretendProgram(() => "setInterval(() => {}, 1000)");
    const status = await enableThreads({ threads: 2, patience: 50 });
    expect(status).toMatchObject({ threads: 1, reason: "a worker did not answer within 50 ms" });
  });

  it("goes on with one thread, and says why, when a worker dies", async () => {
    pretendProgram(() => "throw new Error('no luck')");
    const status = await enableThreads({ threads: 2 });
    expect(status).toMatchObject({ threads: 1, reason: "a worker did not start: Error: no luck" });
  });

  it("finishes without a worker that sleeps for ever", async () => {
    const sleep = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); ";
    pretendProgram((source) => source.replace("let idle", `${sleep}let idle`));
    const status = await enableThreads({ threads: 2, leastWork: 0 });
    expect(status.threads).toBe(2);
    expect(a.matmul(b).toArray()).toEqual(expected());
    status.stop();
  });

  it("makes a call again, and goes on alone, when a worker dies in the midst of it", async () => {
    pretendProgram((source) => source.replace("kernel(...values);", "return;"));
    const status = await enableThreads({ threads: 2, leastWork: 0 });
    let [products, last] = [0, a];
    for (; status.threads > 1 && products < 1000; products++) last = a.matmul(b);
    expect(last.toArray()).toEqual(expected());
    expect(status).toMatchObject({ threads: 1, reason: expect.stringMatching(/^a worker was lost/) as string });
    expect(a.matmul(b).toArray()).toEqual(expected());
  });

  it("stops", async () => {
    const status = await enableThreads({ threads: 2, leastWork: 0 });
    status.stop();
    expect(status).toMatchObject({ threads: 1, reason: "stopped" });
    expect(a.matmul(b).toArray()).toEqual(expected());
  });
});
