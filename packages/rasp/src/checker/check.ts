/**
 * The independent checker: does the model in a file compute its program? It imports the language and nothing of the compiler. From the
 * weights it derives what every sublayer can give, in ranges that hold every rounding of float32 that docs/numerics.md allows, and
 * compares the answers with the interpreter's values: input by input where the inputs are few (`inputs.ts`), and otherwise for all inputs
 * of a length together (`joint.ts`). Of the model's card it believes nothing but where things are.
 */
import { checks, Rng, type FileBytes } from "@selectron/core";
import { describeAtom } from "../language/atom/text.js";
import { causal } from "../language/graph/causal.js";
import type { Atom, SOp } from "../language/graph/node.js";
import { aLimit, checkSOp } from "../language/graph/kinds.js";
import { valuesOrNone } from "../language/interpret/evaluate.js";
import { Budget, OutOfSteps } from "./budget.js";
import { readFile, widthOf, type CheckedFile } from "./card.js";
import { decide, type Decision } from "./decoding.js";
import { countInputs, everyInput, forward, randomInputs, type Tokens, type Watcher } from "./inputs.js";
import { JointRun } from "./joint.js";
import { Landings, Margins, type Margin } from "./landing.js";
import { Network } from "./network.js";
import { Pairs } from "./numbers.js";
import { exactKey, FAILS, ProgramValues, type Label } from "./program-values.js";
import { CannotFollow } from "./ranges.js";
import { schedule, type Sample } from "./schedule.js";

/** How a model is checked. */
export interface CheckOptions {
  /** The s-ops that the model should compute, by the names of its outputs. Without it, only that every answer is certain. */
  readonly program?: Readonly<Record<string, SOp>> | undefined;
  /** With more inputs than this they are taken together; 20,000 by default. */
  readonly mostInputs?: number;
  /** How much work is done before the check gives up; 200 million steps by default, which can take some minutes. */
  readonly steps?: number;
  /** Told now and then how many steps of the work are done, of how many. */
  readonly onProgress?: (done: number, of: number) => void;
}

/** What a check found. */
export interface CheckReport {
  /**
   * `holds`: on every input of up to `maxLength` tokens on which the program has a value, the model gives it. `wrong`: there is an input
   * on which it surely does not. `unknown`: it can be either, or the model is for some inputs only and does not give it on all of them.
   */
  readonly verdict: "holds" | "wrong" | "unknown";
  /** Where the model is wrong, or where the check cannot follow it. */
  readonly where?: string;
  /** Whether it ran out of steps, so that more of them may decide. */
  readonly stopped: boolean;
  /** Whether the model was compared with a program. */
  readonly program: boolean;
  readonly maxLength: number;
  /** The arithmetic that the model was compiled for. The check itself is of float32, whatever it is. */
  readonly precision: string;
  /** The inputs that were followed one by one: all of them, or only some. */
  readonly inputs: number;
  readonly everyInput: boolean;
  /** Whether some answers are the program's only up to float32: docs/numerics.md. */
  readonly upToFloat32: boolean;
  /** Every decision at its worst, the tightest first: that a subspace holds a class, and the decoding. */
  readonly margins: readonly Margin[];
}

/** The decoding of an output, and the value that is expected of it. */
interface OutputDecision extends Decision {
  readonly output: string;
  readonly value: Atom | undefined;
}

/** An input on which model and program differ. */
class Contradiction extends Error {}

/**
 * Checks a model file, as bytes.
 *
 * @throws CheckFileError on a file that is no compiled model
 * @throws RangeError where the program lacks an output of the model
 */
export function check(bytes: FileBytes, options: CheckOptions = {}): CheckReport {
  checks.checkOptions("check", options, OPTIONS);
  for (const [name, sop] of Object.entries(options.program ?? {})) checkSOp(`check: program.${name}`, sop);
  return new Check(readFile(bytes), options).report();
}

const OPTIONS = {
  program: checks.anObject("an object of s-ops by the names of the outputs"),
  mostInputs: aLimit,
  steps: aLimit,
  onProgress: checks.aFunction(),
};

const NOT_FOLLOWED = "the file has a promise on its inputs, which is not followed";
const DEFAULTS = { mostInputs: 20_000, steps: 200_000_000 };
/** Inputs that are tried to see which heads compute what: short ones, and some of the greatest length. */
const SAMPLES = { length: 5, short: 150, long: 5 };

class Check {
  readonly #file: CheckedFile;
  readonly #network: Network;
  readonly #margins = new Margins();
  readonly #landings: Landings;
  readonly #sops: readonly SOp[] | undefined;
  readonly #everyInput: boolean;
  readonly #onProgress: CheckOptions["onProgress"];
  #inputs = 0;
  #unsure: string | undefined;
  #isNear = false;

  constructor(file: CheckedFile, options: CheckOptions) {
    const { program, mostInputs = DEFAULTS.mostInputs, steps = DEFAULTS.steps, onProgress } = options;
    this.#file = file;
    this.#onProgress = onProgress;
    this.#network = new Network(file, new Budget(steps));
    this.#landings = new Landings(file, this.#network, this.#margins);
    this.#everyInput = countInputs(file) <= mostInputs;
    this.#sops = program && file.outputs.map(({ name }) => sopOf(program, name, file.causal));
  }

  report(): CheckReport {
    let [verdict, where]: [CheckReport["verdict"], string | undefined] = ["holds", undefined];
    let stopped = false;
    try {
      if (this.#everyInput) this.#oneByOne();
      else this.#together();
      if (this.#unsure !== undefined) [verdict, where] = ["unknown", this.#unsure];
      else if (!this.#sops) [verdict, where] = this.#landed();
    } catch (error) {
      if (!(error instanceof Contradiction || error instanceof CannotFollow)) throw error;
      stopped = error instanceof OutOfSteps;
      [verdict, where] = [error instanceof Contradiction ? "wrong" : "unknown", error.message];
    }
    // An input on which the model is wrong may be none of those that are promised.
    if (verdict !== "holds" && this.#file.hasPromise) [verdict, where] = ["unknown", NOT_FOLLOWED];
    return {
      verdict,
      ...(where === undefined ? {} : { where }),
      stopped,
      program: this.#sops !== undefined,
      maxLength: this.#file.maxLength,
      precision: this.#file.precision,
      inputs: this.#inputs,
      everyInput: this.#everyInput,
      upToFloat32: this.#isNear,
      margins: this.#margins.sorted,
    };
  }

  #oneByOne(): void {
    const total = countInputs(this.#file);
    for (const tokens of everyInput(this.#file)) {
      this.#input(tokens, this.#landings);
      this.#onProgress?.(this.#inputs, total);
    }
  }

  /** Without a program, every subspace has to hold one of the card's classes. */
  #landed(): [CheckReport["verdict"], string | undefined] {
    const [tightest] = this.#margins.sorted;
    if (!tightest || tightest.margin > tightest.error) return ["holds", undefined];
    return ["unknown", `${tightest.where}: the error can be ${tightest.error}, and the margin is ${tightest.margin}`];
  }

  /** Follows the model on one input. @throws Contradiction */
  #input(tokens: Tokens, watcher: Watcher): void {
    const input = tokens.map((token) => this.#file.vocabulary[token - 1]!);
    const expected = this.#sops && valuesOrNone(this.#sops, input);
    this.#inputs++;
    const streams = forward(this.#network, this.#file.causal, tokens, watcher);
    for (let i = 0; i < input.length; i++) {
      const values = expected?.map((all) => (all ? all[i]! : FAILS));
      for (const { output, answer, room, error, value } of this.#decisions(streams[i + 1]!, values)) {
        const where = `${output} at position ${i} of ${input.map(describeAtom).join(", ")}`;
        if (answer === "near") this.#isNear = true;
        if (answer === "other") throw new Contradiction(`${where} is not ${describe(value)}`);
        if (answer === "unsure") this.#unsure ??= `${where}: the error can be ${error}, and the margin is ${room}`;
      }
    }
  }

  /** The decisions of all outputs for a stream; those for which the program has no value are left out. */
  *#decisions(stream: number, values: readonly (Atom | typeof FAILS)[] | undefined): Generator<OutputDecision> {
    const logits = this.#network.logits(stream);
    let first = 0;
    for (const [o, output] of this.#file.outputs.entries()) {
      const value = values?.[o];
      if (value !== FAILS) {
        const decision = decide(output, logits, first, value);
        const { room, error } = decision;
        if (room < Infinity) this.#margins.add(`decoding of ${output.name}`, room, error);
        yield { ...decision, output: output.name, value };
      }
      first += widthOf(output);
    }
  }

  /** Follows the model on all inputs of each length together. @throws CannotFollow */
  #together(): void {
    if (!this.#sops) return this.#jointly([], [0, 1], () => undefined);
    // One after the other: an input without a value of one s-op may have one of another.
    for (const [o, sop] of this.#sops.entries()) {
      const others: (Atom | typeof FAILS)[] = this.#sops.map(() => FAILS);
      this.#jointly([sop], [o, this.#sops.length], (program, label) => others.with(o, program.value(sop, label)));
    }
  }

  /**
   * @param run - which of how many runs this is, from 0
   * @param valuesFor - the values that are expected of the outputs for a joint class
   */
  #jointly(
    roots: readonly SOp[],
    [index, runs]: readonly [number, number],
    valuesFor: (program: ProgramValues, label: Label) => readonly (Atom | typeof FAILS)[] | undefined,
  ): void {
    const program = new ProgramValues(roots);
    const writers = this.#network.blocks.map((block) => block.writers());
    const samples = this.#samples(program, writers);
    const heads = writers.map((groups) => groups.map((group) => group.heads));
    const stages = schedule(program, heads, samples);
    const run = new JointRun(this.#file, this.#network, this.#landings, program, stages);
    const { maxLength, causal: isCausal } = this.#file;
    const accepted = new Pairs<true>();
    // A position of a causal model sees nothing after it, so that shorter inputs are beginnings of the longest ones.
    for (let length = isCausal ? maxLength : 1; length <= maxLength; length++) {
      for (const [i, classes] of run.run(length).cells.entries()) {
        for (const { label, stream } of classes) {
          accepted.of(label.id, stream, () => {
            for (const decision of this.#decisions(stream, valuesFor(program, label))) {
              this.#accept(decision, `at position ${i} of length ${length}`);
            }
            return true;
          });
        }
      }
      this.#onProgress?.(index * maxLength ** 3 + length ** 3, runs * maxLength ** 3);
    }
  }

  /** @throws CannotFollow where the answer is not surely the expected one: the joint class may be one that never occurs */
  #accept({ output, answer, room, error, value }: OutputDecision, place: string): void {
    if (answer === "near") this.#isNear = true;
    if (answer === "expected" || answer === "near") return;
    const known =
      answer === "unsure" ? `the error can be ${error}, and the margin is ${room}` : `not ${describe(value)}`;
    throw new CannotFollow(`${output} ${place}: ${known}`);
  }

  /** Follows some inputs, for what the heads write there. @throws Contradiction */
  #samples(program: ProgramValues, writers: readonly (readonly { readonly columns: readonly number[] }[])[]): Sample[] {
    const rng = new Rng(1);
    const { maxLength, vocabulary } = this.#file;
    const inputs = [
      ...randomInputs(this.#file, Math.min(SAMPLES.length, maxLength), SAMPLES.short, rng),
      ...randomInputs(this.#file, maxLength, SAMPLES.long, rng),
    ];
    return inputs.flatMap((tokens) => {
      const written: string[][][] = tokens.map(() => []);
      this.#input(tokens, {
        see: (stream, stage) => this.#landings.see(stream, stage),
        attended: (b, results) => {
          const block = this.#network.blocks[b]!;
          written.forEach((ofPosition, i) => {
            const sums = block.written(results[i + 1]!);
            const near = (c: number): number => Math.round((sums[c]!.lo + sums[c]!.hi) * 2 ** 9);
            ofPosition.push(writers[b]!.map(({ columns }) => columns.map(near).join()));
          });
        },
      });
      const values = valuesOrNone(
        program.aggregates,
        tokens.map((token) => vocabulary[token - 1]!),
      );
      if (values.includes(undefined)) return [];
      return tokens.map((token, i): Sample => ({
        context: `${tokens.length} ${i} ${token}`,
        aggregates: values.map((all) => exactKey(all![i]!)),
        written: written[i]!,
      }));
    });
  }
}

const describe = (value: Atom | undefined): string => (value === undefined ? "certain" : describeAtom(value));

function sopOf(program: Readonly<Record<string, SOp>>, name: string, isCausal: boolean): SOp {
  const sop = program[name];
  if (!sop) {
    throw new RangeError(`the model computes ${name}, and the program that it is checked against has no such s-op`);
  }
  return isCausal ? causal(sop) : sop;
}
