import { crossEntropy, ShapeError, tensor, zeros } from "@selectron/core";
import { describe, expect, it } from "vitest";

describe("crossEntropy", () => {
  it("is the mean over the rows that are not ignored", () => {
    const logits = tensor([[0, 0], [0, Math.log(3)], [9, 1]]); // prettier-ignore
    const loss = crossEntropy(logits, [0, 1, -1], { ignoreIndex: -1 });
    expect(loss.item()).toBeCloseTo((Math.log(2) + Math.log(4 / 3)) / 2, 6);
    expect(crossEntropy(logits, [-1, -1, -1], { ignoreIndex: -1 }).item()).toBe(0);
    const smooth = crossEntropy(logits.slice(1, 2), tensor([1]), { labelSmoothing: 0.2 });
    expect(smooth.item()).toBeCloseTo(-0.9 * Math.log(3 / 4) - 0.1 * Math.log(1 / 4), 6);
  });

  it("refuses targets that do not fit", () => {
    expect(() => crossEntropy(zeros([2, 3]), [0])).toThrow(
      new ShapeError(
        "crossEntropy: 1 targets do not fit logits of shape [2, 3]; pass one class for each row of the last axis.",
      ),
    );
    expect(() => crossEntropy(zeros([1, 3]), [3])).toThrow(
      "crossEntropy: target 3 at row 0 is not a class; use 0 to 2, or pass ignoreIndex.",
    );
    expect(() => crossEntropy(zeros([1, 3]), [-1], { ignoreIndex: -2 })).toThrow(
      "use 0 to 2, or -2 to leave the row out.",
    );
    expect(() => crossEntropy(zeros([1, 3]), [0], { labelSmoothing: 1 })).toThrow(
      "crossEntropy: labelSmoothing is 1; it must be 0 or more and less than 1.",
    );
  });
});
