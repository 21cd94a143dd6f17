/** `selectron eval`: the values of an s-op, a selector or an expression; with `--batch`, of many cases. */
import {
  applyTo,
  causal,
  displayValue,
  encodeResult,
  encodeValue,
  isMatrix,
  loopSteps,
  type Atom,
  type Json,
  type LoopSteps,
  type Value,
} from "@selectron/rasp";
import type { Command } from "commander";
import { answerCases } from "../batch.js";
import { UsageError, type Context } from "../context.js";
import { readTextOrStdin } from "../files/files.js";
import { parseInput } from "../input.js";
import { runProgram } from "../files/program-file.js";
import { stepsJson, stepsText } from "../text/steps-text.js";

interface EvalOptions {
  readonly sop?: string;
  readonly expr?: string;
  readonly input?: string;
  readonly batch?: string;
  readonly causal?: boolean;
  readonly steps?: boolean;
  readonly json?: boolean;
}

/** Adds the command. */
export function registerEval(program: Command, context: Context): void {
  program
    .command("eval")
    .description("values of an s-op, a selector or an expression on an input")
    .argument("[file]", "the RASP program; - reads standard input")
    .option("--sop <name>", "the s-op, selector or other name to evaluate")
    .option("--expr <expression>", "an expression to evaluate after the file, instead of a name")
    .option("--input <literal>", '"hello", [1,2,3], or bare text; the running example if absent')
    .option(
      "--batch <cases>",
      "JSON lines {id, program, expr, inputSrc} to answer, one line each; - reads standard input",
    )
    .option("--causal", "what a decoder computes: no position sees a later one")
    .option("--steps", "also what its loops do: their states before the first step and after each")
    .option("--json", "one JSON object on standard output; JSON lines with --batch")
    .action((file: string | undefined, options: EvalOptions) => {
      if (options.batch !== undefined) {
        if (file !== undefined) throw new UsageError("--batch takes its programs from the cases, not from a file");
        const unused = (["sop", "expr", "input", "causal", "steps"] as const).find(
          (name) => options[name] !== undefined,
        );
        if (unused !== undefined) {
          throw new UsageError(
            `--batch takes what to evaluate from the cases, not from --${unused}`,
            `leave out --${unused}`,
          );
        }
        answerCases(context, readTextOrStdin(context, options.batch));
      } else {
        evaluateFile(context, file, options);
      }
    });
}

function evaluateFile(context: Context, file: string | undefined, options: EvalOptions): void {
  const { sop, expr, input, json } = options;
  if (file === undefined && expr === undefined) {
    throw new UsageError("eval needs a program", 'selectron eval FILE --sop NAME --input "hello"');
  }
  if ((sop === undefined) === (expr === undefined)) {
    throw new UsageError(
      "eval needs either --sop NAME or --expr EXPRESSION",
      'for example --expr "tokens == tokens[0]"',
    );
  }
  const given = input === undefined ? undefined : parseInput(input);
  const environment = runProgram(context, file, given);
  const named = sop === undefined ? environment.evaluateExpression(expr!) : environment.get(sop);
  const value = options.causal ? asDecoder(named) : named;
  context.warn(environment.takeWarnings());
  const atoms = given ?? environment.example;
  const answer = applyTo(value, atoms);
  const loops = options.steps ? stepsOf(value, atoms) : undefined;
  if (json) {
    context.printJson({ ...asJson(value, answer, atoms), ...(loops ? { loops: loops.map(stepsJson) } : {}) });
    return;
  }
  for (const loop of loops ?? []) context.print(stepsText(loop));
  context.print(displayValue(answer));
}

/** @throws UsageError for what is no s-op */
function stepsOf(value: Value, input: readonly Atom[]): readonly LoopSteps[] {
  if (value.kind === "s-op") return loopSteps(value.node, input);
  throw new UsageError(
    "--steps is for s-ops: what the loops do that they are made of",
    "name an s-op, or leave --steps out",
  );
}

/** The s-op or selector that a decoder computes. @throws UsageError for other values */
function asDecoder(value: Value): Value {
  if (value.kind === "s-op") return { ...value, node: causal(value.node) };
  if (value.kind === "selector") return { ...value, node: causal(value.node) };
  throw new UsageError("--causal is for s-ops and selectors", "name one, or leave --causal out");
}

function asJson(value: Value, answer: Value, input: readonly Atom[]): Record<string, Json> {
  const type = value.kind === "applied" ? (isMatrix(value.result) ? "selector" : "s-op") : value.kind;
  return { type, input: encodeResult(input).value, ...encodeValue(answer) };
}
