/** `selectron run`: runs a compiled or trained model on an input. It needs only the model's file. */
import { printable } from "@selectron/core";
import {
  withProgram,
  encodeResult,
  inputAtoms,
  isLoopedModel,
  type Atom,
  type CompiledModel,
  type Json,
  type Plain,
  type TracedSOp,
} from "@selectron/rasp";
import { isTrainedEncoder } from "@selectron/rasp/decompile";
import type { Command } from "commander";
import { attentionText } from "../text/attention-text.js";
import { wholeNumber } from "../compile-options.js";
import { UsageError, type Context } from "../context.js";
import { namesIn, readBytes } from "../files/files.js";
import { parseInput } from "../input.js";
import { runLooped } from "../looped/run-looped.js";
import { runProgram } from "../files/program-file.js";
import { traceText } from "../text/trace-text.js";
import { compiledModel, useFastKernels } from "../files/model-file.js";
import { isSequenceModel, refuseCheckpoint } from "../files/sequence-model.js";
import { runScratchpad } from "../scratchpad.js";
import { runSequenceModel } from "../run-sequence.js";
import { shownValues } from "../text/words.js";
import { runTrained } from "../run-trained.js";

interface RunOptions {
  readonly input: string;
  readonly attention?: boolean;
  readonly generate?: number;
  readonly trace?: boolean;
  readonly program?: string;
  readonly steps?: boolean;
  readonly json?: boolean;
}

const BROKEN_PROMISE =
  "warning: this input breaks the promise that the model was compiled for, so that the answer means nothing";

/** Adds the command. */
export function registerRun(program: Command, context: Context): void {
  // Long: the options, and what each kind of model does with them.
  program
    .command("run")
    .description("run a model alone")
    .argument("<model>", "a file that `selectron compile` or `selectron train` wrote, or the folder of a training")
    .requiredOption("--input <literal>", '"hello", [1,2,3], or bare text')
    .option("--attention", "also show what each head attends to")
    .option("--generate <n>", "of a causal model: write up to n tokens after the input", wholeNumber(1))
    .option("--trace", "the value of each s-op after each sublayer; needs the program")
    .option("--steps", "of a model with a loop: also show its states after each step")
    .option("--program <file>", "the RASP program that the model was compiled from")
    .option("--json", "one JSON object on standard output")
    .action(async (given: string, options: RunOptions) => {
      const file = modelIn(context, given);
      const { input } = options;
      const bytes = readBytes(context, file);
      const atoms = parseInput(input);
      await useFastKernels();
      if (isLoopedModel(bytes)) {
        runLooped(context, file, bytes, atoms, options);
        return;
      }
      checkHasNoSteps(options);
      if (isSequenceModel(bytes)) {
        checkTrainedOptions(options);
        runSequenceModel(context, file, bytes, atoms, options);
        return;
      }
      refuseCheckpoint(file, bytes);
      if (isTrainedEncoder(bytes)) {
        checkTrainedOptions(options);
        runTrained(context, file, bytes, atoms, options);
        return;
      }
      const model = compiledModel(context, file, bytes);
      const { generate, trace, attention, json } = options;
      if (model.card.scratchpad && generate === undefined && !trace && !attention) {
        runScratchpad(context, model, atoms, json === true);
        return;
      }
      runCompiled(context, model, atoms, options);
    });
}

/** What a compiled model answers, or what the options ask for instead. @throws UsageError, ModelInputError */
function runCompiled(
  context: Context,
  model: CompiledModel,
  atoms: readonly Atom[],
  { attention, generate, trace, program: source, json }: RunOptions,
): void {
  if (generate !== undefined) return writeTokens(context, model, atoms, generate, json === true);
  if (trace) return showTrace(context, model, atoms, source, json === true);
  const outputs = model.outputs([atoms]).map(([values], o) => ({ name: model.card.outputs[o]!.name, values: values! }));
  const [failure] = model.card.failures ? model.failures([atoms])[0]! : [];
  const kept = model.keepsPromise(atoms);
  if (json) {
    const noValue = model.card.failures ? { noValue: failure ? { ...failure } : null } : {};
    context.printJson({
      ...outputsJson(outputs, failure !== undefined),
      ...noValue,
      ...(model.promise ? { promised: kept } : {}),
    });
  } else {
    context.print(
      failure ? `no value: ${printable(failure.what)} has none at position ${failure.position}` : outputsText(outputs),
    );
  }
  if (!kept) context.say(BROKEN_PROMISE);
  // With --json standard output holds one object only.
  if (attention) context[json ? "say" : "print"](attentionText(model, atoms));
}

/** @throws UsageError for --steps with a model that has none */
function checkHasNoSteps({ steps }: RunOptions): void {
  if (steps !== true) return;
  throw new UsageError(
    "--steps is for models with a loop, and this one has none",
    "compile the program with --looped, or leave --steps out",
  );
}

/** The model in the folder of a training, or the path itself. */
function modelIn(context: Context, path: string): string {
  const isTraining = context.io.isFolder(path) && namesIn(context, path).includes("model.safetensors");
  return isTraining ? `${path}/model.safetensors` : path;
}

/** @throws UsageError for an option that only compiled models have */
function checkTrainedOptions(options: RunOptions): void {
  const option = (["generate", "trace", "program"] as const).find((name) => options[name] !== undefined);
  if (option === undefined) return;
  throw new UsageError(`--${option} is for compiled models, and this one was trained`, "--attention shows its heads");
}

interface OutputValues {
  readonly name: string;
  readonly values: readonly Atom[];
}

const outputJson = ({ name, values }: OutputValues): Readonly<Record<string, Json>> => ({
  sop: name,
  ...encodeResult(values),
});

/** One output alone; several in a list. Null are the values of an input without one. */
function outputsJson(outputs: readonly OutputValues[], hasFailed: boolean): Readonly<Record<string, Json>> {
  const [first, ...more] = outputs.map((output) =>
    hasFailed ? { sop: output.name, value: null } : outputJson(output),
  );
  return more.length === 0 ? first! : { outputs: [first!, ...more] };
}

/** One output alone; several with their names, each on a line. */
const outputsText = (outputs: readonly OutputValues[]): string =>
  outputs.length === 1
    ? shownValues(outputs[0]!.values)
    : outputs.map(({ name, values }) => `${printable(name)} = ${shownValues(values)}`).join("\n");

/** @throws UsageError where the model is no decoder */
function writeTokens(
  context: Context,
  model: CompiledModel,
  prompt: readonly Atom[],
  maxTokens: number,
  json: boolean,
): void {
  if (!model.causal) {
    throw new UsageError("this model is no decoder: its positions see later ones", "compile the program with --causal");
  }
  const { tokens, ended } = model.generate(prompt, { maxTokens });
  if (json) context.printJson({ sop: model.card.name, ...encodeResult(inputAtoms(tokens)), ended });
  else if (tokens.length > 0) context.print(shownValues(inputAtoms(tokens)));
  if (ended === "context") {
    context.say(`the model's maximum length of ${model.card.maxLength} tokens ended it, prompt included`);
  }
}

/** @throws UsageError without a program, or with one that is not the model's */
function showTrace(
  context: Context,
  model: CompiledModel,
  input: readonly Atom[],
  file: string | undefined,
  json: boolean,
): void {
  if (file === undefined) {
    throw new UsageError("--trace needs the program, which names the s-ops", "add --program FILE.rasp");
  }
  const { name, vocabulary, maxLength, outputs } = model.card;
  const program = runProgram(context, file, vocabulary.slice(0, maxLength));
  let whole: CompiledModel;
  try {
    whole = withProgram(model, Object.fromEntries(outputs.map((output) => [output.name, program.sop(output.name)])));
  } catch (error) {
    if (error instanceof RangeError) {
      throw new UsageError(error.message, "give the program and the version that compiled it");
    }
    throw error;
  }
  const trace = whole.trace(input);
  if (json) {
    context.printJson({
      sop: name,
      steps: trace.steps.map(({ layer, sublayer, sops }) => ({ layer, sublayer, sops: sops.map(stepJson) })),
    });
  } else {
    context.print(traceText(trace));
  }
}

const stepJson = ({ name, decoded, expected, agrees }: TracedSOp): Json => ({
  name,
  decoded: decoded.map(plainJson),
  expected: expected?.map(plainJson) ?? null,
  agrees,
});

/** Null where several values are possible. */
const plainJson = (value: Plain | undefined): Json => (typeof value === "bigint" ? String(value) : (value ?? null));
