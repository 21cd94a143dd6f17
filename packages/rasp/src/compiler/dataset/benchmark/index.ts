/**
 * A benchmark with known answers: seeded random programs, each as weights of several families, with its circuit and inputs to train and to
 * test on. Programs are graded by their layers; every model is held to the interpreter, and left out where it is not proved, unless
 * that is asked for.
 */
import { Rng } from "@selectron/core";
import { RaspError } from "../../../language/diagnostic.js";
import { causal } from "../../../language/graph/causal.js";
import { load } from "../../../language/environment.js";
import { cost } from "../../../language/cost/cost.js";
import type { SOp } from "../../../language/graph/node.js";
import { everyInput } from "../../verify/inputs.js";
import { examplesOf, valueOf, wrongExample, type Example } from "../examples.js";
import { randomProgram } from "../random-program.js";
import { withFiles, type BenchmarkCase, type DrawnCase } from "./case-files.js";
import { memberOf, type CompiledMember, type Family, type Member } from "./families.js";
import { checkBenchmark, type BenchmarkOptions } from "./options.js";

/** Programs are drawn until one fits. After this many in a row that do not, the options are taken to leave none. */
const MOST_DRAWS = 20_000;
/** Models answer every input of up to this many tokens like the interpreter, beside their examples. */
const SHORT = 3;

/**
 * Draws cases one after the other.
 *
 * @throws RangeError where the options leave no program
 */
export function* benchmark(options: BenchmarkOptions): Generator<BenchmarkCase> {
  checkBenchmark("benchmark", options);
  const { count, seed, layers } = options;
  const rng = new Rng(seed);
  const known = new Set<string>();
  for (let [made, group] = [0, 0]; made < count; group++) {
    for (const one of drawGroup(new Rng(rng.next()), group, 1 + (group % layers), options, known)) {
      known.add(one.program);
      if (made < count) yield withFiles(made++, one, options);
    }
  }
}

function drawGroup(
  rng: Rng,
  group: number,
  grade: number,
  options: BenchmarkOptions,
  known: ReadonlySet<string>,
): DrawnCase[] {
  for (let draw = 0; draw < MOST_DRAWS; draw++) {
    const program = randomProgram(rng, options.vocabulary, options.lines);
    const [inputs, bases] = [rng.next(), rng.next()];
    const cases = known.has(program) ? undefined : casesOf({ program, group, grade, inputs, bases }, options);
    if (cases) return cases;
  }
  throw new RangeError(
    `${MOST_DRAWS} programs in a row did not have ${grade} layers and a proof; allow more lines, fewer layers or shorter inputs`,
  );
}

/** A program that may be of a benchmark, and the seeds of its inputs and bases. */
interface Draft {
  readonly program: string;
  readonly group: number;
  readonly grade: number;
  readonly inputs: number;
  readonly bases: number;
}

/** Undefined where the program is refused, has other layers, has no value on most inputs or one value everywhere, or is not proved. */
function casesOf(draft: Draft, options: BenchmarkOptions): DrawnCase[] | undefined {
  const { program, group, grade } = draft;
  try {
    const sop = load(program, { example: options.vocabulary.slice(0, options.maxLength) }).sop("result");
    // Of a model that has fewer layers than the program's cost, some are functions of positions.
    if (cost(sop).layers !== grade) return undefined;
    const compiled: Promising[] = [];
    for (const family of options.families) {
      const promising = promisingOf(family, sop, draft, options);
      if (!promising) return undefined;
      compiled.push(promising);
    }
    const cases: DrawnCase[] = [];
    for (const { sop: computed, pairs, make } of compiled) {
      const member = make();
      if (!isRight(member, [...shortExamples(computed, options), ...pairs], program)) return undefined;
      const half = Math.ceil(pairs.length / 2);
      cases.push({ ...member, program, group, train: pairs.slice(0, half), test: pairs.slice(half) });
    }
    return cases;
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

/** A compiled program with what it computes. */
interface Promising extends Pick<CompiledMember, "make"> {
  readonly sop: SOp;
  readonly pairs: readonly Example[];
}

function promisingOf(
  family: Family,
  program: SOp,
  { grade, inputs, bases }: Draft,
  { vocabulary, maxLength, examples, format, families, unproved = false }: BenchmarkOptions,
): Promising | undefined {
  const sop = family === "layer-norm" ? causal(program) : program;
  const pairs = examplesOf(sop, inputs, { vocabulary, maxLength, examples: 2 * examples });
  if (!pairs) return undefined;
  const seed = bases + families.indexOf(family);
  const { layers, certificate, make } = memberOf(family, program, { vocabulary, maxLength, format, seed });
  return layers === grade && (unproved || certificate.proved) ? { sop, pairs, make } : undefined;
}

/** Whether a model answers like the program; one that is proved has to. */
function isRight(member: Member, examples: readonly Example[], program: string): boolean {
  const wrong = wrongExample(examples, member.answers, member.classes);
  if (wrong && member.certificate.proved) {
    const input = JSON.stringify(wrong.input);
    throw new Error(`a model that is proved (${member.family}) is wrong on ${input}; the program is:\n${program}`);
  }
  return !wrong;
}

function shortExamples(sop: SOp, { vocabulary, maxLength }: BenchmarkOptions): Example[] {
  return [...everyInput(vocabulary, Math.min(SHORT, maxLength))].flatMap((input) => {
    const output = valueOf(sop, input);
    return output ? [{ input, output }] : [];
  });
}
