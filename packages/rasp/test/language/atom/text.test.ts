import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { atomText, floatText, parseFloat64, parseInt10 } from "../../../src/language/atom/text.js";
import { RaspError } from "../../../src/language/diagnostic.js";

describe("floats are written as Python's repr", () => {
  it.each<[number, string]>([
    [1, "1.0"],
    [-0, "-0.0"],
    [0.1, "0.1"],
    [1e16, "1e+16"],
    [9999999999999998, "9999999999999998.0"],
    [123456789012345680, "1.2345678901234568e+17"],
    [0.0001, "0.0001"],
    [0.00001, "1e-05"],
    [1.5e-7, "1.5e-07"],
    [1e100, "1e+100"],
    [5e-324, "5e-324"],
    [Infinity, "inf"],
    [-Infinity, "-inf"],
    [NaN, "nan"],
  ])("%d", (value, expected) => {
    expect(floatText(value)).toBe(expected);
  });

  it("reads back", () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        expect(parseFloat64(floatText(value))).toBe(value);
      }),
    );
  });

  it("writes the other atoms as Python's str", () => {
    expect([true, 12n, "a"].map(atomText)).toEqual(["True", "12", "a"]);
  });
});

describe("int() and float() accept what Python's do", () => {
  it.each<[string, bigint]>([
    ["007", 7n],
    [" +5\t", 5n],
    ["-1_000", -1000n],
    ["٣٤", 34n],
    ["𝟗𝟖", 98n],
    ["\u30007", 7n],
  ])("int(%j)", (text, expected) => {
    expect(parseInt10(text)).toBe(expected);
  });

  it.each(["", " ", "3.5", "1__0", "_1", "1_", "--5", "0x10", "1 2", "²", "\ufeff7"])("int(%j) fails", (text) => {
    expect(() => parseInt10(text)).toThrow(RaspError);
  });

  it.each<[string, number]>([
    [".5", 0.5],
    ["5.", 5],
    ["1_0.5_1", 10.51],
    ["1e3", 1000],
    ["1E+1_0", 1e10],
    ["-Infinity", -Infinity],
    ["nan", NaN],
    ["1e400", Infinity],
  ])("float(%j)", (text, expected) => {
    expect(parseFloat64(text)).toBe(expected);
  });

  it.each(["", ".", "1e", "e5", "1._5", "infin", "1,5"])("float(%j) fails", (text) => {
    expect(() => parseFloat64(text)).toThrow(RaspError);
  });

  it("truncates floats towards zero", () => {
    expect([1.9, -1.9, 1e20].map(parseInt10)).toEqual([1n, -1n, 10n ** 20n]);
  });
});
