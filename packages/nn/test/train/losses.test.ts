import { tensor, ShapeError, zeros } from "@selectron/core";
import { gradcheck } from "@selectron/core/testing";
import { attentionLoss, binaryCrossEntropy } from "@selectron/nn";
import { describe, expect, it } from "vitest";

describe("binaryCrossEntropy", () => {
  it("is the mean of −log of the probability of the right answer, also for huge logits", () => {
    const logits = tensor([0, 2, -2, 1000, -1000]);
    const targets = tensor([1, 1, 1, 1, 0.5]);
    const expected = [Math.log(2), Math.log1p(Math.exp(-2)), Math.log1p(Math.exp(2)), 0, 500];
    expect(binaryCrossEntropy(logits, targets).item()).toBeCloseTo(expected.reduce((a, b) => a + b) / 5, 4);
    gradcheck((x) => binaryCrossEntropy(x, tensor([1, 0, 0.3])), [tensor([0.5, -1, 2])]);
  });

  it("refuses shapes that differ", () => {
    expect(() => binaryCrossEntropy(zeros([2, 1]), zeros([2]))).toThrow(
      new ShapeError("binaryCrossEntropy: logits [2, 1] and targets [2] must have one shape."),
    );
  });
});

describe("attentionLoss", () => {
  it("counts the rows that ask for something", () => {
    const pattern = tensor([[0.5, 0.5], [0.9, 0.1]]); // prettier-ignore
    const target = tensor([[0, 0], [1, 0]]); // prettier-ignore
    expect(attentionLoss(pattern, target).item()).toBeCloseTo(-Math.log(0.9), 5);
    gradcheck((x) => attentionLoss(x.softmax(), target), [tensor([[1, 2], [0.3, -1]])]); // prettier-ignore
  });
});
