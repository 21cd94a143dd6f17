/** docs/chapter.md of the list of items and of what was measured. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { positionsTable, type PositionsResult } from "../../bench/src/chapter/positions.js";
import type { TranslationResult } from "../../bench/src/chapter/translation.js";
import { correlation, workTable, type WorkResult } from "../../bench/src/chapter/work.js";
import { chapterSections } from "./chapter-items.js";
import { shortDocuments, type Section } from "./items.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const json = <T>(path: string): T => JSON.parse(readFileSync(`${root}/${path}`, "utf8")) as T;

/** All sections, in the order of the document. */
export const sections: readonly Section[] = [
  ...shortDocuments.slice(0, 3),
  ...chapterSections,
  ...shortDocuments.slice(3),
];

/** A reference as a reader sees it. */
function shown(reference: string): string {
  const [kind, rest] = [reference.split(/[: ]/)[0]!, reference.slice(reference.search(/[: ]/) + 1)];
  switch (kind) {
    case "$":
    case "~":
      return `\`selectron ${rest}\``;
    case "bench":
      return `\`npm run bench -- ${rest}\``;
    case "doc":
      return `[${rest.replace("docs/", "").replace("#", ", ")}](${rest.replace("docs/", "")})`;
    case "picture":
      return `[${rest}](pictures/${rest})`;
    case "file":
      return `[${rest}](../${rest})`;
    case "said":
      return rest;
    case "missing":
      return `**missing**: ${rest}`;
    default:
      return `\`${rest}\` of \`@selectron/${kind}\``;
  }
}

const table = ({ document, title, items }: Section): string =>
  [
    `## ${document}: ${title}`,
    "",
    "| item | what it is here |",
    "|---|---|",
    ...items.map(([item, ...references]) => `| ${item.replaceAll("|", "\\|")} | ${references.map(shown).join("; ")} |`),
  ].join("\n");

function translationText(): string {
  const { runs, trained, steps } = json<TranslationResult>("bench/results/translation.json");
  const lengths = [5, 10, 20, 25, 30, 40, 50, 60];
  const rows = runs.map(({ model, seed, minutes, scores }) => {
    const at = (length: number): string => (100 * scores.find((score) => score.length === length)!.bleu).toFixed(0);
    return `| ${model}, seed ${seed} | ${lengths.map(at).join(" | ")} | ${minutes} |`;
  });
  return [
    "## Translation, measured",
    "",
    `BLEU × 100 by words of the source, trained on sentences of up to ${trained} words for ${steps} steps, on a busy machine:`,
    "",
    `| model | ${lengths.join(" | ")} | minutes |`,
    `|---|${lengths.map(() => "---|").join("")}---|`,
    ...rows,
    "",
    "![BLEU by length](pictures/translation.svg)",
    "",
    "The claim of the fall holds, and it is no matter of 50 words: every model falls beyond the lengths of its training. Within them the GRU without",
    "attention falls too, as one vector has to hold the sentence, while with attention, or as a Transformer, every sentence is right. Beyond them the",
    "GRU with attention keeps up longer than the Transformer, whose sinusoidal positions were never trained there. The GRU without attention had",
    "the same number of steps and had not converged.",
  ].join("\n");
}

function positionsText(): string {
  const result = json<PositionsResult>("bench/results/positions.json");
  const { steps, width, batch, runs } = result;
  const seeds = [...new Set(runs.map(({ seed }) => seed))].sort((a, b) => a - b);
  return [
    "## Positions, measured",
    "",
    `Answers right in %, at 1, 2, 4 and 8 times the trained length; 2 layers of 4 heads, width ${width}, ${steps} steps of ${batch} rows, means of seeds ${seeds.join(", ")} (\`--steps ${steps}\`). A step is`,
    "forward and back of the longest trained rows: a processor's milliseconds, and what it allocates.",
    "",
    positionsTable(result),
    "",
    "- Sinusoids do not generalise better than a learnt table here: beyond the trained length both lose most, and a learnt table that is read between",
    "  its rows keeps more than either.",
    "- Inductions at every length are left to what looks at neighbours or falls with the distance: ALiBi, multi-scale convolutions, an LSTM's state,",
    "  and nearly Shaw's vectors. The LSTM costs more than twice the time of a step.",
    "- RoPE alone does not copy at twice the length; with interpolated positions it does best of the rotary ones.",
    "- A causal model copies a part without any positions, since its mask shows where a row begins.",
    "- Addition needs more than this training; what is right beyond it is little more than guessed.",
    "- The chapter's order on GLUE, from multi-scale CNN over sinusoids, RoPE and complex positions to dynamic ones, does not hold on these tasks:",
    "  convolutions are among the best, RoPE is ahead of sinusoids on inductions only, and complex and dynamic positions do as sinusoids do.",
    "- Dividing a clipped bias by √d, as the chapter prints it, only makes it learn more slowly.",
  ].join("\n");
}

function workText(): string {
  const { runs } = json<WorkResult>("bench/results/work.json");
  return [
    "## Work, measured",
    "",
    "`selectron describe MODEL --flops` and `layerWork` count multiply-adds; a test compares them with the products that the kernels make, one by one.",
    "`npm run bench -- work` times forward passes of models with heads of 16 and feed-forward sublayers of four times the width, each of one row:",
    "",
    workTable(runs),
    "",
    `The logarithms of work and time have a correlation of ${correlation(runs).toFixed(2)}. A second's multiply-adds differ by the sizes, as small products are mostly calls.`,
  ].join("\n");
}

/** The whole document. */
export function chapterDocument(): string {
  const missing = sections
    .flatMap(({ items }) => items)
    .filter((item) => item.some((each) => each.startsWith("missing:")));
  const count = sections.reduce((sum, { items }) => sum + items.length, 0);
  return [
    "# The founding chapter, item by item",
    "",
    "Selectron was founded on five documents: a conversation about RASP (000), a report of decompiling (001), notes on the Transformer (002), chapter 8 of",
    "the `dldna` course (003) and exercises (004). This is every item in them that is a system, a formula, a figure or a claim, and what it is here.",
    `${missing.length === 0 ? `None of the ${count} items is missing` : `Of ${count} items ${missing.length} are missing, with the reason`}. The list is \`test/chapter/items.ts\` and \`test/chapter/chapter-items.ts\`; \`npx vitest run`,
    "--project house test/chapter.test.ts -u` makes this document, and checks that commands run and that exports, sections and files exist.",
    "",
    ...sections.map((section) => `${table(section)}\n`),
    `${translationText()}\n`,
    `${positionsText()}\n`,
    workText(),
    "",
  ].join("\n");
}
