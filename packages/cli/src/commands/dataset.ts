/**
 * `selectron dataset`: random programs with their weights and values, as training data for decompilers; with `--format` a benchmark, in
 * families of models whose circuits are known.
 */
import {
  BENCHMARK_FORMATS,
  cost,
  dataset,
  encodeResult,
  FAMILIES,
  familiesOf,
  type BenchmarkFormat,
  type Family,
  type Sample,
} from "@selectron/rasp";
import { InvalidArgumentError, Option, type Command } from "commander";
import { checkDistinct, parseVocabulary, wholeNumber } from "../compile-options.js";
import { UsageError, type Context } from "../context.js";
import { writeBenchmark } from "../dataset/benchmark.js";
import { DatasetFolder, modelName, type IndexLine } from "../dataset/folder.js";
import { statsJson } from "../text/describe-model.js";
import { withProgress, type Report } from "../text/progress.js";
import { useFastKernels } from "../files/model-file.js";

interface DatasetCommandOptions {
  readonly count: number;
  readonly seed: number;
  readonly output: string;
  readonly vocab: ReturnType<typeof parseVocabulary>;
  readonly maxLength?: number;
  readonly lines: number;
  readonly examples: number;
  readonly format?: BenchmarkFormat;
  readonly families?: readonly Family[];
  readonly layers: number;
  readonly unproved?: boolean;
  readonly json?: boolean;
}

/** The longest inputs by default. Models in other bases are proved for shorter ones. */
const [MAX_LENGTH, BENCHMARK_LENGTH] = [8, 6];

/** Adds the command. */
export function registerDataset(program: Command, context: Context): void {
  program
    .command("dataset")
    .description("random programs, their weights and input/output pairs; equal options give equal bytes")
    .requiredOption("--count <n>", "how many programs", wholeNumber(1))
    .requiredOption("--seed <n>", "which programs", wholeNumber(0))
    .option("-o, --output <folder>", "where programs.jsonl and models/ go", "dataset")
    .option("--vocab <tokens>", "the tokens, strings: a,b,c", parseVocabulary, ["a", "b", "c", "d"])
    .option(
      "--max-length <n>",
      `the longest input, BOS not counted (default: ${MAX_LENGTH}, with --format ${BENCHMARK_LENGTH})`,
      wholeNumber(1, 1000),
    )
    .option("--lines <n>", "the most lines of a program", wholeNumber(2, 1000), 8)
    .option(
      "--examples <n>",
      "input/output pairs of each program; with --format as many to train and to test on",
      wholeNumber(1, 100_000),
      32,
    )
    .addOption(
      new Option("--format <name>", "a benchmark: families of models with circuits, in this format").choices(
        BENCHMARK_FORMATS,
      ),
    )
    .option(
      "--families <names>",
      `with --format: which of ${FAMILIES.join(", ")} (default: all that the format has)`,
      parseFamilies,
    )
    .option("--layers <n>", "with --format: the most layers", wholeNumber(1, 16), 3)
    .option("--unproved", "with --format: also models that are not proved; the index marks them")
    .option("--json", "one JSON object on standard output")
    .action(async (options: DatasetCommandOptions) => {
      await useFastKernels();
      const { count, seed, output, json } = options;
      const { format } = options;
      withProgress(context, options, (report) =>
        format ? writeCases(context, { ...options, format }, report) : writeSamples(context, options, report),
      );
      if (json) {
        context.printJson({ output, count, seed });
      } else if (format) {
        context.print(`wrote ${output}/benchmark_metadata.json and ${output}/cases: ${count} models, seed ${seed}`);
      } else {
        context.print(`wrote ${output}/programs.jsonl and ${output}/models: ${count} programs, seed ${seed}`);
      }
    });
}

function parseFamilies(text: string): readonly Family[] {
  const names = text.split(",");
  const unknown = names.find((name) => !FAMILIES.some((family) => family === name));
  if (unknown !== undefined) {
    throw new InvalidArgumentError(`there is no family "${unknown}"; there are ${FAMILIES.join(", ")}`);
  }
  return names as readonly Family[];
}

function tokensOf({ vocab }: DatasetCommandOptions): string[] {
  const vocabulary = vocab.map((token) => {
    if (typeof token === "string") return token;
    throw new UsageError(`token ${String(token)} is not a string`, "use strings: --vocab a,b,c");
  });
  checkDistinct(vocabulary);
  return vocabulary;
}

function writeCases(
  context: Context,
  options: DatasetCommandOptions & { readonly format: BenchmarkFormat },
  report: Report,
): void {
  const { output, count, seed, format, maxLength = BENCHMARK_LENGTH, lines, layers, examples } = options;
  const families = options.families ?? familiesOf(format);
  const vocabulary = tokensOf(options);
  const drawn = { count, seed, families, format, vocabulary, maxLength, lines, layers, examples };
  writeBenchmark(context, output, { ...drawn, ...(options.unproved ? { unproved: true } : {}) }, report);
}

/** Writes the models and their index, after those that are there already. */
function writeSamples(context: Context, options: DatasetCommandOptions, report: Report): void {
  const vocabulary = tokensOf(options);
  const { count, seed, maxLength = MAX_LENGTH, lines, examples } = options;
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
