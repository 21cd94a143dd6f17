/** What a loop does on an input, as text and as JSON. */
import { printable, shortened } from "@selectron/core";
import { describeAtom, encodeResult, type Json, type LoopSteps } from "@selectron/rasp";
import { counted } from "./words.js";

/** The most characters of a state. */
const WIDEST = 60;

/** A line for each step: the states after it. */
export function stepsText({ names, steps, moments }: LoopSteps): string {
  const titles = names.map((name) => printable(name));
  const shown = moments.map(({ states }) =>
    states.map((values) => shortened(values.map((value) => printable(describeAtom(value))).join(" "), WIDEST)),
  );
  const widths = titles.map((title, s) => Math.max(title.length, ...shown.map((row) => row[s]!.length)));
  const line = (head: string, cells: readonly string[]): string =>
    `${head.padStart(String(steps).length + 5)}  ${cells.map((cell, s) => cell.padEnd(widths[s]!)).join("  ")}`.trimEnd();
  return [
    `the loop of ${titles.join(", ")} took ${counted(steps, "step")}:`,
    line("", titles),
    ...shown.map((row, step) => line(step === 0 ? "before" : String(step), row)),
  ].join("\n");
}

export const stepsJson = ({ names, steps, moments }: LoopSteps): Json => ({
  states: names,
  steps,
  moments: moments.map(({ states, halted }) => ({
    values: states.map((values) => encodeResult(values).value),
    halted,
  })),
});
