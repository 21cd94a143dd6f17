/** The tasks of the positional encodings, and the benchmark that trains on them. */
import { Rng } from "@selectron/core";
import { describe, expect, it, vi } from "vitest";
import { IGNORED, positionTasks, TRAINED_TOKENS } from "../../src/chapter/position-tasks.js";
import { encodings } from "../../src/chapter/position-runs.js";
import { positionsTable, printPositions } from "../../src/chapter/positions.js";

describe("tasks", () => {
  it("ask for the symbols again", () => {
    const { tokens, targets } = positionTasks.copy.draw(new Rng(1), 3);
    expect(tokens[3]).toBe(16);
    expect(tokens.slice(4)).toEqual(tokens.slice(0, 2));
    expect(targets).toEqual([IGNORED, IGNORED, IGNORED, ...tokens.slice(0, 3)]);
  });

  it("ask for what followed the key", () => {
    const { tokens, targets } = positionTasks.induction.draw(new Rng(2), 4);
    const key = tokens.at(-1)!;
    expect(key).toBeGreaterThan(7);
    expect(tokens).toHaveLength(9);
    expect(targets.at(-1)).toBe(tokens[tokens.indexOf(key) + 1]);
    expect(targets.slice(0, -1).every((id) => id === IGNORED)).toBe(true);
  });

  it("add, the last digits first", () => {
    for (let seed = 0; seed < 20; seed++) {
      const { tokens, targets } = positionTasks.addition.draw(new Rng(seed), 3);
      const number = (digits: readonly number[]): number => Number([...digits].reverse().join(""));
      expect(number(targets.slice(-4))).toBe(number(tokens.slice(0, 3)) + number(tokens.slice(4, 7)));
      expect([tokens[3], tokens[7]]).toEqual([17, 16]);
    }
  });

  it.each(Object.values(positionTasks))(
    "have no longer row in training than the models expect",
    ({ draw, trained }) => {
      expect(draw(new Rng(1), trained).tokens.length).toBeLessThanOrEqual(TRAINED_TOKENS);
    },
  );
});

describe("the benchmark", () => {
  const flags = { steps: 2, width: 8, batch: 2, count: 2 };

  it("trains and tests every encoding, at every length", async () => {
    const printed: string[] = [];
    const log = vi.spyOn(console, "log").mockImplementation((line: string) => void printed.push(line));
    await printPositions({ ...flags, task: ["induction"] });
    log.mockRestore();
    const names = Object.entries(encodings).flatMap(([name, { also = {} }]) => [name, ...Object.keys(also)]);
    expect(printed.slice(1).map((line) => line.slice(0, 25).trim())).toEqual(names);
    for (const line of printed.slice(1)) expect(line).toMatch(/^.{25} induction +1( +\d+){4} +\d+\.\d +\d+\.\d$/);
  });

  it("makes a table of means over the seeds", () => {
    const run = { encoding: "rope", task: "copy", parameters: 1, milliseconds: 2, megabytes: 3 } as const;
    const runs = [0.5, 1].map((first, seed) => ({ ...run, seed, accuracy: [first, 0.5, 0.25, 0] }));
    expect(positionsTable({ date: "", steps: 1, width: 8, batch: 1, runs }).split("\n").at(-1)).toBe(
      "| rope | 75, 50, 25, 0 | — | — | 2.0 | 3.0 |",
    );
  });

  it.each([
    [{ encoding: ["rotary"] }, /^--encoding rotary: there are none; sinusoidal; /],
    [{ task: ["sort"] }, "--task sort: there are copy; induction; addition."],
    [{ width: 12 }, "--width 12: four heads of an even width need a multiple of 8."],
  ])("says what is wrong with %j", async (changes, message) => {
    await expect(printPositions({ ...flags, ...changes })).rejects.toThrow(message);
  });
});
