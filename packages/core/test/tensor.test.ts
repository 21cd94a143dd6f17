import { arange, eye, full, ones, randn, Rng, ShapeError, Tensor, tensor, uniform, zeros } from "@selectron/core";
import { describe, expect, it } from "vitest";

describe("constructors", () => {
  it("read nested arrays", () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(x.shape).toEqual([2, 3]);
    expect(x.dtype).toBe("float32");
    expect([...x.data]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(tensor(7).shape).toEqual([]);
    expect(tensor([]).shape).toEqual([0]);
    expect(tensor([1, 2, 3, 4], [2, 2]).toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it("use a Float32Array without copying it", () => {
    const data = Float32Array.of(1, 2);
    expect(tensor(data, [2, 1]).data).toBe(data);
  });

  it("refuse a shape that was changed from outside", () => {
    const x = tensor([[1, 2], [3, 4]]); // prettier-ignore
    (x.shape as number[])[0] = 5;
    const said = "the shape of 4 elements was changed to [5, 2]";
    for (const use of [
      () => x.add(1),
      () => x.matmul(ones([2, 1])),
      () => x.toArray(),
      () => x.sum(),
      () => x.softmax(),
    ]) {
      expect(use).toThrow(said);
    }
  });

  it("refuse views that reach beyond their storage", () => {
    const storage = Float32Array.of(1, 2, 3, 4);
    expect(new Tensor(storage, [2, 2], { strides: [1, 2] }).toArray()).toEqual([[1, 3], [2, 4]]); // prettier-ignore
    expect(new Tensor(storage, [2], { strides: [-2], offset: 3 }).toArray()).toEqual([4, 2]);
    for (const layout of [
      { strides: [2, 2] },
      { strides: [2] },
      { strides: [2, -1] },
      { strides: [0.5, 1] },
      { strides: [2, 1], offset: 1 },
      { offset: 1 },
    ]) {
      expect(() => new Tensor(storage, [2, 2], layout)).toThrow(/^Tensor: strides/);
    }
  });

  it("refuse what is no number, and arrays that hold themselves", () => {
    const self: unknown[] = [];
    self[0] = self;
    expect(() => tensor(self as number[])).toThrow(new ShapeError("tensor: the data is nested more than 64 deep."));
    expect(() => tensor(["a"] as unknown as number[])).toThrow(
      new TypeError(
        'tensor: the data holds the string "a"; it must be numbers, in arrays of any depth or a Float32Array.',
      ),
    );
    expect(tensor([Int32Array.of(1, 2), Float64Array.of(3, 4)] as unknown as number[][]).toArray()).toEqual([[1, 2], [3, 4]]); // prettier-ignore
    expect(() => zeros(3 as unknown as number[])).toThrow(
      new TypeError("zeros: the shape is 3; it must be an array of axis lengths, such as [3]."),
    );
    expect(() => zeros([2 ** 20, 2 ** 20])).toThrow("has 1099511627776 elements; a tensor holds at most 2^30");
    expect(() => zeros([2 ** 20, 1]).add(zeros([1, 2 ** 20]))).toThrow("compute a large result in parts");
  });

  it("refuse ragged data and wrong counts in words", () => {
    expect(() => tensor([[1, 2], [3]])).toThrow(
      new ShapeError("tensor: ragged data: found 1 entries at depth 1, where 2 entries should be."),
    );
    expect(() => tensor([[1, 2], 3])).toThrow(
      new ShapeError("tensor: ragged data: found a number at depth 1, where 2 entries should be."),
    );
    expect(() => tensor([1, 2, 3], [2, 2])).toThrow(
      new ShapeError("Tensor: 3 elements do not fill shape [2, 2], which holds 4."),
    );
    expect(() => zeros([2, -1])).toThrow(new ShapeError("zeros: shape [2, -1] must hold non-negative integers."));
  });

  it("fill", () => {
    expect(zeros([2]).toArray()).toEqual([0, 0]);
    expect(ones([1, 2]).toArray()).toEqual([[1, 1]]);
    expect(full([2], 0.5).toArray()).toEqual([0.5, 0.5]);
    expect(eye(2, 3).toArray()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
    expect(arange(3).toArray()).toEqual([0, 1, 2]);
    expect(arange(5, 0, -2).toArray()).toEqual([5, 3, 1]);
    expect(() => arange(0, 1, 0)).toThrow(ShapeError);
  });

  it("draw random tensors from the stream", () => {
    const rng = new Rng(5);
    expect(randn([3], new Rng(5)).toArray()).toEqual([1, 2, 3].map(() => Math.fround(rng.normal())));
    const drawn = uniform([100], new Rng(5), -2, 3).data;
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(-2);
    expect(Math.max(...drawn)).toBeLessThan(3);
  });
});

describe("data", () => {
  it("is the storage of a dense tensor, a part of it for rows, a copy for a transpose", () => {
    const x = arange(6).reshape([2, 3]);
    expect(x.reshape([3, 2]).data.buffer).toBe(x.storage.buffer);
    x.slice(1).data[0] = 30;
    expect(x.toArray()).toEqual([
      [0, 1, 2],
      [30, 4, 5],
    ]);
    expect([...x.transpose().data]).toEqual([0, 30, 1, 4, 2, 5]);
    expect(x.transpose().data.buffer).not.toBe(x.storage.buffer);
  });

  it("item gives the only element and refuses others", () => {
    expect(tensor([[4]]).item()).toBe(4);
    expect(arange(5).slice(3, 4).item()).toBe(3);
    expect(() => arange(2).item()).toThrow(
      new ShapeError("item: shape [2] holds 2 elements, not one; slice or reduce first."),
    );
  });

  it("toString shows shape and values in float32's digits", () => {
    expect(String(tensor([[0.1, 2], [3, -4.5]]))).toBe("Tensor [2, 2]\n[[0.1, 2],\n [3, -4.5]]"); // prettier-ignore
    expect(String(tensor(2))).toBe("Tensor []\n2");
    expect(String(arange(100))).toBe("Tensor [100]\n[0, 1, 2, 3, ..., 96, 97, 98, 99]");
  });
});
