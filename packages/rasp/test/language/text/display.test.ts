import { describe, expect, it } from "vitest";
import { displayMatrix, displaySequence } from "../../../src/language/text/display.js";

describe("displaySequence", () => {
  it.each([
    [[0.0625, 0.1875, 0.3125], "[0.062, 0.188, 0.312] (floats)"],
    [[-0.0625, -0.0004, -0], "[-0.062, -0.0, -0.0] (floats)"],
    [[2.0005, 1e16, 0.5], "[2.001, 1e+16, 0.5] (floats)"],
    [[1n, 2.5], "[1, 2.5] (floats)"],
    [[1n, true], "[1]*2 (ints)"],
    [[true, false], "[T, F] (bools)"],
    [["a"], "[a] (strings)"],
  ])("%s", (values, expected) => {
    expect(displaySequence(values)).toBe(expected);
  });
});

describe("displayMatrix", () => {
  it("aligns columns under their labels", () => {
    const matrix = [Uint8Array.of(1, 0), Uint8Array.of(1, 1)];
    expect(displayMatrix(["ab", "c"], matrix)).toBe("     ab c\nab |  1  \n c |  1 1");
  });
});
