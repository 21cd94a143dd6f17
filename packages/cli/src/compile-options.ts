/** The options that `compile` and `verify` share: the s-ops of a program, and the inputs to compile them for. */
import { compile, RaspError, readInput } from "@selectron/rasp";
import type { Atom, CompiledModel, Environment, Shard, SOp } from "@selectron/rasp";
import { SIGNIFICANT_BITS, type Precision } from "@selectron/core";
import { InvalidArgumentError, Option, type Command } from "commander";
import { UsageError, type Context } from "./context.js";
import { runProgram } from "./files/program-file.js";
import { withProgress } from "./text/progress.js";

export interface CompileSelection {
  /** A name, or several with commas between. */
  readonly sop: string;
  readonly vocab: readonly Atom[];
  readonly maxLength: number;
  readonly causal?: boolean;
  readonly precision?: Precision;
  readonly json?: boolean;
  /** What the inputs are promised to be, as an expression. */
  readonly promise?: string;
  readonly mark?: boolean;
  /** A folder for another tool; `gpt2` is compiled for. */
  readonly format?: string;
}

/**
 * Adds FILE, --sop, --vocab, --max-length, --causal, --precision, --promise and --mark.
 *
 * @param isCompiled - whether FILE is always a program that is compiled, which takes the first three
 */
export function addCompileOptions(command: Command, isCompiled = true): Command {
  return command
    .argument("<file>", "the RASP program; - reads standard input")
    .addOption(
      new Option("--sop <name>", "the s-op to compile; several share a model: hist,sort").makeOptionMandatory(
        isCompiled,
      ),
    )
    .addOption(
      new Option("--vocab <tokens>", 'the tokens: a,b,c, or a RASP list such as [1,2,"a,b"]')
        .argParser(parseVocabulary)
        .makeOptionMandatory(isCompiled),
    )
    .addOption(
      new Option("--max-length <n>", "the longest input, BOS not counted")
        .argParser(wholeNumber(1))
        .makeOptionMandatory(isCompiled),
    )
    .option("--causal", "as a decoder: no position sees a later one; warns where the program looks ahead")
    .addOption(
      new Option("--precision <format>", "for hardware that rounds the operands of matrix products")
        .choices(Object.keys(SIGNIFICANT_BITS))
        .default("float32"),
    )
    .option("--promise <expr>", "only for inputs on which this s-op is True at every position")
    .option("--mark", "the model also tells on which inputs the program has no value");
}

/** A parser of options that are whole numbers. @throws InvalidArgumentError below the minimum or above the maximum */
export const wholeNumber =
  (minimum: number, maximum = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < minimum || value > maximum) {
      const range = maximum === Number.MAX_SAFE_INTEGER ? `${minimum} or more` : `from ${minimum} to ${maximum}`;
      throw new InvalidArgumentError(`It must be a whole number, ${range}.`);
    }
    return value;
  };

/** The value of --shard. */
export function parseShard(text: string): Shard {
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? [];
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(count) || index! < 1 || index! > count!) {
    throw new InvalidArgumentError("Write i/n: part i, from 1 to n, of n parts.");
  }
  return { index: index!, count: count! };
}

/** The value of --vocab. */
export function parseVocabulary(text: string): readonly Atom[] {
  if (text.startsWith("[")) return listOf(text);
  const tokens = text.split(",");
  if (tokens.includes("")) throw new InvalidArgumentError('There is an empty token; write a,b,c or ["a",","].');
  return tokens;
}

/** The tokens of a RASP list. @throws RaspError for what is no RASP, InvalidArgumentError for what is no list of atoms */
function listOf(text: string): readonly Atom[] {
  try {
    return readInput(text, "--vocab");
  } catch (error) {
    if (!(error instanceof RaspError) || error.diagnostic.span) throw error;
    throw new InvalidArgumentError('Write one token or more: a,b,c or [1,2,"a,b"].');
  }
}

/** What a program is compiled to: its s-ops by name. */
interface Selected {
  readonly sops: Readonly<Record<string, SOp>>;
  readonly promise: SOp | undefined;
}

/** The vocabulary is the running example, since a program for numbers may have no value on letters. */
export function selectSOps(context: Context, file: string, selection: CompileSelection): Selected {
  const { sop, vocab, maxLength, promise } = selection;
  const names = sop.split(",");
  if (names.includes("")) throw new UsageError(`--sop "${sop}" has an empty name`, "name s-ops as in --sop hist,sort");
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) throw new UsageError(`s-op ${repeated} is asked for twice`, "name each s-op once");
  const program = runProgram(context, file, vocab.slice(0, maxLength));
  const sops = Object.fromEntries(names.map((name) => [name, program.sop(name)]));
  return { sops, promise: promise === undefined ? undefined : promiseOf(program, promise) };
}

/** @throws RaspError, UsageError where the expression is no s-op */
function promiseOf(program: Environment, text: string): SOp {
  const value = program.evaluateExpression(text, "--promise");
  if (value.kind === "s-op") return value.node;
  throw new UsageError(
    `--promise ${text} is no s-op`,
    'give what is True at every position, such as --promise "selector_width(select(tokens, \\"+\\", ==)) == 1"',
  );
}

/** @throws UsageError where a token is in the vocabulary twice */
export function checkDistinct(vocabulary: readonly Atom[]): void {
  const repeated = vocabulary.find((token, i) => vocabulary.indexOf(token) !== i);
  if (repeated !== undefined) {
    throw new UsageError(`token ${String(repeated)} is in the vocabulary twice`, "name each token once");
  }
}

/** @throws UsageError where a GPT-2 cannot be what the options say */
function checkGpt2({ sop, causal, precision, mark }: CompileSelection): void {
  const must = (holds: boolean, problem: string, suggestion: string): void => {
    if (!holds) throw new UsageError(problem, suggestion);
  };
  must(causal === true, "a GPT-2 is a decoder: no position sees a later one", "add --causal");
  must(!sop.includes(","), `a GPT-2 has one answer at each position, and --sop names ${sop}`, "name one s-op");
  must(mark !== true, "a GPT-2 has one answer at each position, and no marks beside it", "leave --mark out");
  must(
    precision === undefined || precision === "float32",
    `a GPT-2 is compiled for float32, and not for ${precision}`,
    "leave --precision out",
  );
}

/** @throws RaspError with the place in the program, UsageError */
export function compileSelection(
  context: Context,
  file: string,
  options: CompileSelection,
): { sops: Readonly<Record<string, SOp>>; model: CompiledModel } {
  checkDistinct(options.vocab);
  if (options.format === "gpt2") checkGpt2(options);
  const { sops, promise } = selectSOps(context, file, options);
  const { vocab: vocabulary, maxLength, causal = false, precision = "float32", mark = false } = options;
  const model = withProgress(context, options, (report) =>
    compile(sops, {
      vocabulary,
      maxLength,
      causal,
      precision,
      promise,
      mark,
      ...(options.format === "gpt2" ? { format: "gpt2" } : {}),
      onProgress: (done, total, part) => report("compiling", done, total, part),
    }),
  );
  context.warn(model.warnings);
  return { sops, model };
}
