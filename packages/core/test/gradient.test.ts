import {
  attention,
  concat,
  cos,
  crossEntropy,
  randn,
  Rng,
  sin,
  stack,
  tensor,
  toeplitzProduct,
  where,
  type Tensor,
} from "@selectron/core";
import { gradcheck } from "@selectron/core/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { broadcastable, shapes } from "./arbitrary/tensor.js";

const seeds = fc.integer();
const runs = { numRuns: 25 };

/** A tensor away from the kinks and poles of the functions tried. */
const smoothly = (shape: readonly number[], seed: number): Tensor => {
  const x = randn(shape, new Rng(seed));
  x.data.forEach((value, i) => (x.data[i] = value + Math.sign(value) * 0.05));
  return x;
};

/** Some order of the axes of a shape, drawn from the seed. */
const someOrder = (shape: readonly number[], seed: number): number[] => new Rng(seed).shuffle(shape.map((_, i) => i));

describe("gradients agree with central differences in float64", () => {
  const maps = ["neg", "exp", "abs", "tanh", "sigmoid", "erf", "relu", "gelu", "geluExact"] as const;
  it.each(maps)("%s", (name) => {
    fc.assert(
      fc.property(shapes(3), seeds, (shape, seed) => {
        gradcheck((x) => x.permute(someOrder(shape, seed))[name](), [smoothly(shape, seed)]);
      }),
      runs,
    );
  });

  it.each([sin, cos])("$name", (f) => {
    fc.assert(
      fc.property(shapes(3), seeds, (shape, seed) => {
        gradcheck((x) => f(x.permute(someOrder(shape, seed))), [smoothly(shape, seed)]);
      }),
      runs,
    );
  });

  it("toeplitzProduct", () => {
    gradcheck((offsets, x) => toeplitzProduct(offsets, x), [smoothly([6], 1), smoothly([4, 2], 2)]);
    gradcheck((offsets, x) => toeplitzProduct(offsets, x), [smoothly([6], 3), smoothly([2, 3], 4)]);
  });

  it.each(["log", "sqrt"] as const)("%s", (name) => {
    fc.assert(
      fc.property(shapes(3), seeds, (shape, seed) => {
        gradcheck((x) => x[name](), [smoothly(shape, seed).abs()]);
      }),
      runs,
    );
  });

  it.each(["add", "sub", "mul", "div", "pow"] as const)("%s under broadcasting", (name) => {
    fc.assert(
      fc.property(broadcastable(), seeds, fc.boolean(), ([a, b], seed, swap) => {
        const [left, right] = [smoothly(a, seed), smoothly(b, seed + 1)].map((x) => x.abs().add(0.5));
        gradcheck((x, y) => (swap ? y[name](x) : x[name](y)), [left!, right!]);
      }),
      runs,
    );
  });

  it("pow at a base of 0 and at an exponent of 0", () => {
    const slopes = (base: number, exponent: number): unknown[] => {
      const [a, b] = [base, exponent].map((x) => tensor([x], [1], { requiresGrad: true }));
      a!.pow(b!).sum().backward();
      return [a!.grad!.item(), b!.grad!.item()];
    };
    // As in PyTorch.
    expect(slopes(0, 0)).toEqual([0, 0]);
    expect(slopes(0, 1)).toEqual([1, 0]);
    expect(slopes(0, 2.5)).toEqual([0, 0]);
    expect(slopes(-2, 0)).toEqual([0, NaN]);
    expect(slopes(0, -1)).toEqual([-Infinity, -Infinity]);
    expect(slopes(2, 0)).toEqual([0, Math.fround(Math.LN2)]);
  });

  it("where and maskedFill", () => {
    fc.assert(
      fc.property(broadcastable(), seeds, ([a, b], seed) => {
        const condition = randn(b, new Rng(seed + 2));
        const chosen = where(condition.relu(), 1, 0);
        gradcheck((x, y) => where(chosen, x, y), [smoothly(a, seed), smoothly(b, seed + 1)]);
        gradcheck((x, y) => where(chosen, y, x), [smoothly(a, seed), smoothly(b, seed + 1)]);
        gradcheck((x) => x.maskedFill(chosen, 3), [smoothly(a, seed)]);
      }),
      runs,
    );
  });

  it("matmul under broadcasting, with and without its epilogue", () => {
    const sizes = fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: 1, max: 4 })));
    const activations = fc.constantFrom(undefined, "relu", "gelu", "geluExact" as const);
    fc.assert(
      fc.property(broadcastable(), sizes, activations, seeds, ([a, b], [m, k, n], activation, seed) => {
        const [left, right] = [smoothly([...a, m!, k!], seed), smoothly([...b, k!, n!], seed + 1)];
        const bias = smoothly([n!], seed + 2);
        gradcheck((x, y) => x.matmul(y), [left, right]);
        gradcheck((x, y, z) => x.matmul(y, { alpha: 0.7, bias: z, activation }), [left, right, bias]);
        gradcheck((x, y) => y.transpose().matmul(x.transpose(), { alpha: -2 }), [left, right]);
      }),
      runs,
    );
  });

  it("movement: reshape, slice, broadcastTo, concat, stack, gather", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }), seeds, (shape, seed) => {
        const rng = new Rng(seed);
        const axis = rng.int(shape.length);
        const [x, y] = [smoothly(shape, seed), smoothly(shape, seed + 1)];
        const turned = (of: Tensor): Tensor => of.permute(someOrder(shape, seed));
        const first = rng.int(shape[axis]!);
        const indices = Array.from({ length: 5 }, () => rng.int(shape[axis]!));
        gradcheck((a) => turned(a).reshape([-1]), [x]);
        gradcheck((a) => a.slice(first, first + 2, axis), [x]);
        gradcheck((a) => a.broadcastTo([2, 3, ...shape]), [x]);
        gradcheck((a, b) => concat([a, b.mul(2), a], axis), [x, y]);
        gradcheck((a, b) => stack([a, b], axis), [x, y]);
        gradcheck((a) => a.gather(indices, axis), [x]);
        gradcheck((a) => a.gather(tensor([indices, indices]), axis), [x]);
      }),
      runs,
    );
  });

  it("sum, mean, max and min over any axes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }),
        seeds,
        fc.boolean(),
        (shape, seed, keep) => {
          const rng = new Rng(seed);
          const axes = shape.map((_, axis) => axis).filter(() => rng.int(2) === 0);
          const x = smoothly(shape, seed);
          for (const name of ["sum", "mean", "max", "min"] as const) {
            gradcheck((a) => a[name](axes, keep), [x]);
            gradcheck((a) => a.permute(someOrder(shape, seed))[name](axes, keep), [x]);
          }
        },
      ),
      runs,
    );
  });

  it("softmax and logSoftmax along any axis, masked entries included", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }), seeds, (shape, seed) => {
        const rng = new Rng(seed);
        const axis = rng.int(shape.length);
        const x = smoothly(shape, seed);
        const hidden = x.data.map(() => (rng.int(3) === 0 ? 1 : 0));
        const mask = tensor(hidden, shape);
        gradcheck((a) => a.softmax(axis), [x]);
        gradcheck((a) => a.maskedFill(mask, -Infinity).softmax(axis), [x]);
        gradcheck((a) => a.logSoftmax(axis), [x]);
      }),
      runs,
    );
  });

  it("layerNorm, with and without gain and bias", () => {
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 8 }), shapes(2, 3), seeds, (columns, outer, seed) => {
        const x = smoothly([...outer, columns], seed);
        const [gain, bias] = [smoothly([columns], seed + 1), smoothly([columns], seed + 2)];
        gradcheck((a, g, b) => a.layerNorm(g, b), [x, gain, bias], { tolerance: 1e-5 });
        gradcheck((a) => a.layerNorm(), [x], { tolerance: 1e-5 });
      }),
      runs,
    );
  });

  it("attention, with every kind of mask", () => {
    const size = fc.integer({ min: 1, max: 4 });
    const sizes = fc.tuple(size, size, size, size);
    const masks = fc.constantFrom("none", "window", "hidden keys", "blocks");
    const everySecond = (keys: number): Tensor => tensor([Array.from({ length: keys }, (_, j) => j % 2)]);
    fc.assert(
      fc.property(sizes, fc.boolean(), masks, seeds, ([queries, keys, width, valueWidth], causal, mask, seed) => {
        const [B, H] = [2, 2];
        const options = {
          causal,
          window: mask === "window" ? 1 : undefined,
          hiddenKeys: mask === "hidden keys" ? everySecond(keys) : undefined,
          blocks: mask === "blocks" ? { size: 4, visible: Uint8Array.of(1) } : undefined,
        };
        const query = smoothly([B, H, queries, width], seed);
        const key = smoothly([B, H, keys, width], seed + 1);
        // Heads side by side in memory, as a linear map gives them.
        const value = smoothly([B, keys, H, valueWidth], seed + 2);
        const bias = smoothly([H, queries, keys], seed + 3);
        const split = (x: Tensor): Tensor => x.permute([0, 2, 1, 3]);
        gradcheck((q, k, v) => split(attention(q, k, split(v), options)), [query, key, value]);
        gradcheck((q, k, v, b) => attention(q, k, split(v), { ...options, bias: b }), [query, key, value, bias]);
      }),
      runs,
    );
  });

  it("crossEntropy, with ignored targets and label smoothing", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), shapes(2, 3), seeds, fc.boolean(), (classes, outer, seed, smooth) => {
        const rng = new Rng(seed);
        const logits = smoothly([...outer, classes], seed);
        const targets = Array.from({ length: logits.size / classes }, () => rng.int(classes + 1) - 1);
        const options = { ignoreIndex: -1, labelSmoothing: smooth ? 0.1 : 0 };
        gradcheck((x) => crossEntropy(x, targets, options), [logits]);
      }),
      runs,
    );
  });

  it("a composition that uses one tensor many times", () => {
    gradcheck(
      (x, w) => {
        const h = x.matmul(w, { activation: "relu" }).add(x);
        return h.layerNorm().mul(h.tanh()).matmul(w.transpose()).softmax().mul(x).sum();
      },
      [smoothly([3, 4], 1), smoothly([4, 4], 2)],
    );
  });
});

describe("gradcheck", () => {
  it("tells where a gradient is wrong", () => {
    // Detached, so that one factor counts as a constant.
    expect(() => gradcheck((x) => x.mul(x.detach()), [tensor([1, 2])])).toThrow(
      /^gradcheck: input 0, element 0: gradient /,
    );
  });
});
