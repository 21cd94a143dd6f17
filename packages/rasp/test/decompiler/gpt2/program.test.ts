/** Which of several programs is taken. */
import { expect, it } from "vitest";
import { firstAccepted, isAccepted, type MeasuredProgram } from "../../../src/decompiler/gpt2/program.js";

/** A program with this match, as far as the choice looks at one. */
const withMatch = (share: number, lines = 3): MeasuredProgram =>
  ({ lines, match: { share }, headline: { classes: [] } }) as unknown as MeasuredProgram;

it("the first program that matches and is small, and others are made only if they are needed", () => {
  const [poor, long, good] = [withMatch(0.83), withMatch(1, 200), withMatch(0.91)];
  expect([poor, long, good].map(isAccepted)).toEqual([false, false, true]);
  const unneeded = (): MeasuredProgram => {
    throw new Error("made");
  };
  expect(firstAccepted(good, unneeded)).toBe(good);
  expect(
    firstAccepted(
      poor,
      () => long,
      () => good,
      unneeded,
    ),
  ).toBe(good);
  expect(firstAccepted(poor, () => long)).toBe(poor);
});
