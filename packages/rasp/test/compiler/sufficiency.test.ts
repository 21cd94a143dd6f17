/** Whether restricted attention suffices for a program: proved, disproved by an input, or unknown. */
import { looksAt, TransformerEncoder, type Restriction } from "@selectron/nn";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compile,
  Evaluation,
  inputAtoms,
  load,
  RaspError,
  sufficiency,
  textOf,
  topological,
  type SOp,
} from "../../src/index.js";
import { sopSource } from "../arbitrary/program.js";
import { breadth } from "../../../../test/long.js";

const sop = (text: string): SOp => load(`a = ${text};`, { example: "abc" }).sop("a");

/** A program that is a constant is no s-op. */
const programs = sopSource.filter((source) => {
  try {
    sop(source);
    return true;
  } catch (error) {
    if (error instanceof RaspError) return false;
    throw error;
  }
});
const options = { vocabulary: "abc", maxLength: 9 };
const answer = (text: string, restriction: Restriction, more = {}) =>
  sufficiency(sop(text), restriction, { ...options, ...more });

const SHIFT = "aggregate(select(indices, indices - 1, ==), indices)";
const EVERY_FOURTH = "aggregate(select(indices, indices - 4, ==), indices)";
const NEAR =
  "aggregate(select(tokens, tokens, ==) and select(indices, indices - 3, >) and select(indices, indices, <=), indices)";
const FIRST = "aggregate(select(indices, 0, ==), tokens)";

describe("proved", () => {
  it.each<[string, Restriction, object]>([
    [SHIFT, { window: 1 }, {}],
    [SHIFT, { window: 1 }, { causal: true }],
    [SHIFT, { powers: true }, {}],
    [EVERY_FOURTH, { strides: { by: 4, count: 1 } }, { causal: true }],
    [EVERY_FOURTH, { powers: true }, {}],
    [NEAR, { window: 2 }, { causal: true }],
    [FIRST, { globals: 1 }, {}],
    [FIRST, { window: 3 }, { maxLength: 4 }],
    ["aggregate(select(tokens, tokens, ==), 1)", { window: 8 }, {}],
    // A program without heads needs to see nothing.
    ["indices + 1", {}, {}],
  ])("%s: %j %j", (text, restriction, more) => {
    expect(answer(text, restriction, more)).toMatchObject({ suffices: true, missed: undefined });
  });
});

describe("disproved, by an input", () => {
  it.each<[string, Restriction, object]>([
    [SHIFT, {}, {}],
    [SHIFT, { strides: { by: 2, count: 4 } }, {}],
    ["aggregate(select(indices, indices + 1, ==), indices)", { window: 1 }, { causal: true }],
    [EVERY_FOURTH, { window: 3 }, {}],
    [NEAR, { window: 1 }, {}],
    [FIRST, { window: 3 }, {}],
    ["aggregate(select(tokens, tokens, ==), 1)", { window: 7 }, {}],
    // The library's length looks at all positions.
    ["length", { window: 3, globals: 1 }, {}],
    ["aggregate(select(indices, length - 1 - indices, ==), tokens)", { window: 4, powers: true }, {}],
  ])("%s: %j %j", (text, restriction, more) => {
    const { suffices, missed } = answer(text, restriction, more);
    expect(suffices).toBe(false);
    const { selector, input, query, key } = missed!;
    expect(new Evaluation(input).selector(selector)[query]![key]).toBe(1);
    expect(looksAt(restriction, "causal" in more, query, key)).toBe(false);
  });
});

it("a model compiled from a program that it suffices for computes the same with it", () => {
  const compiled = compile(sop(NEAR), { vocabulary: "abc", maxLength: 9 });
  const rows = [
    [0, 1, 1, 2, 1, 3, 3, 3, 1],
    [0, 3, 2, 1, 3, 2, 1, 1, 1],
  ];
  const logits = (restriction: Restriction | undefined): unknown =>
    new TransformerEncoder({ ...compiled.model.config, restriction }, compiled.model.parameters())
      .forward(rows)
      .toArray();
  // The model's position 0 is BOS, which every position sees.
  const all = logits(undefined) as number[][][];
  const close = (restriction: Restriction): boolean =>
    (logits(restriction) as number[][][]).flat(2).every((value, i) => Math.abs(value - all.flat(2)[i]!) < 1e-3);
  expect(close({ window: 2, globals: 1 })).toBe(true);
  expect(close({ window: 1, globals: 1 })).toBe(false);
});

it("unknown where values that never occur together are taken as independent", () => {
  const never = "aggregate(select(tokens, tokens, ==) and select(tokens, tokens, !=), 1)";
  expect(answer(never, { window: 1 }, { maxLength: 4 })).toMatchObject({ suffices: undefined, missed: undefined });
});

it("gives how far each selector reaches", () => {
  const { selectors } = answer(
    "aggregate(select(indices, indices - 2, ==) or select(indices, indices + 1, ==), aggregate(select(indices, indices, <), indices, 0))",
    { window: 2 },
  );
  expect(
    selectors.map(({ selector, before, after, suffices }) => [textOf(selector.span!), before, after, suffices]),
  ).toEqual([
    ["select(indices, indices - 2, ==) or select(indices, indices + 1, ==)", 2, 1, true],
    ["select(indices, indices, <)", 8, 0, false],
  ]);
});

it("agrees with every selector of random programs on random inputs", () => {
  const counts = { true: 0, false: 0, undefined: 0 };
  const restrictions = fc.record({ window: fc.nat(3), globals: fc.nat(1), powers: fc.boolean() });
  fc.assert(
    fc.property(programs, restrictions, fc.stringMatching(/^[abc]{1,5}$/), (source, restriction, text) => {
      const program = sop(source);
      const { suffices, selectors, missed } = sufficiency(program, restriction, {
        vocabulary: "abc",
        maxLength: 5,
        runs: 20,
      });
      counts[`${suffices}`]++;
      const evaluation = new Evaluation(inputAtoms(text));
      const used = topological(program).flatMap((node) => (node.kind === "aggregate" ? [node.selector] : []));
      expect(new Set(selectors.map(({ selector }) => selector))).toEqual(new Set(used));
      for (const { selector, before, after, suffices: enough } of selectors) {
        evaluation.selector(selector).forEach((row, query) =>
          row.forEach((selected, key) => {
            if (selected === 0) return;
            expect(query - key).toBeLessThanOrEqual(before);
            expect(key - query).toBeLessThanOrEqual(after);
            if (enough) expect(looksAt(restriction, false, query, key)).toBe(true);
          }),
        );
      }
      expect(missed !== undefined).toBe(suffices === false);
    }),
    { numRuns: breadth({ short: 75, long: 300 }) },
  );
  // All three answers occur often enough for the test to mean something.
  expect(counts.true).toBeGreaterThan(20);
  expect(counts.false).toBeGreaterThan(20);
});
