/** What a loop does on an input, as text and as JSON. */
import { printable, shortened } from "@selectron/core";
import { describeAtom, encodeResult, type Atom, type Json, type LoopSteps } from "@selectron/rasp";
import { counted } from "./words.js";

/** The most characters of a state. */
const WIDEST = 60;

/** A line for each step: the states after it. */
export const stepsText = ({ names, steps, moments }: LoopSteps): string =>
  statesText(
    names,
    steps,
    moments.map(({ states }, step) => [step === 0 ? "before" : String(step), states] as const),
  );

/** @param rows - what stands before each line, and the states: `[state][position]` */
export function statesText(
  names: readonly string[],
  steps: number,
  rows: readonly (readonly [head: string, states: readonly (readonly Atom[])[]])[],
): string {
  const titles = names.map((name) => printable(name));
  const shown = rows.map(([, states]) =>
    states.map((values) => shortened(values.map((value) => printable(describeAtom(value))).join(" "), WIDEST)),
  );
  const widths = titles.map((title, s) => Math.max(title.length, ...shown.map((row) => row[s]!.length)));
  const line = (head: string, cells: readonly string[]): string =>
    `${head.padStart(String(steps).length + 5)}  ${cells.map((cell, s) => cell.padEnd(widths[s]!)).join("  ")}`.trimEnd();
  return [
    `the loop of ${titles.join(", ")} took ${counted(steps, "step")}:`,
    line("", titles),
    ...shown.map((row, r) => line(rows[r]![0], row)),
  ].join("\n");
}

export const stepsJson = ({ names, steps, moments }: LoopSteps): Json => ({
  states: names,
  steps,
  moments: moments.map(({ states, halted }) => ({ values: statesJson(states), halted })),
});

/** The states at one time. */
export const statesJson = (states: readonly (readonly Atom[])[]): Json =>
  states.map((values) => encodeResult(values).value);
