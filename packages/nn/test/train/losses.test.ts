import { tensor, ShapeError, zeros } from "@selectron/core";
import { gradcheck } from "@selectron/core/testing";
import { attentionLoss, binaryCrossEntropy, lossCurve } from "@selectron/nn";
import { describe, expect, it } from "vitest";

describe("binaryCrossEntropy", () => {
  it("is the mean of −log of the probability of the right answer, even for huge logits", () => {
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
  it("counts only rows whose target is not empty", () => {
    const pattern = tensor([[0.5, 0.5], [0.9, 0.1]]); // prettier-ignore
    const target = tensor([[0, 0], [1, 0]]); // prettier-ignore
    expect(attentionLoss(pattern, target).item()).toBeCloseTo(-Math.log(0.9), 5);
    gradcheck((x) => attentionLoss(x.softmax(), target), [tensor([[1, 2], [0.3, -1]])]); // prettier-ignore
  });
});

describe("lossCurve", () => {
  it("draws the loss by decades, the evaluations, and escapes its title", () => {
    const record = { accuracy: 0, learningRate: 1, gradientNorm: 1, tokens: 1 };
    const svg = lossCurve(
      [
        { ...record, step: 1, loss: 10 },
        { ...record, step: 2, loss: 0.1, evaluation: 0.5 },
      ],
      "a < b",
    );
    expect(svg).toContain("<title>a &#60; b</title>");
    // From step 1, in the middle and at the top of two decades, to step 2, at the right and the bottom.
    expect(svg).toContain('<polyline class="loss" points="364.0,40.0 664.0,316.0"/>');
    expect(svg).toContain('<polyline class="accuracy" points="664.0,178.0"/>');
    expect(lossCurve([], "nothing")).toContain("step 1");
  });
});
