/** The command line of the benchmarks. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { Argument, Command } from "commander";
import { collected, count, counts, duration, place, placeToWrite } from "./arguments.js";
import { chart } from "./chart.js";
import { Choice } from "./choice.js";
import { installPeers } from "./engines/peers.js";
import { measureSuites, suiteNames } from "./measure-suites.js";
import { fromJson, toJson } from "./report.js";
import { printClaims, type ClaimsFlags } from "./chapter/claims.js";
import { printFields, type FieldsFlags } from "./chapter/fields.js";
import { printFigures } from "./chapter/figures.js";
import { printPositions, type PositionsFlags } from "./chapter/positions.js";
import { printTranslation, type TranslationFlags } from "./chapter/translation.js";
import { printWork } from "./chapter/work.js";
import { printLengths, type LengthsOptions } from "./lengths.js";
import { printSizes } from "./sizes.js";
import { UsageError } from "./usage-error.js";

interface MeasureOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly out?: string;
  readonly chart?: string;
  readonly only?: readonly string[];
  readonly engine?: readonly string[];
}

interface ChartOptions {
  readonly chart: string;
  readonly only?: readonly string[];
}

function readResult(file: string): ReturnType<typeof fromJson> {
  const placed = place(file);
  if (!existsSync(placed)) throw new UsageError(`${file}: there is no such file. It takes results of --out.`);
  return fromJson(readFileSync(placed, "utf8"), file);
}

async function measureCommand(names: readonly string[], options: MeasureOptions): Promise<void> {
  const out = options.out === undefined ? undefined : placeToWrite("--out", options.out);
  const drawing = options.chart === undefined ? undefined : placeToWrite("--chart", options.chart);
  const choice = new Choice(options.only, options.engine);
  const measurements = await measureSuites(names, choice, options.rounds, options.seconds);
  if (out !== undefined) writeFileSync(out, toJson(names.join(" "), measurements));
  if (drawing !== undefined) writeFileSync(drawing, chart(measurements));
}

function chartCommand(files: readonly string[], options: ChartOptions): void {
  const drawing = placeToWrite("--chart", options.chart);
  const choice = new Choice(options.only);
  const measurements = files.flatMap(readResult).filter(({ comparison }) => choice.wants(comparison));
  if (measurements.length === 0) throw choice.nothing;
  writeFileSync(drawing, chart(measurements));
}

/** `npm run bench -- …`. A table on stdout, files only if asked. Its actions throw UsageErrors. */
export function benchProgram(): Command {
  const program = new Command("npm run bench --")
    .usage("[command] SUITE... [options]")
    .addHelpText("after", `\nSuites: ${suiteNames.join(", ")}`)
    .showHelpAfterError("(--help says more)");
  program
    .command("measure", { isDefault: true })
    .description("time the suites' candidates in turns, after each has proved its answer; this name may be left out")
    .addArgument(new Argument("<suites...>", "one or more").choices(suiteNames))
    .option("--rounds <n>", "how many turns each candidate has", count, 5)
    .option("--seconds <s>", "how long a turn takes, about", duration, 0.1)
    .option("--out <file>", "the numbers as JSON, with the machine")
    .option("--chart <file>", "the numbers as bars, SVG")
    .option("--only <text>", "the comparisons with such names; once or more", collected)
    .option("--engine <name>", "these candidates and no others; once or more", collected)
    .action(measureCommand);
  program
    .command("chart")
    .description("one chart of earlier results")
    .argument("<results...>", "JSON files of --out")
    .requiredOption("--chart <file>", "where to draw it, SVG")
    .option("--only <text>", "the comparisons with such names; once or more", collected)
    .action(chartCommand);
  program
    .command("sizes")
    .description("compiled sizes beside tracr's")
    .option("--out <document>", "also put them into this document, between its marks")
    .action(({ out }: { readonly out?: string }) => printSizes(out));
  program
    .command("lengths")
    .description(
      "how compiling the paper's programs grows with the maximum length, each compile in a process of its own",
    )
    .option("--program <name>", "one of them; once or more", collected)
    .option("--length <n>", "a maximum length in place of 8, 16, 32, … 1024; once or more", counts)
    .option("--letters <n>", "how many letters the programs of letters take, up to 27", count)
    .option("--limit <s>", "the time that a compile has", duration, 60)
    .option("--compare <folder>", "another checkout, built, whose compiler takes turns with this one's")
    .option("--out <file>", "the numbers as JSON")
    .option("--record", "keep the numbers in bench/results/lengths.json, and draw docs/pictures/lengths.svg from them")
    .action((options: LengthsOptions) => printLengths(options));
  chapterCommands(program);
  program.command("peers:install").description("bring the other engines, 500 MB").action(installPeers);
  return program;
}

/** Trainings of the founding chapter's systems; docs/chapter.md has what they gave. */
function chapterCommands(program: Command): void {
  program
    .command("translation")
    .description(
      "recurrent encoder–decoders and a Transformer on a generated language pair, by the length of sentences",
    )
    .option("--model <name>", "gru, lstm, either with attention, or transformer; once or more", collected)
    .option("--seed <n>", "in place of 1; once or more", counts)
    .option("--steps <n>", "of the training", count, 3000)
    .option("--width <n>", "of embeddings and states", count, 64)
    .option("--batch <n>", "sentences in a step", count, 32)
    .option("--trained <n>", "the longest source of the training", count, 30)
    .option("--longest <n>", "the longest source of the test", count, 60)
    .option("--count <n>", "sentences of each length in the test", count, 100)
    .option("--record", "keep the numbers in bench/results/translation.json, and draw docs/pictures/translation.svg")
    .action((options: TranslationFlags) => printTranslation(options));
  program
    .command("positions")
    .description(
      "every positional encoding on copying, induction and addition, at 1, 2, 4 and 8 times the trained length",
    )
    .option("--encoding <name>", "one of them; once or more", collected)
    .option("--task <name>", "copy, induction or addition; once or more", collected)
    .option("--seed <n>", "in place of 1; once or more", counts)
    .option("--steps <n>", "of each training", count, 800)
    .option("--width <n>", "of the model", count, 64)
    .option("--batch <n>", "rows in a step", count, 32)
    .option("--count <n>", "rows of each test", count, 100)
    .option("--record", "keep the numbers in bench/results/positions.json")
    .action((options: PositionsFlags) => printPositions(options));
  program
    .command("fields")
    .description(
      "vision Transformers on digits and shapes, a masked language model with a classifier, a finder of motifs, melodies heard",
    )
    .option("--only <name>", "digits, shapes, masked, motif or sound; once or more", collected)
    .option("--seed <n>", "in place of 1; once or more", counts)
    .option("--steps <n>", "of each training", count, 800)
    .option("--width <n>", "of the models", count, 48)
    .action((options: FieldsFlags) => printFields(options));
  program
    .command("work")
    .description("counted multiply-adds of models of several sizes beside the time of a forward pass")
    .option("--record", "keep the numbers in bench/results/work.json")
    .action((options: { readonly record?: boolean }) => printWork(options));
  program.command("figures").description("the chapter's figures, into docs/pictures").action(printFigures);
  program
    .command("claims")
    .description("what the chapter claims of attention, measured on compiled, trained and untrained models")
    .option("--steps <n>", "of the training", count, 600)
    .option("--seed <n>", "of the model and its training", count, 1)
    .option("--out <document>", "where the document goes")
    .action((options: ClaimsFlags) => printClaims(options));
}
