import { describe, expect, it } from "vitest";
import { displayDifference, displayMatrix, displaySequence } from "../../../src/language/text/display.js";

describe("displaySequence", () => {
  it.each([
    [[0.0625, 0.1875, 0.3125], "[0.062, 0.188, 0.312] (floats)"],
    [[-0.0625, -0.0004, -0], "[-0.062, -0.0, -0.0] (floats)"],
    [[2.0005, 1e16, 0.5], "[2.001, 1e+16, 0.5] (floats)"],
    [[1n, 2.5], "[1, 2.5] (floats)"],
    [[1n, true], "[1]*2 (ints)"],
    [[true, false], "[T, F] (bools)"],
    [["a"], "[a] (strings)"],
    [["a", 0n], "[a, 0] (of several types)"],
  ])("%s", (values, expected) => {
    expect(displaySequence(values)).toBe(expected);
  });
});

describe("displayDifference", () => {
  it.each([
    [[1.5, 1.5], [1.5, 1.25], "[1.5]*2 (floats)", "[1.5, 1.25] (floats)"],
    [[0.1], [0.10000000000000002], "[0.1]", "[0.10000000000000002]"],
    [[1.5, 1.5], [1.5000000000000002, 1.5000000000000002], "[1.5]*2", "[1.5000000000000002]*2"],
    [[1.0001, 0.25], [1.0002, 0.25], "[1.0001, 0.25]", "[1.0002, 0.25]"],
    [["1"], [1n], '["1"]', "[1]"],
    [["T"], [true], '["T"]', "[True]"],
    [["a"], [0n], "[a] (strings)", "[0] (ints)"],
    [[2n ** 53n + 1n], [2 ** 53], "[9007199254740993] (ints)", "[9007199254740992.0] (floats)"],
  ])("%s and %s", (a, b, first, second) => {
    expect(displayDifference(a, b)).toEqual([first, second]);
  });
});

describe("displayMatrix", () => {
  it("aligns columns under their labels", () => {
    const matrix = [Uint8Array.of(1, 0), Uint8Array.of(1, 1)];
    expect(displayMatrix(["ab", "c"], matrix)).toBe("     ab c\nab |  1  \n c |  1 1");
  });
});
