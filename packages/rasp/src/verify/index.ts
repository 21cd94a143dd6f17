/** Does the compiled model compute its program? Tried on all inputs, or on seeded random ones. */
import { atomsEqual } from "../atom/compare.js";
import type { CompiledModel } from "../compile/compiled-model.js";
import { RaspError } from "../diagnostic.js";
import type { Atom, SOp } from "../graph/node.js";
import { causal } from "../graph/causal.js";
import { Evaluation } from "../interpret/evaluation.js";
import { firstWrongSOp, type WrongSOp } from "./diagnose.js";
import { everyInput, placeOf, randomInputs, smallerInputs, WHOLE, type Shard } from "./inputs.js";

export { countInputs, type Shard } from "./inputs.js";
export type { WrongSOp } from "./diagnose.js";

/** All inputs up to the model's maximum length, or `runs` random ones, equal for equal seeds; of these all, or a shard. */
export type VerifyOptions = ({ readonly exhaustive: true } | { readonly runs: number; readonly seed: number }) & {
  readonly shard?: Shard;
};

/** What a verification found. */
export interface VerifyReport {
  /** Whether model and program agreed on every input on which the program has a value. */
  readonly ok: boolean;
  readonly exhaustive: boolean;
  /** Inputs tried, those without a value among them. */
  readonly inputs: number;
  /** Inputs on which the program itself fails; the model's answer there means nothing. */
  readonly withoutValue: number;
  /** Inputs on which model and program differ. */
  readonly wrong: number;
  readonly vocabulary: readonly Atom[];
  readonly maxLength: number;
  /** Of the random inputs. */
  readonly seed?: number;
  readonly shard?: Shard;
  readonly counterexample?: Counterexample;
}

/** An input on which model and program differ. */
export interface Counterexample {
  /** The place in the whole run, from 0, of the first input that is wrong; `input` is what it shrank to. */
  readonly at: number;
  readonly input: readonly Atom[];
  /** What the interpreter gives. */
  readonly expected: readonly Atom[];
  /** What the model gives. */
  readonly got: readonly Atom[];
  /** The first s-op of the program whose value in the residual stream is wrong, if the residual stream shows one. */
  readonly firstWrong?: WrongSOp;
}

const BATCH = 128;

/**
 * Compares the model with the interpreter on every input of the run; a causal model with the interpreter's values of `causal(sop)`. The counterexample is the first wrong one, made as small
 * as it gets; in an exhaustive run that is the smallest there is. The shards' reports merge to the whole run's: `mergeReports`.
 *
 * @param onProgress - called now and then with the number of inputs tried so far.
 * @throws RangeError on a shard that is not one of 1 to its count.
 */
export function verify(
  sop: SOp,
  compiled: CompiledModel,
  options: VerifyOptions,
  onProgress?: (inputs: number) => void,
): VerifyReport {
  const { vocabulary, maxLength } = compiled.card;
  const program = compiled.causal ? causal(sop) : sop;
  const { shard = WHOLE } = options;
  checkShard(shard);
  const exhaustive = "exhaustive" in options;
  const source = exhaustive
    ? everyInput(vocabulary, maxLength, shard)
    : randomInputs(vocabulary, maxLength, options.runs, options.seed, shard);
  let inputs = 0;
  let withoutValue = 0;
  let wrong = 0;
  let first: Trial | undefined;
  for (const batch of batches(source, shard)) {
    const answers = compiled.values(batch.map(({ input }) => input));
    for (const [b, trial] of batch.entries()) {
      inputs++;
      const expected = interpret(program, trial.input);
      if (!expected) withoutValue++;
      else if (!same(expected, answers[b]!)) {
        wrong++;
        if (!first || trial.at < first.at) first = trial;
      }
    }
    onProgress?.(inputs);
  }
  return {
    ok: wrong === 0,
    exhaustive,
    inputs,
    withoutValue,
    wrong,
    vocabulary,
    maxLength,
    ...(exhaustive ? {} : { seed: options.seed }),
    ...(options.shard ? { shard } : {}),
    ...(first ? { counterexample: describe(program, compiled, first) } : {}),
  };
}

function checkShard({ index, count }: Shard): void {
  if (!Number.isSafeInteger(count) || !Number.isSafeInteger(index) || index < 1 || index > count)
    throw new RangeError(`there is no shard ${index} of ${count}; shards are numbered from 1 to their count`);
}

/** An input and its place in the whole run. */
interface Trial {
  readonly at: number;
  readonly input: readonly Atom[];
}

/** Groups inputs of one length, so that none is padded, without changing which comes first by much. */
function* batches(source: Iterable<readonly Atom[]>, shard: Shard): Generator<Trial[]> {
  const waiting = new Map<number, Trial[]>();
  let n = 0;
  for (const input of source) {
    const group = waiting.get(input.length) ?? [];
    waiting.set(input.length, group);
    group.push({ at: placeOf(shard, n++), input });
    if (group.length < BATCH) continue;
    waiting.delete(input.length);
    yield group;
  }
  yield* waiting.values();
}

/** The interpreter's values; undefined where the program has none. */
function interpret(sop: SOp, input: readonly Atom[]): readonly Atom[] | undefined {
  try {
    return new Evaluation(input).sop(sop);
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

const same = (expected: readonly Atom[], got: readonly Atom[]): boolean =>
  expected.every((value, i) => atomsEqual(value, got[i]!));

function fails(sop: SOp, compiled: CompiledModel, input: readonly Atom[]): boolean {
  const expected = interpret(sop, input);
  return expected !== undefined && !same(expected, compiled.values([input])[0]!);
}

function shrink(sop: SOp, compiled: CompiledModel, input: readonly Atom[]): readonly Atom[] {
  for (;;) {
    const smaller = [...smallerInputs(input, compiled.card.vocabulary)].find((other) => fails(sop, compiled, other));
    if (!smaller) return input;
    input = smaller;
  }
}

function describe(sop: SOp, compiled: CompiledModel, { at, input: found }: Trial): Counterexample {
  const input = shrink(sop, compiled, found);
  const firstWrong = firstWrongSOp(compiled, input);
  return {
    at,
    input,
    expected: interpret(sop, input)!,
    got: compiled.values([input])[0]!,
    ...(firstWrong ? { firstWrong } : {}),
  };
}
