/** The short form of `npm run loops`: looped models of the lessons beside the interpreter, step by step. */
import { readFileSync } from "node:fs";
import { Rng } from "@selectron/core";
import { evaluate, load, LoopedModel } from "@selectron/rasp";
import { describe, expect, it, vi } from "vitest";
import { breadth, isLong } from "../../test/long.js";
import { accept } from "../src/loops/accept.js";
import { program } from "../src/loops/computer.js";
import { LOOP_CASES, type LoopCase } from "../src/loops/cases.js";

const readLesson = (file: string): string =>
  readFileSync(new URL(`../../examples/${file}.rasp`, import.meta.url), "utf8");

/** Those whose compile takes seconds are in the long form. */
const SLOW = ["pushdown", "scan", "subleq_small", "subleq_wide"];

/** A case for shorter inputs. */
function shorter(each: LoopCase, maxLength: number): LoopCase {
  return { ...each, short: { ...each.short, maxLength } };
}

describe("lessons with loops", () => {
  it.each(LOOP_CASES.filter(({ name }) => isLong || !SLOW.includes(name)))("$file, $name", (each) => {
    const outcome = accept(shorter(each, breadth({ short: 3, long: 4 })), "short", 0, readLesson)!;
    expect(outcome).toMatchObject({ wrong: undefined, isProved: true });
    expect(outcome.steps).toBeGreaterThan(2);
  });

  it.each(LOOP_CASES.filter(({ name }) => (isLong ? name !== "pushdown" : ["parity", "reachable"].includes(name))))(
    "$file, $name, of 64 tokens",
    (each) => {
      const outcome = accept(each, "random", breadth({ short: 2, long: 3 }), readLesson)!;
      expect(outcome).toMatchObject({ wrong: undefined, isProved: true });
      expect(outcome.steps).toBeGreaterThan(2);
      expect(outcome.most).toBeLessThanOrEqual(64);
    },
  );
});

it("the computer's programs add, multiply and sort", () => {
  const computer = load(readLesson("19-subleq")).sop("subleq_wide");
  const rng = new Rng(5);
  for (let i = 0; i < 12; i++) {
    const before = program(rng, 32);
    const after = evaluate(computer, before) as number[];
    const [first] = before;
    if (first === 9) expect(after[10]).toBe(before[9]! + before[10]!);
    else if (first === 15) expect(after[19]).toBe(before[16]! * before[17]!);
    else expect([after[21], after[22]]).toEqual([before[21]!, before[22]!].sort((a, b) => a - b));
  }
});

it("a step that is wrong is told", () => {
  const [parity] = LOOP_CASES as [LoopCase];
  const steps = Object.getOwnPropertyDescriptor(LoopedModel.prototype, "steps")!.value as LoopedModel["steps"];
  vi.spyOn(LoopedModel.prototype, "steps").mockImplementation(function (this: LoopedModel, input) {
    const ran = steps.call(this, input);
    return { ...ran, states: ran.states.map(([odd, known]) => [odd!.map((value) => value !== true), known!]) };
  });
  expect(accept(parity, "short", 0, readLesson)!.wrong).toBe('on "00" odd is wrong at position 0 after step 1');
  vi.restoreAllMocks();
});
