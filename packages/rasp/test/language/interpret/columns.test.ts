/** Long sequences are computed as numbers and codes: the values are the reference's, which looks at one atom after the other. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { Evaluation, evaluate, load, RaspError, type Atom, type SOp } from "../../../src/index.js";
import { LONG_SEQUENCE } from "../../../src/language/interpret/columns.js";
import { ReferenceEvaluation } from "../../../src/language/interpret/reference.js";
import { BOOLS, DIGITS, LETTERS, NUMBERS, sopSourceOver } from "../../arbitrary/program.js";
import { breadth } from "../../../../../test/long.js";

/** The values with their types, or the error. */
function outcome(values: () => readonly Atom[]): readonly string[] | string {
  try {
    return values().map((atom) => `${typeof atom} ${Object.is(atom, -0) ? "-0" : String(atom)}`);
  } catch (error) {
    if (error instanceof RaspError) return `${error.diagnostic.code} ${error.message}`;
    throw error;
  }
}

function loaded(source: string, example: readonly Atom[]): SOp | undefined {
  try {
    return load(`result = ${source};`, { example }).sop("result");
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

it.each([
  ["letters", LETTERS],
  ["numbers", NUMBERS],
  ["bools", BOOLS],
  ["digits", DIGITS],
] as const)("random programs over %s", (_, alphabet) => {
  const input = fc
    .array(fc.constantFrom(...alphabet.vocabulary), { minLength: 20, maxLength: 40 })
    .map((few) => Array.from({ length: LONG_SEQUENCE + 3 }, (__, i) => few[(i * i) % few.length]!));
  let ran = 0;
  fc.assert(
    fc.property(sopSourceOver(alphabet), input, (source, tokens) => {
      const sop = loaded(source, alphabet.vocabulary);
      if (!sop) return;
      ran++;
      const expected = outcome(() => new ReferenceEvaluation(tokens).sop(sop));
      expect(outcome(() => new Evaluation(tokens).sop(sop))).toEqual(expected);
      expect(outcome(() => new Evaluation(tokens).sopOnce(sop))).toEqual(expected);
    }),
    { numRuns: breadth({ short: 25, long: 120 }) },
  );
  expect(ran).toBeGreaterThan(10);
});

const long = Array.from({ length: 300 }, (_, i) => (i * 7) % 10);

it.each([
  ["ints stay ints", "indices * indices - 1", (i: number) => i * i - 1],
  [
    "ints beyond what floats hold",
    "(indices + 94906267) * 94906267",
    (i: number) => (BigInt(i) + 94906267n) * 94906267n,
  ],
  ["0 is not -0 where it is an int", "1 / (1 + indices * -0)", () => 1],
  ["a float's -0", "(indices * 0 - 0.0) * -1.0", () => -0],
  ["quotients are floats", "indices / 4", (i: number) => i / 4],
  ["remainders have the sign of the divisor", "(indices - 5) % -3", (i: number) => 0 - ((((5 - i) % 3) + 3) % 3)],
  ["rounding is half to even", "round(indices / 2)", (i: number) => (i % 4 === 1 ? (i - 1) / 2 : Math.round(i / 2))],
  ["bools count", "(indices > 3) + 1", (i: number) => (i > 3 ? 2 : 1)],
  ["branches", "indices if tokens_int > 4 else indices / 2", (i: number) => (long[i]! > 4 ? i : i / 2)],
] as const)("%s", (_, source, expected) => {
  const plain = (value: number | bigint) => (Number.isSafeInteger(Number(value)) ? Number(value) : value);
  const sop = load(`y = ${source};`, { example: [1, 2] }).sop("y");
  expect(evaluate(sop, long)).toEqual(long.map((__, i) => plain(expected(i))));
  expect(new Evaluation(long.map(BigInt)).sop(sop)).toEqual(new ReferenceEvaluation(long.map(BigInt)).sop(sop));
});

it("errors are those of the first element that has none", () => {
  const sop = load("y = 1 / (indices - 280);", { example: "a" }).sop("y");
  expect(() => evaluate(sop, long)).toThrow("division of 1 by zero");
  const list = load('y = ["a", "b"][tokens_int];', { example: [0, 1] }).sop("y");
  expect(() => evaluate(list, long)).toThrow("index 7 is out of range");
});
