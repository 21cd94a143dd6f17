/**
 * Operands that products read again and again move to linear memory by themselves. Everything reads as if they had not: beside each such
 * tensor the tests keep a plain array, which the same operations read and write.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  getKernels,
  noGrad,
  randn,
  referenceKernels,
  Rng,
  setKernels,
  storageOf,
  tensor,
  type Tensor,
} from "@selectron/core";
import { enableWasmSync, resident, scope } from "@selectron/wasm-simd";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { breadth } from "../../../../test/long.js";
import { compile } from "../../src/module.js";
import { registerModule } from "../../src/register.js";

beforeEach(() => void enableWasmSync());
afterAll(() => setKernels(referenceKernels));

const [K, N] = [70, 90];
const isAdopted = (x: Tensor): boolean => storageOf(x).buffer.byteLength > 4 * storageOf(x).length;
const rowOf = (k: number): Tensor => randn([1, k], new Rng(7));

/** A matrix that has moved, and what is in it. */
function adopted(seed = 1): { w: Tensor; values: Float32Array } {
  const [w, copy] = [randn([K, N], new Rng(seed)), randn([K, N], new Rng(seed))];
  for (let i = 0; i < 3; i++) rowOf(K).matmul(w);
  expect(isAdopted(w)).toBe(true);
  return { w, values: copy.data };
}

const product = (values: Float32Array): Float32Array => rowOf(K).matmul(tensor(values, [K, N])).data;

describe("an operand of products", () => {
  it("moves the third time, with the same bits as before", () => {
    const w = randn([K, N], new Rng(1));
    const moved: boolean[] = [];
    const results = [1, 2, 3, 4].map(() => {
      const { data } = rowOf(K).matmul(w);
      moved.push(isAdopted(w));
      return data;
    });
    expect(moved).toEqual([false, false, true, true]);
    for (const result of results) expect(result).toEqual(results[0]);
  });

  it("is the left one where the right one is a column", () => {
    const [w, column] = [randn([K, N], new Rng(1)), randn([N, 1], new Rng(2))];
    const results = [1, 2, 3, 4].map(() => w.matmul(column).data);
    expect(isAdopted(w)).toBe(true);
    for (const result of results) expect(result).toEqual(results[0]);
  });

  it("stays where it is if it is the caller's array, was given out, is small, or remembers how it was computed", () => {
    const given = randn([K, N], new Rng(1));
    void given.data;
    const parameter = randn([K, N], new Rng(1));
    parameter.requiresGrad = true;
    const all = [tensor(new Float32Array(K * N), [K, N]), given, randn([K, 8], new Rng(1)), parameter.mul(2)];
    for (const w of all) {
      for (let i = 0; i < 5; i++) rowOf(K).matmul(w);
      expect(isAdopted(w)).toBe(false);
    }
  });

  it("comes back to the heap when its data is asked for, and what is written there counts", () => {
    const { w, values } = adopted();
    const [turned, rows] = [w.transpose(), w.slice(3, 5)];
    const { data } = w;
    expect(data.buffer.byteLength).toBe(4 * K * N);
    expect(data).toEqual(values);
    expect(w.data).toBe(data);
    data[3 * N + 4] = values[3 * N + 4] = 5;
    expect(rowOf(K).matmul(w).data).toEqual(product(values));
    expect(turned.slice(4, 5).data[3]).toBe(5);
    expect(rows.data[4]).toBe(5);
    rows.data[4] = values[3 * N + 4] = 6;
    expect(data[3 * N + 4]).toBe(6);
    for (let i = 0; i < 5; i++) expect(rowOf(K).matmul(w).data).toEqual(product(values));
    expect(isAdopted(w)).toBe(false);
  });

  it("can be cloned and transferred as data, and read in every way", () => {
    const { w, values } = adopted();
    expect(w.toArray()).toEqual(tensor(values, [K, N]).toArray());
    expect(isAdopted(w)).toBe(true);
    const { data } = adopted(2).w;
    expect(structuredClone(data)).toEqual(data);
    const { buffer } = w.data;
    const received = structuredClone(buffer, { transfer: [buffer] });
    expect(new Float32Array(received as ArrayBuffer)).toEqual(values);
  });

  it("is there for gradients, and Adam changes it where it is", () => {
    const { w, values } = adopted();
    w.requiresGrad = true;
    const plain = tensor(values, [K, N], { requiresGrad: true });
    for (const x of [w, plain]) rowOf(K).matmul(x).gelu().sum().backward();
    expect(w.grad!.data).toEqual(plain.grad!.data);
    const rates = { learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, step: 1 };
    for (const x of [w, plain]) {
      const [firstMoment, secondMoment] = [new Float32Array(K * N), new Float32Array(K * N)];
      const call = { parameter: storageOf(x), firstMoment, secondMoment, gradient: x.grad!.data };
      getKernels().adamStep({ ...call, ...rates });
    }
    expect(isAdopted(w)).toBe(true);
    expect(noGrad(() => rowOf(K).matmul(w)).data).toEqual(product(values));
  });

  it("may move inside a scope, outlives it, and may be read by other kernels", () => {
    const w = randn([K, N], new Rng(1));
    const values = randn([K, N], new Rng(1)).data;
    scope(() => {
      for (let i = 0; i < 3; i++) rowOf(K).matmul(w).add(1);
    });
    scope(
      () =>
        void randn([100, 100], new Rng(2))
          .add(1)
          .matmul(randn([100, 100], new Rng(3))),
    );
    expect(rowOf(K).matmul(w).data).toEqual(product(values));
    const { tensors, release } = resident([w]);
    expect(tensors[0]!.data).toEqual(values);
    release();
    setKernels(referenceKernels);
    expect(rowOf(K).matmul(w).data).toEqual(product(values));
  });

  it("stays on the heap where the runtime does not tell what is garbage", () => {
    const registry = globalThis.FinalizationRegistry;
    Reflect.deleteProperty(globalThis, "FinalizationRegistry");
    try {
      registerModule(compile());
    } finally {
      globalThis.FinalizationRegistry = registry;
    }
    const w = randn([K, N], new Rng(1));
    for (let i = 0; i < 5; i++) rowOf(K).matmul(w);
    expect(isAdopted(w)).toBe(false);
  });

  it("stays on the heap where there is no room", () => {
    const first = resident([tensor([1])], 0); // the memory cannot grow while it is there
    const w = randn([1000, 1000], new Rng(1));
    for (let i = 0; i < 5; i++) rowOf(1000).matmul(w);
    expect(isAdopted(w)).toBe(false);
    first.release();
  });
});

/** One random thing that is done to a matrix and to its plain values, which then must agree. */
function step(rng: Rng, w: Tensor, views: Tensor[], values: Float32Array): void {
  const at = rng.int(K * N);
  const actions: (() => void)[] = [
    () => expect(rowOf(K).matmul(w).data).toEqual(product(values)),
    () => expect(rowOf(K).matmul(w).data).toEqual(product(values)),
    () => {
      const turned = rowOf(N).matmul(w.transpose()).data;
      expect(turned).toEqual(rowOf(N).matmul(tensor(values, [K, N]).transpose()).data);
    },
    () => {
      const part = rowOf(K - 3).matmul(w.slice(3)).data;
      expect(part).toEqual(rowOf(K - 3).matmul(tensor(values, [K, N]).slice(3)).data);
    },
    () => {
      const inside = scope(() => rowOf(K).matmul(w).add(0));
      expect(inside.data).toEqual(product(values));
    },
    () => views.push(w.reshape([N, K]), w.slice(0, K), w.detach()),
    () =>
      expect(
        w
          .reshape([-1])
          .slice(at, at + 1)
          .item(),
      ).toBe(values[at]),
    () => {
      if (rng.int(4) > 0) return;
      const holder = rng.int(2) === 0 || views.length === 0 ? w : views[rng.int(views.length)]!;
      holder.data[at] = values[at] = rng.normal();
    },
  ];
  actions[rng.int(actions.length)]!();
  for (const view of views) {
    expect(
      view
        .reshape([-1])
        .slice(at, at + 1)
        .item(),
    ).toBe(values[at]);
  }
}

describe("random sequences", () => {
  it("of products, views and writes agree with plain arrays", () => {
    for (let seed = 0; seed < breadth({ short: 15, long: 250 }); seed++) {
      const rng = new Rng(seed);
      const [w, views] = [randn([K, N], new Rng(seed)), [] as Tensor[]];
      const values = randn([K, N], new Rng(seed)).data;
      for (let i = 0; i < 40; i++) step(rng, w, views, values);
      expect(w.data).toEqual(values);
    }
  });
});

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** What nothing refers to is gone after it, and its finalizers have run. */
async function collected(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) {
    await new Promise((resolve) => setTimeout(resolve));
    collect();
  }
  await new Promise((resolve) => setTimeout(resolve));
}

describe("linear memory", () => {
  it("takes no more than 32 MiB of operands that are no weights in one job, and goes on with copies", () => {
    registerModule(compile());
    const all = Array.from({ length: 20 }, (_, seed) => randn([1000, 1000], new Rng(seed)));
    const x = rowOf(1000);
    const results = [1, 2, 3, 4].map(() => all.map((w) => x.matmul(w).data));
    for (const result of results) expect(result).toEqual(results[0]);
    expect(all.filter(isAdopted).length).toBe(8);
    const weight = randn([1000, 1000], new Rng(1));
    weight.requiresGrad = true;
    for (let i = 0; i < 3; i++) noGrad(() => x.matmul(weight));
    expect(isAdopted(weight)).toBe(true);
  });

  it("is used again once nothing refers to what moved there", async () => {
    registerModule(compile());
    const seen = new Set<number>();
    const use = (seed: number): void => {
      const { w, values } = adopted(seed);
      seen.add(storageOf(w).byteOffset);
      expect(rowOf(K).matmul(w).data).toEqual(product(values));
    };
    for (let seed = 0; seed < breadth({ short: 60, long: 200 }); seed++) {
      use(seed);
      if (seed % 10 < 9) continue;
      await collected();
    }
    expect(seen.size).toBeLessThan(45); // without giving back: as many as there are seeds
  });

  it("is gone with the last tensor in it where other kernels are used by then", async () => {
    const bufferOf = (): WeakRef<ArrayBufferLike> => new WeakRef(storageOf(adopted().w).buffer);
    const buffer = bufferOf();
    registerModule(compile());
    for (let turn = 0; turn < 5; turn++) await collected();
    expect(buffer.deref()).toBeUndefined();
  });
});
