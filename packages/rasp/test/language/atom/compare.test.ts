import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { atomKey, atomsEqual, compareAtoms } from "../../../src/language/atom/compare.js";
import { RaspError } from "../../../src/language/diagnostic.js";
import type { Atom, Comparison } from "../../../src/language/graph/node.js";
import { atoms } from "../../arbitrary/atom.js";

describe("comparisons are Python's", () => {
  it.each<[Atom, Comparison, Atom, boolean]>([
    [1n, "==", 1, true],
    [true, "==", 1n, true],
    [0, "==", -0, true],
    ["1", "==", 1n, false],
    ["1", "!=", 1n, true],
    [2n ** 53n + 1n, "==", 2 ** 53, false],
    [2n ** 53n + 1n, ">", 2 ** 53, true],
    [false, "<", 0.5, true],
    ["10", "<", "9", true],
    ["é", ">", "z", true],
    ["a", "<", "ab", true],
    // By code points; the order by UTF-16 units is the opposite.
    ["😀", ">", "\uffee", true],
    [NaN, "==", NaN, false],
    [NaN, "<=", NaN, false],
  ])("%s %s %s", (a, op, b, expected) => {
    expect(compareAtoms(op, a, b)).toBe(expected);
  });

  it("a string and a number have no order", () => {
    for (const op of ["<", "<=", ">", ">="] as const) expect(() => compareAtoms(op, "a", 1n)).toThrow(RaspError);
  });

  it("only equal atoms share a key", () => {
    fc.assert(
      fc.property(atoms, atoms, (a, b) => {
        expect(atomKey(a) === atomKey(b)).toBe(atomsEqual(a, b));
      }),
    );
  });

  it("strings are ordered as their code points", () => {
    const points = (text: string): number[] => [...text].map((character) => character.codePointAt(0)!);
    const text = fc.string({ unit: "grapheme" });
    fc.assert(
      fc.property(text, text, (a, b) => {
        const [x, y] = [points(a), points(b)];
        const at = x.findIndex((point, i) => point !== y[i]);
        const less = at < 0 ? x.length < y.length : y[at] !== undefined && x[at]! < y[at];
        expect(compareAtoms("<", a, b)).toBe(less);
      }),
    );
  });
});
