import { concat, ShapeError, stack, tensor, where, zeros, type Tensor } from "@selectron/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyTensor, broadcastable, shapes } from "./arbitrary/tensor.js";
import { at, positions, project } from "./plain.js";

/** Every element of x equals f at its position, rounded to float32. */
function expectElements(x: Tensor, shape: readonly number[], f: (position: number[]) => number, digits = 5): void {
  expect(x.shape).toEqual(shape);
  const actual = [...x.data];
  const expected = positions(shape).map((position) => Math.fround(f(position)));
  actual.forEach((value, index) => {
    if (Object.is(value, expected[index])) return;
    expect(Math.abs(value - expected[index]!)).toBeLessThanOrEqual(
      10 ** -digits * Math.max(1, Math.abs(expected[index]!)),
    );
  });
}

const oneTensor = shapes().chain(anyTensor);
const twoTensors = broadcastable().chain(([a, b]) => fc.tuple(anyTensor(a), anyTensor(b)));

describe("elementwise", () => {
  it("maps every element, whatever the layout", () => {
    const maps = {
      neg: (x: number) => -x,
      exp: Math.exp,
      abs: Math.abs,
      tanh: Math.tanh,
      sigmoid: (x: number) => 1 / (1 + Math.exp(-x)),
      relu: (x: number) => Math.max(0, x),
      sqrt: Math.sqrt,
      log: Math.log,
    } as const;
    for (const [name, f] of Object.entries(maps)) {
      fc.assert(
        fc.property(oneTensor, (x) => expectElements(x[name as keyof typeof maps](), x.shape, (p) => f(at(x, p)))),
      );
    }
    expect(tensor([-1, 0, 1, 3]).gelu().data).toEqual(Float32Array.of(-0.15880801, 0, 0.841192, 2.9963627));
  });

  it("pairs broadcast by NumPy's rules", () => {
    const pairs = {
      add: (a: number, b: number) => a + b,
      sub: (a: number, b: number) => a - b,
      mul: (a: number, b: number) => a * b,
      div: (a: number, b: number) => a / b,
    } as const;
    for (const [name, f] of Object.entries(pairs)) {
      fc.assert(
        fc.property(twoTensors, ([a, b]) => {
          const result = a[name as keyof typeof pairs](b);
          expectElements(result, a.shape, (p) => f(at(a, p), at(b, project(p, b.shape))));
        }),
      );
    }
    expect(tensor([1, 2, 3]).pow(2).toArray()).toEqual([1, 4, 9]);
    expect(zeros([2, 1]).add(zeros([3])).shape).toEqual([2, 3]);
    expect(() => zeros([2, 3]).add(zeros([2]))).toThrow(
      new ShapeError(
        "add: shapes [2, 3] and [2] do not broadcast: axis -1 has lengths 3 and 2. Lengths must be equal, or one of them 1.",
      ),
    );
  });

  it("where and maskedFill choose by a condition", () => {
    const mask = tensor([1, 0, 1]);
    expect(where(mask, tensor([[1, 2, 3], [4, 5, 6]]), 9).toArray()).toEqual([[1, 9, 3], [4, 9, 6]]); // prettier-ignore
    expect(mask.where(5, 6).toArray()).toEqual([5, 6, 5]);
    expect(
      tensor([[1, 2, 3]])
        .maskedFill(mask, -Infinity)
        .toArray(),
    ).toEqual([[-Infinity, 2, -Infinity]]);
    expect(() => mask.maskedFill(zeros([2, 3]), 0)).toThrow(
      new ShapeError("broadcastTo: [2, 3] cannot shrink to [3]; only axes of length 1 repeat."),
    );
  });
});

describe("movement", () => {
  it("permute moves every element", () => {
    const input = oneTensor.chain((x) => {
      const axes = x.shape.map((_, axis) => axis);
      return fc.tuple(fc.constant(x), fc.shuffledSubarray(axes, { minLength: axes.length }));
    });
    fc.assert(
      fc.property(input, ([x, order]) => {
        const shape = order.map((axis) => x.shape[axis]!);
        expectElements(x.permute(order), shape, (p) =>
          at(
            x,
            x.shape.map((_, axis) => p[order.indexOf(axis)]!),
          ),
        );
      }),
    );
    expect(() => zeros([2, 3]).permute([0, 0])).toThrow(
      new ShapeError("permute: order [0, 0] must name each axis of shape [2, 3] exactly once."),
    );
    expect(() => zeros([2]).transpose()).toThrow(
      new ShapeError("transpose: axis -2 does not exist in 1 dimensions; use -1 to 0."),
    );
  });

  it("reshape keeps the row-major order", () => {
    fc.assert(
      fc.property(oneTensor, (x) => {
        expect(x.reshape([x.size]).data).toEqual(x.data);
        expect(x.reshape([1, ...x.shape, 1]).data).toEqual(x.data);
      }),
    );
    expect(zeros([4, 6]).reshape([3, -1]).shape).toEqual([3, 8]);
    expect(() => zeros([4, 6]).reshape([5, -1])).toThrow(
      new ShapeError(
        "reshape: [4, 6] (24 elements) does not fit [5, -1]; the element counts must be equal, and at most one axis can be -1.",
      ),
    );
  });

  it("slice cuts like Array.slice", () => {
    fc.assert(
      fc.property(
        fc.tuple(fc.integer({ min: -6, max: 6 }), fc.option(fc.integer({ min: -6, max: 6 }), { nil: undefined })),
        anyTensor([5]),
        ([start, end], x) => {
          expect([...x.slice(start, end).data]).toEqual([...x.data].slice(start, end));
        },
      ),
    );
    expect(tensor([[1, 2, 3], [4, 5, 6]]).slice(1, 3, 1).toArray()).toEqual([[2, 3], [5, 6]]); // prettier-ignore
  });

  it("concat, stack and gather", () => {
    fc.assert(
      fc.property(
        shapes(3)
          .filter((s) => s.length > 0)
          .chain((s) => fc.tuple(anyTensor(s), anyTensor(s), fc.nat(s.length - 1))),
        ([a, b, axis]) => {
          const length = a.shape[axis]!;
          const joined = concat([a, b], axis);
          expectElements(joined, a.shape.with(axis, 2 * length), (p) =>
            p[axis]! < length ? at(a, p) : at(b, p.with(axis, p[axis]! - length)),
          );
          expectElements(stack([a, b], axis), a.shape.toSpliced(axis, 0, 2), (p) =>
            at(p[axis] ? b : a, p.toSpliced(axis, 1)),
          );
          if (length === 0) return;
          const chosen = [length - 1, 0, 0];
          expectElements(a.gather(chosen, axis), a.shape.with(axis, 3), (p) => at(a, p.with(axis, chosen[p[axis]!]!)));
        },
      ),
    );
    const table = tensor([[1, 2], [3, 4], [5, 6]]); // prettier-ignore
    expect(table.gather(tensor([[2, 0]])).toArray()).toEqual([[[5, 6], [1, 2]]]); // prettier-ignore
    expect(() => table.gather([3])).toThrow(
      new RangeError("gather: index 3 is outside axis 0 of shape [3, 2]; use 0 to 2."),
    );
    expect(() => concat([zeros([2, 3]), zeros([2, 2])])).toThrow(
      new ShapeError("concat: shapes [2, 3] and [2, 2] differ elsewhere than on axis 0."),
    );
  });
});

describe("matmul", () => {
  const dimension = fc.nat(5);
  const operands = fc
    .tuple(broadcastable(), dimension, dimension, dimension)
    .chain(([[left, right], m, k, n]) => fc.tuple(anyTensor([...left, m, k]), anyTensor([...right, k, n])));

  it("multiplies batches of any layout", () => {
    fc.assert(
      fc.property(operands, fc.boolean(), ([a, b], swap) => {
        const [x, y] = swap ? [b.transpose(), a.transpose()] : [a, b];
        const batch = a.shape.slice(0, -2);
        const [m, k, n] = [x.shape.at(-2)!, x.shape.at(-1)!, y.shape.at(-1)!];
        const bias = tensor(Float32Array.from({ length: n }, (_, j) => j - 1));
        expectElements(x.matmul(y, { alpha: 0.5, bias }), [...batch, m, n], (p) => {
          const [i, j] = [p.at(-2)!, p.at(-1)!];
          const lead = p.slice(0, -2);
          let sum = 0;
          for (let q = 0; q < k; q++) {
            sum +=
              at(x, [...project(lead, x.shape.slice(0, -2)), i, q]) *
              at(y, [...project(lead, y.shape.slice(0, -2)), q, j]);
          }
          return 0.5 * sum + bias.data[j]!;
        });
      }),
    );
  });

  it("explains what does not fit", () => {
    expect(() => zeros([2, 3]).matmul(zeros([4, 5]))).toThrow(
      new ShapeError(
        "matmul: [2, 3] · [4, 5]: the left operand has 3 columns, the right one 4 rows; these must be equal.",
      ),
    );
    expect(() => zeros([3]).matmul(zeros([3, 5]))).toThrow(
      new ShapeError(
        "matmul: [3] · [3, 5]: both operands need two axes or more; reshape a vector to [1, k] or [k, 1].",
      ),
    );
    expect(() => zeros([2, 3]).matmul(zeros([3, 5]), { bias: zeros([2]) })).toThrow(
      new ShapeError("matmul: [2, 3] · [3, 5]: bias must have shape [5], not [2]."),
    );
  });
});

describe("reductions", () => {
  it("agree with loops over the reduced axes", () => {
    const input = oneTensor.chain((x) =>
      fc.tuple(fc.constant(x), fc.subarray(x.shape.map((_, axis) => axis)), fc.boolean()),
    );
    const line = (x: Tensor, axes: readonly number[], kept: readonly number[]): number[] => {
      const rest = [...kept];
      const fixed = x.shape.map((_, axis) => (axes.includes(axis) ? -1 : rest.shift()!));
      return positions(x.shape)
        .filter((p) => p.every((index, axis) => fixed[axis] === -1 || fixed[axis] === index))
        .map((p) => at(x, p));
    };
    fc.assert(
      fc.property(input, ([x, axes, keepDims]) => {
        const shape = x.shape.filter((_, axis) => !axes.includes(axis));
        const kept = x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
        const result = (y: Tensor): Tensor => {
          if (keepDims) expect(y.shape).toEqual(kept);
          return y.reshape(shape);
        };
        const total = (values: number[]): number => values.reduce((a, b) => a + b, 0);
        expectElements(result(x.sum(axes, keepDims)), shape, (p) => total(line(x, axes, p)));
        if (x.size === 0) return;
        expectElements(
          result(x.mean(axes, keepDims)),
          shape,
          (p) => total(line(x, axes, p)) / (x.size / positions(shape).length),
        );
        expectElements(result(x.max(axes, keepDims)), shape, (p) => Math.max(...line(x, axes, p)));
        expectElements(result(x.min(axes, keepDims)), shape, (p) => Math.min(...line(x, axes, p)));
        for (const axis of axes) {
          const others = x.shape.toSpliced(axis, 1);
          expectElements(x.argmax(axis), others, (p) => {
            const values = line(x, [axis], p);
            return values.indexOf(Math.max(...values));
          });
        }
      }),
    );
  });

  it("reduce everything by default, carry NaN, and refuse to choose from nothing", () => {
    expect(tensor([[1, 2], [3, 4]]).sum().item()).toBe(10); // prettier-ignore
    expect(tensor([1, NaN, 3]).max().item()).toBeNaN();
    expect(tensor([1, NaN, 3]).argmax().item()).toBe(1);
    expect(() => zeros([2, 0]).max(1)).toThrow(
      new ShapeError("max: there is nothing to choose from along an empty axis of [2, 0]."),
    );
    expect(zeros([2, 0]).sum(1).toArray()).toEqual([0, 0]);
  });
});

describe("softmax, logSoftmax and layerNorm", () => {
  const withAxis = shapes(3)
    .filter((shape) => shape.length > 0)
    .chain((shape) => fc.tuple(anyTensor(shape), fc.nat(shape.length - 1)));

  it("softmax works along any axis", () => {
    fc.assert(
      fc.property(withAxis, ([x, axis]) => {
        const sum = (p: number[]): number => {
          const line = Array.from({ length: x.shape[axis]! }, (_, index) => at(x, p.with(axis, index)));
          return line.reduce((total, value) => total + Math.exp(value), 0);
        };
        expectElements(x.softmax(axis), x.shape, (p) => Math.exp(at(x, p)) / sum(p));
        expectElements(x.logSoftmax(axis), x.shape, (p) => at(x, p) - Math.log(sum(p)));
      }),
    );
  });

  it("a fully masked line attends to nothing", () => {
    expect(tensor([[-Infinity, -Infinity], [0, -Infinity]]).softmax().toArray()).toEqual([[0, 0], [1, 0]]); // prettier-ignore
  });

  it("layerNorm has mean 0 and variance 1 before gain and bias", () => {
    const x = tensor([[1, 2, 3, 4], [10, 10, 10, 10]]); // prettier-ignore
    const y = x.layerNorm();
    expect(y.sum(1).data[0]).toBeCloseTo(0, 6);
    expect(y.mul(y).mean(1).data[0]).toBeCloseTo(1, 4);
    expect(y.slice(1).toArray()).toEqual([[0, 0, 0, 0]]);
    const shifted = x.layerNorm(tensor([2, 2, 2, 2]), tensor([1, 1, 1, 1]));
    expectElements(shifted, [2, 4], (p) => 2 * at(y, p) + 1);
    expect(() => x.layerNorm(zeros([3]))).toThrow(
      new ShapeError("layerNorm: gain of shape [3] does not fit [2, 4]; it must have shape [4]."),
    );
  });
});
