/** What the commands do with decoders that have a scratchpad: `compile --scratchpad`, `verify --scratchpad`, and `run` on a file of one. */
import { printable, shortened, weightsChecksum } from "@selectron/core";
import {
  atomText,
  compileScratchpad,
  countInputs,
  describeAtom,
  displaySequence,
  encodeResult,
  ScratchpadModel,
  verifyScratchpad,
  type Atom,
  type CompiledModel,
  type Json,
  type ScratchpadReport,
  type SOp,
  type WrittenLine,
} from "@selectron/rasp";
import { checkDistinct, selectSOps, type CompileSelection } from "./compile-options.js";
import { ExitCode, UsageError, type Context } from "./context.js";
import { checkPlace, readBytes, writeOut } from "./files/files.js";
import { compiledModel, formatOf, useFastKernels } from "./files/model-file.js";
import { runProgram } from "./files/program-file.js";
import { certificateJson, certificateText, statsJson, statsText } from "./text/describe-model.js";
import { withProgress } from "./text/progress.js";
import { counted, shownValues } from "./text/words.js";

/** The options of `compile` and `verify` that a scratchpad does not go with. */
interface OtherOptions extends CompileSelection {
  readonly circuit?: string;
}

/** @throws UsageError where the options ask for what such a decoder is not */
function checkOptions(options: Partial<OtherOptions>): void {
  const { precision = "float32", sop } = options;
  const said = (["causal", "promise", "mark", "format", "circuit"] as const).find(
    (name) => options[name] !== undefined,
  );
  if (said !== undefined || precision !== "float32") {
    throw new UsageError(`--scratchpad does not go with --${said ?? "precision"}`, "leave one of them out");
  }
  if (sop?.includes(",")) {
    throw new UsageError(`a scratchpad ends with one answer, and --sop names ${sop}`, "name one s-op");
  }
}

/** @throws RaspError with the place in the program, UsageError */
function compiledFrom(
  context: Context,
  file: string,
  options: CompileSelection,
): { readonly sop: SOp; readonly model: ScratchpadModel } {
  checkOptions(options);
  const { vocab: vocabulary, maxLength, sop: name } = options;
  checkDistinct(vocabulary);
  const sop = selectSOps(context, file, options).sops[name]!;
  return { sop, model: compileScratchpad(sop, { vocabulary, maxLength, name }) };
}

/** `compile --scratchpad`. @throws RaspError with the place in the program, UsageError */
export function compileToScratchpad(
  context: Context,
  file: string,
  options: OtherOptions & { readonly output: string },
): void {
  const { output, sop, maxLength, json } = options;
  checkOptions(options);
  const encode = formatOf(output);
  checkPlace(context, output);
  const scratchpad = compiledFrom(context, file, options).model;
  const { model, maxSteps } = scratchpad;
  writeOut(context, output, encode(model));
  const lines = scratchpad.lines.map(({ name, part }) => ({ name, part }));
  if (json) {
    context.printJson({
      output,
      sop,
      maxLength,
      scratchpad: { context: model.card.maxLength, maxSteps, lines },
      stats: statsJson(model),
      certificate: certificateJson(model),
    });
    return;
  }
  context.print(
    [
      `wrote ${output}: ${sop}, up to ${maxLength} tokens, with a scratchpad of up to ${model.card.maxLength - maxLength} more for ${counted(maxSteps, "step")}`,
      linesText(scratchpad),
      statsText(model),
      certificateText(model),
    ].join("\n"),
  );
}

/** Which lines it writes. */
function linesText({ lines }: ScratchpadModel): string {
  const of = (...parts: readonly (typeof lines)[number]["part"][]): string =>
    lines.flatMap(({ name, part }) => (parts.includes(part) ? [printable(name)] : [])).join(", ");
  return `it writes ${of("before", "first")}; in each step ${of("ask", "step", "state")}; at the end ${of("after")}`;
}

/** `run` on a model that writes a scratchpad. @throws ModelInputError, RaspError */
export function runScratchpad(context: Context, model: CompiledModel, input: readonly Atom[], json: boolean): void {
  const { name } = model.card;
  const { values, steps, lines } = new ScratchpadModel(model).write(input);
  if (json) {
    context.printJson({ sop: name, ...encodeResult(values), steps, lines: lines.map(lineJson) });
    return;
  }
  const width = Math.max(...lines.map((line) => printable(line.name).length));
  context.print(
    [
      ...lines.map((line) => `${printable(line.name).padEnd(width)}  ${shortened(textOf(line), 2000)}`),
      shownValues(values),
    ].join("\n"),
  );
}

const textOf = ({ values }: WrittenLine): string => values.map((value) => printable(describeAtom(value))).join(" ");

const lineJson = ({ name, step, values }: WrittenLine): Json => ({ name, step, value: encodeResult(values).value });

interface VerifyOptions extends Partial<CompileSelection> {
  readonly exhaustive?: boolean;
  readonly runs?: number;
  readonly seed: number;
  readonly shard?: unknown;
}

/** More tokens are not compared. */
const MOST_INPUTS = 1_000_000;

/**
 * `verify --scratchpad`: of a program, which is compiled, or of a file and its program.
 *
 * @throws RaspError with the place in the program, UsageError
 */
export async function verifyWithScratchpad(
  context: Context,
  file: string,
  source: string | undefined,
  options: VerifyOptions,
): Promise<void> {
  if (options.shard !== undefined) {
    throw new UsageError("--scratchpad does not go with --shard", "leave one of them out");
  }
  const { sop, model } =
    source === undefined ? compiled(context, file, options) : fromFile(context, file, source, options);
  const how = howToVerify(model, options);
  await useFastKernels();
  const report = withProgress(context, options, (tell) =>
    verifyScratchpad(sop, model, how, (done, total) => tell("comparing", done, total)),
  );
  if (!report.ok) context.exitCode = ExitCode.No;
  const { name } = model.model.card;
  if (options.json) context.printJson(reportJson(name, report, model));
  else context.print(reportText(name, report, model, "exhaustive" in how));
}

function compiled(context: Context, file: string, options: VerifyOptions): ReturnType<typeof compiledFrom> {
  const missing = (
    [
      ["--sop <name>", "sop"],
      ["--vocab <tokens>", "vocab"],
      ["--max-length <n>", "maxLength"],
    ] as const
  ).find(([, name]) => options[name] === undefined);
  if (missing) {
    throw new UsageError(
      `required option '${missing[0]}' not specified`,
      "or give a file that `compile --scratchpad` wrote, and its program",
    );
  }
  return compiledFrom(context, file, options as CompileSelection);
}

function fromFile(
  context: Context,
  file: string,
  source: string,
  options: VerifyOptions,
): ReturnType<typeof compiledFrom> {
  checkOptions(options);
  const said = (["vocab", "maxLength"] as const).find((name) => options[name] !== undefined);
  if (said !== undefined) {
    throw new UsageError(
      `--${said === "vocab" ? said : "max-length"} is what the file was compiled with`,
      "leave it out",
    );
  }
  const model = new ScratchpadModel(compiledModel(context, file, readBytes(context, file)));
  const program = runProgram(context, source, model.inputs.slice(0, model.maxLength));
  return { sop: program.sop(options.sop ?? model.model.card.name), model };
}

function howToVerify(
  { inputs, maxLength }: ScratchpadModel,
  { exhaustive, runs, seed }: VerifyOptions,
): { readonly exhaustive: true } | { readonly runs: number; readonly seed: number } {
  if ((exhaustive === true) === (runs !== undefined)) {
    throw new UsageError("verify needs either --exhaustive or --runs N", "for example --runs 2000 --seed 1");
  }
  if (runs !== undefined) return { runs, seed };
  const count = countInputs(inputs.length, maxLength);
  if (count <= MOST_INPUTS) return { exhaustive: true };
  throw new UsageError(
    `there are ${count} inputs of up to ${maxLength} of ${inputs.length} tokens, too many to try each`,
    "use a smaller --max-length, fewer tokens, or --runs 2000",
  );
}

function reportText(name: string, report: ScratchpadReport, model: ScratchpadModel, exhaustive: boolean): string {
  const { ok, inputs, withoutValue, wrong, steps, tokens, counterexample } = report;
  const tried = `${exhaustive ? "all " : ""}${inputs}${exhaustive ? "" : " random"} inputs of 1 to ${model.maxLength} tokens`;
  const skipped =
    withoutValue === 0 ? "" : `\n${withoutValue} of them have no value in the program itself, and were not compared.`;
  const sop = printable(name);
  if (ok) {
    return `${sop}: the model writes what the program says on ${tried}: ${counted(steps, "step")}, ${counted(tokens, "token")}.${skipped}`;
  }
  const { input, step, name: line, position, expected, got } = counterexample!;
  const place =
    step === undefined
      ? "at the end"
      : `in line ${printable(line)} behind ${counted(step, "step")}, at position ${position}`;
  const wanted = step === undefined ? "nothing more" : printable(describeAtom(expected));
  return [
    `${sop}: the model is WRONG on ${wrong} of ${tried}.${skipped}`,
    `  input     ${shortened(displaySequence(input), 2000)}`,
    `  ${place}:`,
    `  program   ${wanted}`,
    `  model     ${printable(atomText(got))}`,
  ].join("\n");
}

function reportJson(sop: string, report: ScratchpadReport, { model }: ScratchpadModel): Readonly<Record<string, Json>> {
  const { counterexample, ...counts } = report;
  return {
    sop,
    ...counts,
    ...(counterexample ? { counterexample: wrongJson(counterexample) } : {}),
    weights: weightsChecksum(model.model.parameters()),
    stats: statsJson(model),
  };
}

const wrongJson = ({
  input,
  step,
  name,
  position,
  expected,
  got,
}: NonNullable<ScratchpadReport["counterexample"]>): Json => ({
  input: encodeResult(input).value,
  step: step ?? null,
  line: name,
  position,
  expected: encodeResult([expected]).value,
  got: encodeResult([got]).value,
});
