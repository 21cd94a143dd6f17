/** `selectron verify`: does the compiled model compute its program? Exit code 0: yes, 1: no. */
import {
  countInputs,
  displaySequence,
  encodeResult,
  position,
  verify,
  type Counterexample,
  type Json,
  type VerifyOptions,
  type VerifyReport,
} from "@selectron/rasp";
import type { Command } from "commander";
import { addCompileOptions, compileSelection, wholeNumber, type CompileSelection } from "../compile-options.js";
import { UsageError, type Context } from "../context.js";
import { statsJson } from "../describe-model.js";
import { useFastKernels } from "../model-file.js";

interface VerifyCommandOptions extends CompileSelection {
  readonly exhaustive?: boolean;
  readonly runs?: number;
  readonly seed: number;
  readonly json?: boolean;
}

/** Beyond this many inputs a sample is the better question. */
const MOST_INPUTS = 20_000_000;

/** Adds the command. */
export function registerVerify(program: Command, context: Context): void {
  addCompileOptions(program.command("verify").description("hold the compiled model to the interpreter"))
    .option("--exhaustive", "try every input up to the maximum length")
    .option("--runs <n>", "try so many random inputs", wholeNumber(1))
    .option("--seed <n>", "which random inputs; equal seeds, equal inputs", wholeNumber(0), 0)
    .option("--json", "one JSON object on standard output")
    .action(async (file: string, options: VerifyCommandOptions) => {
      const how = howToVerify(options);
      const { sop, model } = compileSelection(context, file, options);
      await useFastKernels();
      const report = verify(sop, model, how);
      if (!report.ok) context.exitCode = 1;
      if (options.json) context.printJson({ sop: options.sop, ...reportJson(report), stats: statsJson(model) });
      else context.print(reportText(options.sop, report));
    });
}

function howToVerify({ exhaustive, runs, seed, vocab, maxLength }: VerifyCommandOptions): VerifyOptions {
  if ((exhaustive === true) === (runs !== undefined))
    throw new UsageError("verify needs either --exhaustive or --runs N", "for example --runs 2000 --seed 1");
  if (runs !== undefined) return { runs, seed };
  const inputs = countInputs(vocab.length, maxLength);
  if (inputs > MOST_INPUTS)
    throw new UsageError(
      `there are ${inputs} inputs of up to ${maxLength} of ${vocab.length} tokens, too many to try each`,
      "use a smaller --max-length, fewer tokens, or --runs 2000",
    );
  return { exhaustive: true };
}

function reportJson({
  ok,
  exhaustive,
  inputs,
  withoutValue,
  maxLength,
  counterexample,
}: VerifyReport): Record<string, Json> {
  return {
    ok,
    exhaustive,
    inputs,
    withoutValue,
    maxLength,
    ...(counterexample ? { counterexample: counterexampleJson(counterexample) } : {}),
  };
}

function counterexampleJson({ input, expected, got, firstWrong }: Counterexample): Json {
  const start = firstWrong?.span && position(firstWrong.span.source, firstWrong.span.start);
  return {
    input: encodeResult(input).value,
    expected: encodeResult(expected).value,
    got: encodeResult(got).value,
    firstWrong: firstWrong
      ? {
          name: firstWrong.name,
          place: start ? { file: firstWrong.span!.source.file, ...start } : null,
          layer: firstWrong.layer,
          sublayer: firstWrong.sublayer,
          position: firstWrong.position,
          coordinates: firstWrong.coordinates.map((coordinate) => ({ ...coordinate })),
        }
      : null,
  };
}

/** The report in plain words. */
export function reportText(
  sop: string,
  { ok, exhaustive, inputs, withoutValue, maxLength, counterexample }: VerifyReport,
): string {
  const tried = exhaustive
    ? `all ${inputs} inputs of 1 to ${maxLength} tokens`
    : `${inputs} random inputs of 1 to ${maxLength} tokens`;
  const skipped =
    withoutValue === 0 ? "" : `\n${withoutValue} of them have no value in the program itself, and were not compared.`;
  if (ok) return `${sop}: the model agrees with the program on ${tried}.${skipped}`;
  const { input, expected, got, firstWrong } = counterexample!;
  return [
    `${sop}: the model is WRONG. The smallest input on which it differs:`,
    `  input     ${displaySequence(input)}`,
    `  program   ${displaySequence(expected)}`,
    `  model     ${displaySequence(got)}`,
    ...(firstWrong ? wrongText(firstWrong) : []),
  ].join("\n");
}

function wrongText({
  name,
  span,
  layer,
  sublayer,
  position: at,
  coordinates,
}: NonNullable<Counterexample["firstWrong"]>): string[] {
  const place = span && position(span.source, span.start);
  const where = place ? ` (${span.source.file}:${place.line}:${place.column})` : "";
  const worst = coordinates.reduce((a, b) => (Math.abs(b.holds - b.expected) > Math.abs(a.holds - a.expected) ? b : a));
  return [
    `The first s-op whose value in the residual stream is wrong: ${name}${where},`,
    `  after the ${sublayer} sublayer of layer ${layer}, at position ${at}: "${worst.name}" is ${worst.holds} instead of ${worst.expected}.`,
  ];
}
