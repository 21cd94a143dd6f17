import { noGrad, ShapeError, tensor, zeros, type Tensor } from "@selectron/core";
import { describe, expect, it } from "vitest";

describe("the tape", () => {
  it("records operations on tensors that require gradients, and nothing else", () => {
    const w = tensor([[1, 2]], undefined, { requiresGrad: true });
    const x = tensor([[3], [4]]);
    const y = w.matmul(x).relu();
    expect(y.requiresGrad).toBe(true);
    expect(y.tape?.operation).toBe("relu");
    const product = y.tape?.inputs[0];
    expect(product?.tape).toMatchObject({ operation: "matmul", inputs: [w, x] });
    expect(w.tape).toBeUndefined();
    expect(x.add(1)).toMatchObject({ requiresGrad: false, tape: undefined });
  });
});

describe("backward", () => {
  const parameter = (): Tensor => tensor([2, 3], [2], { requiresGrad: true });

  it("leaves gradients at the leaves, and adds them up over calls", () => {
    const x = parameter();
    const square = x.mul(x);
    square.sum().backward();
    expect(x.grad?.toArray()).toEqual([4, 6]);
    expect(square.grad).toBeUndefined();
    x.mul(10).sum().backward();
    expect(x.grad?.toArray()).toEqual([14, 16]);
    x.grad = undefined;
    square.backward(tensor([1, 0]));
    expect(x.grad!.toArray()).toEqual([4, 0]);
  });

  it("walks a chain of a hundred thousand ops", () => {
    const x = tensor([1], [1], { requiresGrad: true });
    let y: Tensor = x;
    for (let i = 0; i < 100_000; i++) y = y.add(x);
    y.backward();
    expect(x.grad!.item()).toBe(100_001);
  });

  it("stops at detach and inside noGrad", () => {
    const x = parameter();
    x.mul(x.detach()).sum().backward();
    expect(x.grad!.toArray()).toEqual([2, 3]);
    const silent = noGrad(() => x.mul(x));
    expect(silent.requiresGrad).toBe(false);
    expect(silent.tape).toBeUndefined();
    const failing = (): never => {
      throw new Error("out");
    };
    expect(() => noGrad(failing)).toThrow("out");
    expect(x.mul(x).requiresGrad).toBe(true);
  });

  it("explains what is missing", () => {
    expect(() => tensor([1]).backward()).toThrow(
      "backward: this tensor does not depend on any with requiresGrad, or was computed inside noGrad; " +
        "set requiresGrad on the parameters before computing it.",
    );
    expect(() => parameter().mul(2).backward()).toThrow(
      new ShapeError(
        "backward: shape [2] holds 2 elements, not one; reduce it to a loss first, or pass the gradient of each element.",
      ),
    );
    expect(() =>
      parameter()
        .mul(2)
        .backward(zeros([3])),
    ).toThrow(new ShapeError("backward: a gradient of shape [3] does not fit a tensor of [2]; they must be equal."));
  });

  it("gives the gradient of an extreme to the first of equal elements", () => {
    const x = tensor([[1, 5, 5], [2, 2, 0]], undefined, { requiresGrad: true }); // prettier-ignore
    x.max(1).sum().backward();
    expect(x.grad!.toArray()).toEqual([[0, 1, 0], [1, 0, 0]]); // prettier-ignore
  });
});
