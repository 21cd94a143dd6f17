/** The decompiler's results as a table in a document, beside what the paper's authors report. */
import { readFileSync, writeFileSync } from "node:fs";
import type { Decompiled } from "@selectron/rasp/decompile";

/** One model. */
export interface Row {
  readonly name: string;
  readonly seconds: number;
  readonly result: Decompiled;
}

/** What the authors report, by model. */
export type Reported = Readonly<
  Record<string, { readonly outcome: string; readonly selected?: { readonly match: number; readonly lines: number } }>
>;

const [BEGIN, END] = ["<!-- results -->", "<!-- end of results -->"];

/** Replaces the text between the marks of a document. */
export function writeTable(path: string, rows: readonly Row[], reported: Reported): void {
  const text = readFileSync(path, "utf8");
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error(`${path} has no place for results: it lacks ${BEGIN} and ${END}`);
  writeFileSync(path, `${before}${BEGIN}\n\n${tableOf(rows, reported)}\n\n${END}${after}`);
}

/** The table, and a line with the totals. */
export function tableOf(rows: readonly Row[], reported: Reported): string {
  const lines = rows.map(({ name, seconds, result }) => {
    const { match, tokenTableMatch, operations, refusal } = result;
    const paper = reported[name]?.selected;
    const kinds = (kind: string): number => operations.filter((operation) => operation.kind === kind).length;
    return [
      name,
      refusal === undefined ? "yes" : "no",
      `${match.share.toFixed(3)} (${match.low.toFixed(3)} to ${match.high.toFixed(3)})`,
      refusal === undefined ? result.lines : "",
      refusal === undefined ? `${kinds("named")} + ${kinds("tabular")} + 0` : "",
      refusal === undefined ? result.parameters : "",
      tokenTableMatch.toFixed(2),
      result.taskAccuracy.model?.toFixed(2) ?? "",
      seconds,
      paper ? `${paper.match.toFixed(3)}, ${paper.lines}` : "",
    ].join(" | ");
  });
  const found = rows.filter(({ result }) => result.refusal === undefined).length;
  const published = rows.filter(({ name }) => (reported[name]?.selected?.match ?? 0) >= 0.9).length;
  return [
    "| model | program | match of the text (95 %) | lines | selectors: named + fitted + opaque | numbers | token table | model's accuracy | seconds | paper: match, lines |",
    "|---|---|---|---|---|---|---|---|---|---|",
    ...lines.map((line) => `| ${line} |`),
    "",
    `Programs for ${found} of ${rows.length} models; the paper's authors publish ${published} on these with match of 0.9 or more.`,
  ].join("\n");
}
