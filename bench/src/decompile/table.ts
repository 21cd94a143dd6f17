/** The decompiler's results as a table in a document, beside what the paper's authors report. */
import { readFileSync, writeFileSync } from "node:fs";
import { isConfirmed, type Decompiled } from "@selectron/rasp/decompile";

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
    const { match, refusal, headline, randomStrings, interchange } = result;
    const paper = reported[name]?.selected;
    return [
      name,
      refusal === undefined ? "yes" : "no",
      `${match.share.toFixed(3)} (${match.low.toFixed(3)} to ${match.high.toFixed(3)})`,
      interchange ? variablesIn(interchange) : "",
      interchange ? unexplainedIn(interchange) : "",
      randomStrings?.share.toFixed(2) ?? "",
      `${result.lines}, ${result.parameters}`,
      Math.max(...headline.baselines.map((table) => table.match)).toFixed(2),
      result.taskAccuracy.model?.toFixed(2) ?? "",
      seconds,
      paper ? `${paper.match.toFixed(3)}, ${paper.lines}` : "",
    ].join(" | ");
  });
  const found = modelsOf(rows.filter(({ result }) => result.refusal === undefined));
  const followed = modelsOf(
    rows.filter(({ result }) => result.refusal === undefined && isConfirmed(result.interchange)),
  );
  const published = modelsOf(rows.filter(({ name }) => (reported[name]?.selected?.match ?? 0) >= 0.9));
  return [
    "| model | program | match of the text (95 %) | variables: interchange accuracy and sites | unexplained above 1 % | random strings | lines, numbers | best table | model's accuracy | seconds | paper: match, lines |",
    "|---|---|---|---|---|---|---|---|---|---|---|",
    ...lines.map((line) => `| ${line} |`),
    "",
    `Programs for ${found} of ${modelsOf(rows)} models, of which checkpoints count as one; the paper's authors publish ${published} on these with match of 0.9 or more. ` +
      `${followed} programs are causally confirmed: the model follows every variable with an accuracy of 0.95 or more, and no unexplained site changes more than 5 % of its decisions.`,
  ].join("\n");
}

/** The number of models, of which checkpoints count as one. */
const modelsOf = (rows: readonly Row[]): number => new Set(rows.map(({ name }) => name.replace(/-step\d+$/, ""))).size;

type Interchange = NonNullable<Decompiled["interchange"]>;

const variablesIn = ({ variables }: Interchange): string =>
  variables
    .map(({ variable, sites, dimensions, accuracy }) => {
      const place = `${dimensions === undefined ? "" : `${dimensions} dimensions of `}${sites.join(" + ")}`;
      const share = accuracy.of === 0 ? "changes nothing" : accuracy.share.toFixed(3);
      return `\`${variable.replaceAll("|", "\\|")}\` ${share}, ${place}`;
    })
    .join("; ") || "none";

const unexplainedIn = ({ unexplained }: Interchange): string =>
  unexplained.map(({ site, changed }) => `${site} ${(100 * changed).toFixed(1)} %`).join(", ") || "none";
