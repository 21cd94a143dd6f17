/**
 * Every case of tracr (Lindner et al. 2023): the interpreter gives the values of tracr's evaluator, and so does the compiled model, even
 * where tracr's own model is wrong or tracr refuses to compile. Where tracr's evaluator fails, the interpreter fails.
 */
import { describe, expect, it } from "vitest";
import { getOrInsert } from "../../src/language/maps.js";
import { isSelector } from "../../src/language/graph/node.js";
import {
  and,
  compile,
  eq,
  evaluate,
  indices,
  RaspError,
  select,
  selectorWidth,
  verify,
  type CompiledModel,
  type Plain,
  type Selector,
  type SOp,
} from "../../src/index.js";
import { agree, programOfCase, tracrCases, tracrPresent, type TracrCase } from "./cases.js";

const cases = tracrPresent ? tracrCases() : [];
const ofKind = (...kinds: readonly TracrCase["kind"][]): TracrCase[] =>
  cases.filter(({ kind }) => kinds.includes(kind));

/** The cases of one program together: they need only one model. */
function byProgram(some: readonly TracrCase[]): TracrCase[][] {
  const groups = new Map<string, TracrCase[]>();
  for (const tracrCase of some) {
    const { program, vocab, max_seq_len, mode } = tracrCase;
    getOrInsert(groups, JSON.stringify([program, vocab, max_seq_len, mode]), () => []).push(tracrCase);
  }
  return [...groups.values()];
}

const compiled = (sop: SOp, { vocab, max_seq_len }: TracrCase): CompiledModel =>
  compile(sop, { vocabulary: vocab, maxLength: max_seq_len });

function outcome<T>(question: () => T): T | "error" {
  try {
    return question();
  } catch (error) {
    if (error instanceof RaspError) return "error";
    throw error;
  }
}

/** A line for each case whose answer is wrong. */
function mistakes(
  group: readonly TracrCase[],
  answer: (input: TracrCase["input"]) => readonly Plain[] | "error",
): string[] {
  return group.flatMap(({ id, input, expected, expected_error }) => {
    const got = answer(input);
    const right =
      expected_error !== undefined
        ? got === "error"
        : got !== "error" &&
          got.length === expected.length &&
          got.every((value, i) => agree(expected[i] as Plain, value));
    return right ? [] : [`${id} on ${JSON.stringify(input)}: ${JSON.stringify(got)}, not ${JSON.stringify(expected)}`];
  });
}

/** The interpreter refuses an empty input, as the original implementation does; tracr answers with no values. */
const interpreted = (sop: SOp) => (input: TracrCase["input"]) =>
  input.length === 0 ? [] : outcome(() => evaluate(sop, input));

describe.runIf(tracrPresent)("tracr's cases", () => {
  it.each(
    byProgram(ofKind("tracr-testcase", "library", "tracr-unittest")).map(
      (group) => [nameOf(group[0]!), group] as const,
    ),
  )("%s", (_, group) => {
    const sop = programOfCase(group[0]!) as SOp;
    expect(mistakes(group, interpreted(sop))).toEqual([]);
    const model = compiled(sop, group[0]!);
    expect(mistakes(group, (input) => model.run(input))).toEqual([]);
  });

  it("random programs", () => {
    const groups = byProgram(ofKind("fuzz"));
    const wrong = groups.flatMap((group) => {
      const sop = programOfCase(group[0]!) as SOp;
      const model = compiled(sop, group[0]!);
      const defined = group.filter((one) => one.expected_error === undefined);
      return [...mistakes(group, interpreted(sop)), ...mistakes(defined, (input) => model.run(input))];
    });
    expect(groups.length).toBeGreaterThan(100);
    expect(wrong).toEqual([]);
  });

  it("selectors, cell by cell", () => {
    for (const one of ofKind("tracr-selector")) {
      const selector = programOfCase(one) as Selector;
      expect(isSelector(selector)).toBe(true);
      expect(evaluate(selector, one.input), one.id).toEqual(one.expected);
      const columns = one.input.map((_, key) => {
        const cell = selectorWidth(and(selector, select(indices, key, eq)));
        return compiled(cell, one).run(one.input);
      });
      const rows = one.input.map((_, query) => columns.map((column) => column[query] === 1));
      expect(rows, one.id).toEqual(one.expected);
    }
  });

  it.each(ofKind("compile-refusal").map((one) => [nameOf(one), one] as const))("what tracr refuses: %s", (_, one) => {
    const sop = programOfCase(one) as SOp;
    const model = compile(sop, { vocabulary: one.vocab, maxLength: 4 });
    expect(verify(sop, model, { exhaustive: true })).toMatchObject({ ok: true, withoutValue: 0 });
  });
});

const nameOf = ({ kind, group, program, vocab, max_seq_len, mode }: TracrCase): string =>
  `${kind} ${group}: ${typeof program === "string" ? program : ""}, ${vocab.join(" ")}, up to ${max_seq_len}, ${mode}`;
