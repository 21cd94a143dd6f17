/** Interchange accuracy against programs and models that are plain functions of two bits. */
import { Rng } from "@selectron/core";
import { describe, expect, it } from "vitest";
import {
  followed,
  interchange,
  type Comparison,
  type Half,
  type Place,
} from "../../../src/decompiler/interchange/measure.js";

interface Bits {
  readonly a: number;
  readonly b: number;
}

type Answer = (bits: Bits) => number;

/** A program of the variables a and b, and a model whose site X carries a and whose site Y carries b. */
function compared(program: Answer, model: Answer): Comparison {
  const rng = new Rng(3);
  const draw = (): Bits[] => Array.from({ length: 40 }, () => ({ a: rng.int(2), b: rng.int(2) }));
  const bases: Record<Half, Bits[]> = { search: draw(), report: draw() };
  const sources: Record<Half, Bits[]> = { search: draw(), report: draw() };
  const run = (half: Half, answer: Answer, taken: readonly string[]): string[][] =>
    bases[half].map((base, p) => {
      const source = sources[half][p]!;
      const bits = { a: (taken.includes("a") ? source : base).a, b: (taken.includes("b") ? source : base).b };
      return [String(answer(bits))];
    });
  const carried: Readonly<Record<string, string>> = { X: "a", Y: "b" };
  const places: Place[] = [
    { sites: ["X"], cost: 1 },
    { sites: ["Y"], cost: 1 },
    { sites: ["X", "Y"], cost: 2 },
  ];
  return {
    variables: ["a", "b"],
    sites: places.slice(0, 2),
    places: () => places,
    program: (half, variable) => run(half, program, variable === undefined ? [] : [variable]),
    unswapped: (half) => run(half, model, []),
    model: (half, asked) =>
      asked.map(({ sites }) =>
        run(
          half,
          model,
          sites.map((site) => carried[site]!),
        ),
      ),
    explains: () => false,
  };
}

const xor: Answer = ({ a, b }) => a ^ b;

describe("interchange", () => {
  it("finds each variable where it is, and nothing else", () => {
    const { variables, unexplained, pairs } = interchange(compared(xor, xor));
    expect(pairs).toBe(40);
    expect(unexplained).toEqual([]);
    expect(variables.map(({ variable, sites }) => [variable, sites])).toEqual([
      ["a", ["X"]],
      ["b", ["Y"]],
    ]);
    for (const { accuracy, unchanged, isFound } of variables) {
      expect(isFound).toBe(true);
      expect([accuracy.share, unchanged.share]).toEqual([1, 1]);
      expect(accuracy.of + unchanged.of).toBe(40);
    }
  });

  it("tells of a site that no variable explains", () => {
    const { variables, unexplained } = interchange(compared(({ a }) => a, xor));
    expect(variables[0]!).toMatchObject({ variable: "a", sites: ["X"], isFound: false });
    // The program reads nothing of b, and so decides nothing by it.
    expect(variables[1]!).toMatchObject({ variable: "b", isFound: false, accuracy: { of: 0 } });
    expect(unexplained.map(({ site }) => site).sort()).toEqual(["X", "Y"]);
    expect(unexplained[0]!.changed).toBeGreaterThan(0.3);
  });

  it("finds no variable where the model decides by chance", () => {
    const rng = new Rng(9);
    const { variables } = interchange(compared(xor, () => rng.int(2)));
    for (const { accuracy, isFound } of variables) {
      expect(isFound).toBe(false);
      expect(accuracy.high).toBeLessThan(0.9);
    }
  });

  it("counts each pair once, whatever its length", () => {
    const plain = [["0", "0", "0", "0"], ["0"]];
    const swapped = [["1", "1", "1", "0"], ["1"]];
    const model = [["1", "0", "0", "0"], ["1"]];
    const { accuracy, unchanged } = followed(plain, swapped, model);
    expect(accuracy).toMatchObject({ share: (1 / 3 + 1) / 2, of: 2 });
    expect(unchanged).toMatchObject({ share: 1, of: 1 });
  });
});
