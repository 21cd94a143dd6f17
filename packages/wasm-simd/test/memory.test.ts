import { attention, getKernels, randn, referenceKernels, Rng, setKernels, tensor, type Tensor } from "@selectron/core";
import { TransformerEncoder, type EncoderConfig } from "../../nn/src/index.js";
import { enableWasm, enableWasmSync, resident, scope } from "@selectron/wasm-simd";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { compile, inlinedBytes } from "../src/module.js";

beforeEach(() => enableWasmSync());
afterAll(() => setKernels(referenceKernels));

const rng = new Rng(1);
const [a, b] = [randn([40, 50], rng), randn([50, 60], rng)];

/** The result of the reference. */
function plainly<T>(body: () => T): T {
  const kernels = getKernels();
  setKernels(referenceKernels);
  const result = body();
  setKernels(kernels);
  return result;
}

function expectClose(actual: Tensor, expected: Tensor): void {
  expect(actual.shape).toEqual(expected.shape);
  expect(actual.sub(expected).abs().max().item()).toBeLessThan(1e-4);
}

describe("scope", () => {
  const chain = (x: Tensor): Tensor => x.matmul(b).gelu().layerNorm().softmax().add(1);

  it("follows setKernels, as resident does", () => {
    const bytes = (x: Tensor): number => x.data.buffer.byteLength;
    const kernels = getKernels();
    setKernels(referenceKernels);
    const plain = resident([a]);
    expect(bytes(plain.tensors[0]!)).toBe(4 * a.size);
    plain.release();
    setKernels(kernels);
    const { tensors, release } = resident([a]);
    expect(bytes(tensors[0]!)).toBeGreaterThan(4 * a.size);
    release();
  });

  it("gives the same numbers, copied out", () => {
    const result = scope(() => chain(a));
    expectClose(
      result,
      plainly(() => chain(a)),
    );
    const kept = [...result.data];
    scope(() => chain(a.mul(5)));
    expect([...result.data]).toEqual(kept);
  });

  it("copies tensors out of arrays, maps, objects and views", () => {
    const { list, map, view } = scope(() => {
      const x = a.mul(2);
      return { list: [x, 1] as const, map: new Map([["x", x]]), view: x.transpose() };
    });
    scope(() => a.mul(7));
    const twice = plainly(() => a.mul(2));
    expectClose(list[0], twice);
    expectClose(map.get("x")!, twice);
    expectClose(view, twice.transpose());
  });

  it("nests, and frees what the inner one held", () => {
    const result = scope(() => {
      const x = a.mul(3);
      for (let i = 0; i < 100; i++) scope(() => chain(a));
      return x.add(scope(() => a.mul(4)));
    });
    expectClose(
      result,
      plainly(() => a.mul(7)),
    );
  });

  it("is right when nothing fits any more, and makes room for the next time", () => {
    const big = randn([700, 800], new Rng(2));
    const work = (): Tensor => {
      const x = big.mul(2);
      return x.transpose().matmul(x).add(big.transpose().matmul(big));
    };
    const expected = plainly(work);
    for (let i = 0; i < 3; i++) expectClose(scope(work, 2 ** 16).div(1000), expected.div(1000));
  });

  it("refuses to be asynchronous, and recovers", () => {
    expect(() => scope(() => Promise.resolve(1))).toThrow(
      new TypeError("scope: the function must not be asynchronous."),
    );
    expect(scope(() => a.mul(2).sum().item())).toBeCloseTo(2 * a.sum().item(), 3);
  });
});

describe("resident tensors", () => {
  it("are seen and changed in place, and survive calls that need more memory than there is", () => {
    const { tensors, release } = resident([a, b], 2 ** 16);
    const [left, right] = tensors as [Tensor, Tensor];
    const big = randn([900, 900], new Rng(3));
    expect(big.matmul(big).shape).toEqual([900, 900]);
    expectClose(
      left.matmul(right),
      plainly(() => a.matmul(b)),
    );
    left.data.fill(0);
    expect(left.matmul(right).abs().max().item()).toBe(0);
    release();
  });

  it("are given in an array", () => {
    expect(() => resident(a as unknown as Tensor[])).toThrow(
      "resident: tensors is a Tensor; it must be an array of tensors",
    );
  });

  it("Adam updates them where they are", () => {
    const start = [randn([130], rng), tensor(new Float32Array(130)), tensor(new Float32Array(130))];
    const gradient = randn([130], rng).data;
    const rates = { learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, step: 1 };
    const step = ([p, m, v]: readonly Tensor[], kernels = getKernels()): void =>
      kernels.adamStep({ parameter: p!.data, firstMoment: m!.data, secondMoment: v!.data, gradient, ...rates });
    const { tensors, release } = resident(start);
    step(tensors);
    const moved = tensor(Float32Array.from(tensors[0]!.data));
    release();
    step(start, referenceKernels);
    expectClose(moved, start[0]!);
  });

  it.each([
    [1, 301, 200, false],
    [1, 200, 301, false],
    [1, 200, 301, true],
    [1, 3, 9001, false],
    [1, 67, 40_001, false], // wide: pieces beside one another too
    [2, 133, 33_001, false],
    [1, 9001, 3, true],
    [5, 701, 401, false],
    [3, 3001, 129, false],
    [4, 2701, 100, false],
    [12, 769, 401, true],
    [32, 301, 1101, false],
  ])(
    "give %i rows times [%i, %i] the bits that pieces of it on the heap give, transposed %s",
    (m, k, n, isTransposed) => {
      const [x, bias] = [randn([m, k], rng).mul(1 / Math.sqrt(k)), randn([n], rng)];
      const stored = isTransposed ? randn([n, k], rng) : randn([k, n], rng);
      const product = (right: Tensor): Tensor =>
        x.matmul(isTransposed ? right.transpose() : right, { alpha: 0.7, bias, activation: "gelu" });
      const onHeap = product(stored);
      expectClose(
        onHeap,
        plainly(() => product(stored)),
      );
      const { tensors, release } = resident([stored]);
      const inMemory = scope(() => product(tensors[0]!));
      release();
      // The first that differs: vitest takes minutes to show two long lists.
      expect(onHeap.shape).toEqual(inMemory.shape);
      const others = inMemory.data;
      expect(onHeap.data.findIndex((value, i) => !Object.is(value, others[i]))).toBe(-1);
    },
  );
});

describe("operands on the heap that are copied in pieces", () => {
  const shapes = [
    [3, 5000],
    [5000, 3],
    [1, 20_001],
    [20_001, 1],
    [130, 129],
  ] as const;
  it.each(shapes)("give the bits that views of linear memory give: [%i, %i]", (rows, columns) => {
    const draw = new Rng(rows);
    const heap = [randn([rows, columns], draw), randn([rows, columns], draw)] as const;
    const parameters = [randn([columns], draw), randn([columns], draw)] as const;
    const all = ([x, y]: readonly Tensor[], [gain, bias]: readonly Tensor[]): Record<string, Tensor> => ({
      softmax: x!.softmax(),
      logSoftmax: x!.logSoftmax(),
      layerNorm: x!.layerNorm(gain, bias),
      gelu: x!.gelu(),
      product: x!.mul(y!),
      sums: x!.sum(-1),
      largest: x!.max(-1),
    });
    const { tensors, release } = resident([...heap, ...parameters], 2 ** 24);
    const inPlace = scope(() => all(tensors.slice(0, 2), tensors.slice(2)));
    const copied = all(heap, parameters);
    for (const [name, { data }] of Object.entries(copied)) {
      const other = inPlace[name]!.data;
      const at = data.findIndex((value, i) => !Object.is(value, other[i]));
      if (at >= 0) throw new Error(`${name}: element ${at} is ${data[at]}, not ${other[at]}.`);
    }
    expect(Object.keys(inPlace)).toEqual(Object.keys(copied));
    release();
  });
});

describe("memory", () => {
  it("of attention beyond its operands stays under 2 MB at n = 4096", () => {
    const n = 4096;
    const { exports } = new WebAssembly.Instance(compile());
    const workspace = exports["attentionWorkspace"] as (queries: number, keys: number, d: number, dv: number) => number;
    expect(workspace(n, n, 64, 64)).toBeLessThan(2 ** 20);
    const backward = exports["attentionBackwardWorkspace"] as typeof workspace;
    expect(backward(n, n, 64, 64)).toBeLessThan(2 ** 20);
  });

  it("stays flat over 10,000 steps of a Transformer", () => {
    const config: EncoderConfig = {
      vocabularySize: 9,
      maxLength: 8,
      dModel: 16,
      blocks: [{ heads: 2, dHead: 8, dFf: 32 }],
      outputs: 9,
      layerNorm: true,
    };
    const draw = new Rng(4);
    const shapes = [...TransformerEncoder.parameterShapes(config)];
    const encoder = new TransformerEncoder(config, new Map(shapes.map(([name, shape]) => [name, randn(shape, draw)])));
    const tokens = [
      [0, 1, 2, 3, 4, 5, 6, 7],
      [8, 7, 6, 5, 4, 3, 2, 1],
    ];
    const run = (steps: number): number => {
      for (let i = 0; i < steps; i++) encoder.forward(tokens);
      return process.memoryUsage().rss;
    };
    const before = run(3000);
    expect((run(7000) - before) / 2 ** 20).toBeLessThan(64);
  });
});

describe("enableWasm takes", () => {
  it.each([
    ["bytes", () => inlinedBytes()],
    ["a buffer", () => inlinedBytes().buffer],
    ["a module", () => new WebAssembly.Module(inlinedBytes())],
    ["a URL", () => new URL(`data:application/wasm;base64,${Buffer.from(inlinedBytes()).toString("base64")}`)],
  ])("%s", async (_, source) => {
    setKernels(referenceKernels);
    await enableWasm({ source: source() });
    expect(getKernels().name).toBe("wasm-simd");
    expectClose(
      a.matmul(b),
      plainly(() => a.matmul(b)),
    );
  });

  it.each([
    ["bytes that are no module", Uint8Array.of(1, 2, 3), /refuses to compile WebAssembly \(CompileError/],
    ["another module", Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0), /the binary given is not that of @selectron/],
    ["a URL of nothing", "data:text/plain,", /refuses to compile/],
    ["a URL that cannot be fetched", "nowhere:", /the binary at nowhere: cannot be fetched/],
  ])("but says what is wrong with %s", async (_, source, message) => {
    setKernels(referenceKernels);
    await expect(enableWasm({ source })).rejects.toThrow(message);
    expect(getKernels()).toBe(referenceKernels);
  });
});

it("attention of a permuted view equals that of its copy", () => {
  const x = randn([2, 9, 3, 8], rng).permute([0, 2, 1, 3]);
  const dense = tensor(Float32Array.from(x.data), x.shape);
  expectClose(attention(x, x, x, { causal: true }), attention(dense, dense, dense, { causal: true }));
});
