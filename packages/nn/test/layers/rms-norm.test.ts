/** The norm by the root mean square. */
import { full } from "@selectron/core";
import { ParameterStore, rmsNorm, RmsNorm } from "@selectron/nn";
import { describe, expect, it } from "vitest";

describe("the norm", () => {
  it("divides by the root of the mean square, and has a gain", () => {
    const norm = new RmsNorm(new ParameterStore().scope, 2, 7);
    expect(norm.forward(full([1, 2], 3)).toArray()).toEqual([[0.75, 0.75]]);
    expect(rmsNorm(full([1, 2], 3), full([2], 2), 7).toArray()).toEqual([[1.5, 1.5]]);
    expect(() => rmsNorm(full([1, 2], 3), full([3], 2))).toThrow(
      "rmsNorm: gain is [3] and x is [1, 2]; the gain has one axis, as long as x's last.",
    );
  });
});
