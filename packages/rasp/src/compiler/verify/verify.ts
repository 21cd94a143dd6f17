/** Checks that a compiled model computes its program, on all inputs or on random ones. */
import { checks, inPrecision, type Precision } from "@selectron/core";
import { CompiledModel } from "../model/compiled-model.js";
import type { Gpt2Program } from "../model/gpt2-program.js";
import { getOrInsert } from "../../language/maps.js";
import { namedOutputs, type Outputs } from "../outputs.js";
import type { Atom, SOp } from "../../language/graph/node.js";
import { causal } from "../../language/graph/causal.js";
import { valuesOrNone } from "../../language/interpret/evaluate.js";
import { answersOf, answersTo, expectedOf } from "./answers.js";
import { agreementAmong } from "../plan/ir/decoding.js";
import { firstWrongSOp, type WrongSOp } from "./diagnose.js";
import { promisedInputs } from "./promised-inputs.js";
import { checkRun, type VerifyRun } from "./run-options.js";
import {
  countChoices,
  everyInput,
  indexInRun,
  inputsOfShard,
  randomInputs,
  smallerInputs,
  WHOLE,
  type Shard,
} from "./inputs.js";

/** All inputs or random ones; all of these, or one shard. */
export type VerifyOptions = VerifyRun & {
  readonly shard?: Shard;
  /** What the operands of the model's products are rounded to; by default what it was compiled for. */
  readonly precision?: Precision;
};

/** What a verification found. */
export interface VerifyReport {
  /** Whether model and program agreed on every input on which the program has a value. */
  readonly ok: boolean;
  readonly exhaustive: boolean;
  /** Inputs that were tried, including those without a value. */
  readonly inputs: number;
  /** Inputs on which an s-op has no value; the model's answer there means nothing, unless it was compiled with marks. */
  readonly withoutValue: number;
  /** Inputs on which model and program differ. */
  readonly wrong: number;
  /** Of those on which they agree, the inputs on which a float, such as a mean, is the program's only up to float32. */
  readonly upToFloat32: number;
  readonly vocabulary: readonly Atom[];
  readonly maxLength: number;
  /** Whether the model tells on which inputs the program has no value; it is wrong where it does not. */
  readonly marked: boolean;
  /** The model's promise; only inputs that keep it were tried. */
  readonly promise?: string;
  /** The seed of the random inputs. */
  readonly seed?: number;
  readonly shard?: Shard;
  readonly counterexample?: Counterexample;
}

/** An input on which model and program differ. */
export interface Counterexample {
  /** The index in the whole run, from 0, of the first wrong input; `input` is what it shrank to. */
  readonly at: number;
  readonly input: readonly Atom[];
  /** The name of the wrong output. */
  readonly output: string;
  /** What the interpreter gives. */
  readonly expected: readonly Atom[];
  /** What the model gives. */
  readonly got: readonly Atom[];
  /** The first s-op of the program whose value in the residual stream is wrong, if there is one. */
  readonly firstWrong?: WrongSOp;
}

/** What can be verified: a compiled model, or a GPT-2 that was made from one. */
export type Verifiable = CompiledModel | Gpt2Program;

const VERIFIABLE = checks.anObjectWith("a CompiledModel or a Gpt2Program", "card", "outputs");

const BATCH = 128;

const OPTIONS = { shard: checks.anObject("an object with index and count"), precision: checks.anything };
const SHARD = { index: checks.aNumber, count: checks.aNumber };

/**
 * Compares the model with the interpreter, and its marks with where that has no value, on every input of the run that keeps the model's promise, floats up to float32; a causal model with the interpreter's values of `causal(sop)`.
 * The counterexample is the first wrong input, made as small as possible; in an exhaustive run no smaller input is wrong.
 * `mergeReports` makes the report of the whole run from those of its shards.
 *
 * @param program - what `compile` was given: the s-op, or all of them by name
 * @param onProgress - called after each batch with the number of inputs tried so far, and of all
 * @throws RangeError on a shard that is not one of 1 to its count, and on s-ops that are not the model's outputs
 */
export function verify(
  program: Outputs,
  compiled: Verifiable,
  options: VerifyOptions,
  onProgress?: (inputs: number, of: number) => void,
): VerifyReport {
  checks.check("verify: compiled", compiled, VERIFIABLE);
  checkRun("verify", options, OPTIONS);
  checks.checkOptions("verify: shard", options.shard ?? {}, SHARD);
  checks.checkGiven("verify: onProgress", onProgress, checks.aFunction());
  const { precision = compiled.card.precision } = options;
  return inPrecision(precision, () => compareAll(program, compiled, options, onProgress));
}

function compareAll(
  program: Outputs,
  compiled: Verifiable,
  options: VerifyOptions,
  onProgress?: (inputs: number, of: number) => void,
): VerifyReport {
  const { vocabulary, maxLength } = compiled.card;
  const outputs = programOf(program, compiled);
  const compare = comparison(compiled);
  const { shard = WHOLE } = options;
  checkShard(shard);
  const exhaustive = "exhaustive" in options;
  const { source, isPromised, total } = inputsOf(compiled, options, shard);
  let inputs = 0;
  let withoutValue = 0;
  let wrong = 0;
  let upToFloat32 = 0;
  let first: WrongTrial | undefined;
  for (const batch of batches(source, shard, isPromised)) {
    const answers = answersTo(
      compiled,
      batch.map(({ input }) => input),
    );
    for (const [b, trial] of batch.entries()) {
      inputs++;
      const values = valuesOrNone(outputs, trial.input);
      if (values.includes(undefined)) withoutValue++;
      const expected = expectedOf(compiled, values, trial.input);
      const { different, isRounded } = compare(
        expected,
        answers.map((values) => values[b]!),
      );
      if (different < 0) {
        if (isRounded) upToFloat32++;
        continue;
      }
      wrong++;
      if (!first || trial.at < first.at) first = { ...trial, output: different };
    }
    onProgress?.(inputs, total);
  }
  return {
    ok: wrong === 0,
    exhaustive,
    inputs,
    withoutValue,
    wrong,
    upToFloat32,
    vocabulary,
    maxLength,
    marked: compiled.card.failures !== undefined,
    ...(compiled.card.promise === undefined ? {} : { promise: compiled.card.promise }),
    ...(exhaustive ? {} : { seed: options.seed }),
    ...(options.shard ? { shard } : {}),
    ...(first ? { counterexample: describe(outputs, compiled, first, isPromised) } : {}),
  };
}

/** The inputs of the shard, which may have some that are not promised, and about how many there are. */
function inputsOf(compiled: Verifiable, options: VerifyOptions, shard: Shard) {
  const { vocabulary, maxLength } = compiled.card;
  const { choices, isPromised } = promisedInputs(compiled);
  const [source, ofRun] =
    "exhaustive" in options
      ? [everyInput(vocabulary, maxLength, shard, choices), countChoices(choices, maxLength)]
      : [randomInputs(vocabulary, maxLength, options.runs, options.seed, shard, choices, isPromised), options.runs];
  return { source, isPromised, total: inputsOfShard(ofRun, shard) };
}

function checkShard({ index, count }: Shard): void {
  if (!Number.isSafeInteger(count) || !Number.isSafeInteger(index) || index < 1 || index > count) {
    throw new RangeError(`there is no shard ${index} of ${count}; shards are numbered from 1 to their count`);
  }
}

/** An input and its index in the whole run. */
interface Trial {
  readonly at: number;
  readonly input: readonly Atom[];
}

interface WrongTrial extends Trial {
  /** The index of the wrong output. */
  readonly output: number;
}

/** The s-ops that the model's outputs are compared with. */
function programOf(program: Outputs, { causal: isCausal, card }: Verifiable): readonly SOp[] {
  const given = namedOutputs(program);
  if (given.length !== card.outputs.length) {
    throw new RangeError(
      `the model has ${card.outputs.length} outputs (${card.outputs.map(({ name }) => name).join(", ")}), and ${given.length} s-ops are given`,
    );
  }
  return given.map(({ sop }) => (isCausal ? causal(sop) : sop));
}

/** Batches of inputs of one length, so that none is padded, nearly in the order of the source. */
function* batches(
  source: Iterable<readonly Atom[]>,
  shard: Shard,
  isPromised: (input: readonly Atom[]) => boolean,
): Generator<Trial[]> {
  const waiting = new Map<number, Trial[]>();
  let n = 0;
  for (const input of source) {
    const at = indexInRun(shard, n++);
    if (!isPromised(input)) continue;
    const group = getOrInsert(waiting, input.length, () => []);
    group.push({ at, input });
    if (group.length < BATCH) continue;
    waiting.delete(input.length);
    yield group;
  }
  yield* waiting.values();
}

/** How a model's answers on one input compare with the program's values. */
interface Compared {
  /** The index of the first output whose values are not the program's, -1 if there is none. */
  readonly different: number;
  /** Whether values are equal only up to float32. */
  readonly isRounded: boolean;
}

type Compare = (expected: readonly (readonly Atom[] | undefined)[], got: readonly (readonly Atom[])[]) => Compared;

function comparison({ card }: Verifiable): Compare {
  const agreement = card.outputs.map(({ decoding }) => agreementAmong(decoding.classes));
  return (expected, got) => {
    const agreements = expected.map((values, o) => values?.map((value, i) => agreement[o]!(value, got[o]![i]!)));
    return {
      different: agreements.findIndex((ofOutput) => ofOutput?.includes("different")),
      isRounded: agreements.some((ofOutput) => ofOutput?.includes("equal up to float32")),
    };
  };
}

function describe(
  sops: readonly SOp[],
  compiled: Verifiable,
  first: WrongTrial,
  isPromised: (input: readonly Atom[]) => boolean,
): Counterexample {
  let { input, output } = first;
  const compare = comparison(compiled);
  for (;;) {
    const smaller = firstWrongOf(
      [...smallerInputs(input, compiled.card.vocabulary)].filter(isPromised),
      sops,
      compiled,
      compare,
    );
    if (!smaller) break;
    ({ input, output } = smaller);
  }
  const firstWrong = compiled instanceof CompiledModel ? firstWrongSOp(compiled, input) : undefined;
  return {
    at: first.at,
    input,
    output: compiled.card.outputs[output]!.name,
    expected: expectedOf(compiled, valuesOrNone(sops, input), input)[output]!,
    got: answersOf(compiled, input)[output]!,
    ...(firstWrong ? { firstWrong } : {}),
  };
}

/** The first input on which an output is wrong. */
function firstWrongOf(
  inputs: Iterable<readonly Atom[]>,
  sops: readonly SOp[],
  compiled: Verifiable,
  compare: Compare,
): Pick<WrongTrial, "input" | "output"> | undefined {
  for (const input of inputs) {
    const { different: output } = compare(
      expectedOf(compiled, valuesOrNone(sops, input), input),
      answersOf(compiled, input),
    );
    if (output >= 0) return { input, output };
  }
  return undefined;
}
