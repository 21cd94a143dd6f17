/** `selectron dataset`: random programs with their weights and values, as training data for decompilers. */
import { cost, dataset, encodeResult, type Sample } from "@selectron/rasp";
import type { Command } from "commander";
import { checkDistinct, parseVocabulary, wholeNumber } from "../compile-options.js";
import { UsageError, type Context } from "../context.js";
import { DatasetFolder, modelName, type IndexLine } from "../dataset/folder.js";
import { statsJson } from "../text/describe-model.js";
import { withProgress, type Report } from "../text/progress.js";
import { useFastKernels } from "../files/model-file.js";

interface DatasetCommandOptions {
  readonly count: number;
  readonly seed: number;
  readonly output: string;
  readonly vocab: ReturnType<typeof parseVocabulary>;
  readonly maxLength: number;
  readonly lines: number;
  readonly examples: number;
  readonly json?: boolean;
}

/** Adds the command. */
export function registerDataset(program: Command, context: Context): void {
  program
    .command("dataset")
    .description("random programs, their weights and input/output pairs; equal options give equal bytes")
    .requiredOption("--count <n>", "how many programs", wholeNumber(1))
    .requiredOption("--seed <n>", "which programs", wholeNumber(0))
    .option("-o, --output <folder>", "where programs.jsonl and models/ go", "dataset")
    .option("--vocab <tokens>", "the tokens, strings: a,b,c", parseVocabulary, ["a", "b", "c", "d"])
    .option("--max-length <n>", "the longest input, BOS not counted", wholeNumber(1, 1000), 8)
    .option("--lines <n>", "the most lines of a program", wholeNumber(2, 1000), 8)
    .option("--examples <n>", "input/output pairs of each program", wholeNumber(1, 100_000), 32)
    .option("--json", "one JSON object on standard output")
    .action(async (options: DatasetCommandOptions) => {
      await useFastKernels();
      const { count, seed, output, json } = options;
      withProgress(context, options, (report) => writeSamples(context, options, report));
      if (json) context.printJson({ output, count, seed });
      else context.print(`wrote ${output}/programs.jsonl and ${output}/models: ${count} programs, seed ${seed}`);
    });
}

/** Writes the models and their index, after those that are there already. */
function writeSamples(context: Context, options: DatasetCommandOptions, report: Report): void {
  const vocabulary = options.vocab.map((token) => {
    if (typeof token === "string") return token;
    throw new UsageError(`token ${String(token)} is not a string`, "use strings: --vocab a,b,c");
  });
  checkDistinct(vocabulary);
  const { count, seed, maxLength, lines, examples } = options;
  const folder = new DatasetFolder(context, options.output, count, { seed, vocabulary, maxLength, lines, examples });
  let done = folder.programs.length;
  try {
    const drawn = { count, seed, vocabulary, maxLength, lines, examples };
    for (const sample of dataset(drawn, folder.programs)) {
      folder.add(lineOf(done, sample), sample.model.toSafetensors());
      report("programs", ++done, count);
    }
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
  folder.finish();
}

function lineOf(index: number, sample: Sample): IndexLine {
  const { layers, headsPerLayer } = cost(sample.sop);
  return {
    id: String(index).padStart(6, "0"),
    program: sample.program,
    sop: "result",
    vocabulary: encodeResult(sample.model.card.vocabulary).value,
    maxLength: sample.model.card.maxLength,
    cost: { layers, headsPerLayer },
    model: modelName(index),
    stats: statsJson(sample.model),
    examples: sample.examples.map(({ input, output }) => {
      const { value, kinds } = encodeResult(output);
      return { input: encodeResult(input).value, output: value, kinds: kinds! };
    }),
  };
}
