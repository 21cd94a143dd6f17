/** A program with its text and what was measured of it. */
import { refusalOfClasses } from "../common/headline.js";
import { LEAST_MATCH, MOST_LINES } from "../common/report.js";
import type { Observed } from "./data/observe.js";
import { measure, type Measures } from "./measure.js";
import { programText } from "./readout/program-text.js";
import type { Readout } from "./readout/readout.js";

export interface MeasuredProgram extends Measures {
  readonly readout: Readout;
  readonly text: string;
  readonly lines: number;
}

/** Writes a readout out and measures the text on the report set. */
export function measured(
  readout: Readout,
  report: readonly Observed[],
  fitted: readonly Observed[] = report,
): MeasuredProgram {
  const text = programText(readout);
  return { readout, text, lines: text.trim().split("\n").length, ...measure(text, readout.task, report, fitted) };
}

/** Whether a program is small and right enough, in every class. */
export const isAccepted = ({ lines, match, headline }: MeasuredProgram): boolean =>
  lines <= MOST_LINES && match.share >= LEAST_MATCH && refusalOfClasses(headline) === undefined;

/** The first program that is accepted; of none the first one. The others are made only if they are needed. */
export function firstAccepted(first: MeasuredProgram, ...others: readonly (() => MeasuredProgram)[]): MeasuredProgram {
  if (isAccepted(first)) return first;
  for (const make of others) {
    const other = make();
    if (isAccepted(other)) return other;
  }
  return first;
}
