/** `npm run bench -- translation`: recurrent encoder–decoders and a Transformer on one generated language pair, by the length of sentences. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { enableWasm } from "@selectron/wasm-simd";
import { UsageError } from "../usage-error.js";
import { curvesSvg } from "./curves.js";
import { runTranslation, translators, type TranslationRun, type TranslatorName } from "./translators.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
export const translationRecord = resolve(root, "bench/results/translation.json");
export const translationDrawing = resolve(root, "docs/pictures/translation.svg");

export interface TranslationFlags {
  readonly model?: readonly string[];
  readonly seed?: readonly number[];
  readonly steps: number;
  readonly width: number;
  readonly batch: number;
  readonly trained: number;
  readonly longest: number;
  readonly count: number;
  readonly record?: boolean;
}

/** What was measured last. */
export interface TranslationResult {
  readonly date: string;
  readonly trained: number;
  readonly steps: number;
  readonly width: number;
  readonly batch: number;
  readonly runs: readonly TranslationRun[];
}

export const translationHead =
  "model                 seed  parameters  minutes  BLEU × 100 (exact %) by length of the source";

export const translationLine = ({ model, seed, parameters, minutes, scores }: TranslationRun): string =>
  [
    ...[model.padEnd(21), String(seed).padStart(4), String(parameters).padStart(11), String(minutes).padStart(8)],
    ` ${scores.map(({ length, bleu, exact }) => `${length}: ${(100 * bleu).toFixed(0)} (${(100 * exact).toFixed(0)})`).join("  ")}`,
  ].join(" ");

/** BLEU by length, one curve for each model: the mean over its seeds. */
export function translationPicture({ runs, trained }: TranslationResult): string {
  const names = translators.filter((name) => runs.some(({ model }) => model === name));
  const curves = names.map((name) => {
    const own = runs.filter(({ model }) => model === name);
    const points = own[0]!.scores.map(({ length }, i): [number, number] => [
      length,
      own.reduce((sum, { scores }) => sum + scores[i]!.bleu, 0) / own.length,
    ]);
    return { name, points };
  });
  const frame = { title: "Translation by the length of the sentence", x: "words of the source", y: "BLEU", most: 1 };
  return curvesSvg(curves, { ...frame, mark: [trained, "trained up to here"] });
}

/** Trains, prints, and keeps what is asked for. */
export async function printTranslation(flags: TranslationFlags): Promise<void> {
  const missing = flags.model?.find((name) => !translators.includes(name as TranslatorName));
  if (missing !== undefined) throw new UsageError(`--model ${missing}: the models are ${translators.join(", ")}.`);
  if (flags.trained < 5) throw new UsageError(`--trained ${flags.trained}: sentences have 5 words or more.`);
  if (flags.longest < 5) throw new UsageError(`--longest ${flags.longest}: sentences have 5 words or more.`);
  await enableWasm();
  const names = (flags.model ?? ["gru", "gru with attention", "transformer"]) as readonly TranslatorName[];
  const { width, steps, batch, trained, longest, count } = flags;
  const lengths = Array.from({ length: Math.floor(longest / 5) }, (_, i) => 5 * (i + 1));
  const runs: TranslationRun[] = [];
  console.log(translationHead);
  for (const seed of flags.seed ?? [1]) {
    for (const name of names) {
      const run = await runTranslation(name, seed, { width, steps, batch, trained, lengths, count });
      console.log(translationLine(run));
      runs.push(run);
    }
  }
  if (!flags.record) return;
  const result = {
    date: new Date().toISOString(),
    trained,
    steps,
    width,
    batch,
    runs: merged(runs, { trained, steps, width, batch }),
  };
  writeFileSync(translationRecord, `${JSON.stringify(result, null, 1)}\n`);
  writeFileSync(translationDrawing, translationPicture(result));
}

/** Earlier runs of other models and seeds stay, where they were trained alike. */
function merged(runs: readonly TranslationRun[], options: Omit<TranslationResult, "date" | "runs">): TranslationRun[] {
  if (!existsSync(translationRecord)) return [...runs];
  const before = JSON.parse(readFileSync(translationRecord, "utf8")) as TranslationResult;
  const isAlike = Object.entries(options).every(([name, value]) => before[name as keyof TranslationResult] === value);
  const isNew = (old: TranslationRun): boolean =>
    !runs.some(({ model, seed }) => model === old.model && seed === old.seed);
  return [...(isAlike ? before.runs.filter(isNew) : []), ...runs];
}
