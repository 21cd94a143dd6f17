/**
 * Random well-typed programs: each pass keeps their meaning, and the compiled model computes them. A run takes 300 programs, the
 * long form 2,000; `RANDOM_PROGRAMS=100000 RANDOM_SEED=7 npx vitest run --project rasp random-programs` takes more, with another seed.
 */
import { Rng } from "@selectron/core";
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  compile,
  Evaluation,
  causal,
  load,
  RaspError,
  verify,
  type Atom,
  type SOp,
  type VerifyOptions,
} from "../../src/index.js";
import { compiled } from "../../src/compiler/index.js";
import { randomProgram } from "../../src/compiler/dataset/random-program.js";
import { agreementAmong } from "../../src/compiler/plan/ir/decoding.js";
import { Domain } from "../../src/compiler/values/domain.js";
import { NormalValues } from "../../src/compiler/normalize/normal-values.js";
import type { NormalSOp } from "../../src/compiler/normalize/normal-form.js";
import { simplify } from "../../src/compiler/normalize/simplify.js";
import { atomKey } from "../../src/language/atom/compare.js";
import { everyInput } from "../../src/compiler/verify/inputs.js";
import { BOOLS, DIGITS, LETTERS, NUMBERS, sopSourceOver } from "../arbitrary/program.js";
import { breadth } from "../../../../test/long.js";

const PROGRAMS = Number(process.env["RANDOM_PROGRAMS"] ?? breadth({ short: 300, long: 2000 }));
const SEED = Number(process.env["RANDOM_SEED"] ?? 20261122);

interface Case {
  readonly source: string;
  readonly vocabulary: readonly Atom[];
  readonly causal: boolean;
}

const sopOf = ({ source, vocabulary }: Case): SOp => load(`result = ${source};`, { example: vocabulary }).sop("result");

/** The program's s-op; undefined where it is a constant, which is no s-op, or has no value on the running example. */
function sopIfAny(drawn: Case): SOp | undefined {
  try {
    return sopOf(drawn);
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

const cases: fc.Arbitrary<Case> = fc
  .oneof(
    ...[LETTERS, NUMBERS, BOOLS, DIGITS].map((alphabet) =>
      fc.record({
        source: sopSourceOver(alphabet),
        vocabulary: fc.constant(alphabet.vocabulary),
        causal: fc.boolean(),
      }),
    ),
  )
  .filter((drawn) => sopIfAny(drawn) !== undefined);

/**
 * Compiles and verifies; false where the compiler refuses.
 *
 * @param few - how many values heads compare as one-hot vectors
 */
function holds(drawn: Case, maxLength: number, how: VerifyOptions, few?: number): boolean {
  const sop = sopOf(drawn);
  let model;
  try {
    model = compiled(sop, { vocabulary: drawn.vocabulary, maxLength, causal: drawn.causal }, few);
  } catch (error) {
    if (!(error instanceof RaspError)) throw error;
    expect(error.diagnostic.class).toBe("compile");
    return false;
  }
  expect(verify(sop, model, how)).toMatchObject({ ok: true });
  return true;
}

it(`the compiled models of ${PROGRAMS} programs compute them on every input`, { timeout: 1000 * PROGRAMS }, () => {
  let refused = 0;
  fc.assert(
    fc.property(cases, (drawn) => {
      // Some tens of inputs: 3 + 9 + 27, or 2 + 4 + 8 + 16.
      const maxLength = drawn.vocabulary.length === 3 ? 3 : 4;
      if (!holds(drawn, maxLength, { exhaustive: true })) refused++;
    }),
    { numRuns: PROGRAMS, seed: SEED },
  );
  // A refusal is correct, but it must stay the exception.
  expect(refused).toBeLessThan(PROGRAMS / 50);
});

it("also where heads compare all numbers as they compare those of long inputs", { timeout: 1000 * PROGRAMS }, () => {
  let refused = 0;
  const programs = PROGRAMS / 5;
  fc.assert(
    fc.property(cases, fc.integer({ min: 1, max: 3 }), (drawn, few) => {
      const maxLength = drawn.vocabulary.length === 3 ? 4 : 5;
      if (!holds(drawn, maxLength, { exhaustive: true }, few)) refused++;
    }),
    { numRuns: programs, seed: SEED + 2 },
  );
  expect(refused).toBeLessThan(programs / 20);
});

/** Straight-line programs with a name for each step. */
const drafts = fc
  .record({
    source: fc
      .record({ seed: fc.nat(), letters: fc.integer({ min: 2, max: 5 }), lines: fc.integer({ min: 2, max: 5 }) })
      .map(({ seed, letters, lines }) => {
        const vocabulary = [..."abcde".slice(0, letters)];
        return { vocabulary, text: randomProgram(new Rng(seed), vocabulary, lines) };
      }),
    causal: fc.boolean(),
  })
  .map(({ source: { vocabulary, text }, causal }) => ({ vocabulary, text, causal }))
  .filter(({ vocabulary, text }) => {
    try {
      return load(text, { example: vocabulary }).sop("result") !== undefined;
    } catch (error) {
      if (error instanceof RaspError) return false;
      throw error;
    }
  });

it("where numbers are compared, a model is proved if it is with one-hot vectors", { timeout: 1000 * PROGRAMS }, () => {
  let compared = 0;
  fc.assert(
    fc.property(drafts, fc.boolean(), ({ vocabulary, text, causal }, mark) => {
      const sop = load(text, { example: vocabulary }).sop("result");
      const options = { vocabulary, maxLength: 4, causal, mark };
      const [numbers, oneHot] = [compiled(sop, options, 2), compile(sop, options)];
      if (oneHot.certificate.proved) expect(numbers.certificate.proved, text).toBe(true);
      expect(verify(sop, numbers, { exhaustive: true }), text).toMatchObject({ ok: true });
      compared += Number(numbers.stats.parameters !== oneHot.stats.parameters);
    }),
    { numRuns: breadth({ short: 25, long: 500 }), seed: SEED + 3 },
  );
  expect(compared).toBeGreaterThan(5);
});

const LONGEST = breadth({ short: 70, long: 300 });

it(`and at lengths from 40 to ${LONGEST}, on inputs of random and of full length`, { timeout: 1000 * PROGRAMS }, () => {
  let refused = 0;
  const programs = breadth({ short: 8, long: 80 });
  fc.assert(
    fc.property(drafts, fc.integer({ min: 40, max: LONGEST }), ({ vocabulary, text, causal: decoder }, maxLength) => {
      const sop = load(text, { example: vocabulary }).sop("result");
      let model;
      try {
        model = compile(sop, { vocabulary, maxLength, causal: decoder });
      } catch (error) {
        if (!(error instanceof RaspError)) throw error;
        refused++;
        return;
      }
      expect(verify(sop, model, { runs: 20, seed: SEED }), text).toMatchObject({ ok: true });
      const rng = new Rng(SEED);
      const inputs = Array.from({ length: 20 }, (_, n) =>
        Array.from({ length: maxLength }, () => vocabulary[rng.int(1 + (n % vocabulary.length))]!),
      );
      const [answers] = model.outputs(inputs);
      const agrees = agreementAmong(model.card.outputs[0]!.decoding.classes);
      const meant = decoder ? causal(sop) : sop;
      for (const [n, input] of inputs.entries()) {
        const values = valuesOf(meant, input);
        values?.forEach((value, i) => expect(agrees(value, answers![n]![i]!), text).not.toBe("different"));
      }
    }),
    { numRuns: programs, seed: SEED + 4 },
  );
  expect(refused).toBeLessThan(programs / 4);
});

/** Undefined where the program has no value. */
function valuesOf(sop: SOp, input: readonly Atom[]): readonly Atom[] | undefined {
  try {
    return new Evaluation(input).sop(sop);
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

/** Short programs: at length 40 the value sets of longer ones take minutes. */
const shortCases = cases.filter(({ source }) => source.length <= 60);

it("and at maximum length 40 on random inputs", { timeout: 1000 * PROGRAMS }, () => {
  let refused = 0;
  const programs = PROGRAMS / 20;
  fc.assert(
    fc.property(shortCases, (drawn) => {
      if (!holds(drawn, 40, { runs: 20, seed: SEED })) refused++;
    }),
    { numRuns: programs, seed: SEED + 1 },
  );
  expect(refused).toBeLessThan(programs / 10);
});

it("simplification keeps the value of the program, and the domain holds every value that occurs", () => {
  const [vocabulary, maxLength] = [LETTERS.vocabulary, 3];
  fc.assert(
    fc.property(sopSourceOver(LETTERS), fc.boolean(), (source, decoder) => {
      const sop = sopIfAny({ source, vocabulary, causal: decoder });
      fc.pre(sop !== undefined);
      const domain = new Domain(vocabulary, maxLength, decoder);
      const root = simplify([sop], domain).sops.get(sop)!;
      const program = decoder ? causal(sop) : sop;
      for (const input of everyInput(vocabulary, maxLength)) {
        const values = new NormalValues(input, decoder);
        expect(values.valuesOf(root).map(atomKey)).toEqual(new Evaluation(input).sop(program).map(atomKey));
        for (const node of reach(root)) {
          for (const [i, value] of values.valuesOf(node).entries()) {
            expect(domain.valuesAt(node, input.length, i).atoms.map(atomKey)).toContain(atomKey(value));
          }
        }
      }
    }),
    { numRuns: breadth({ short: 30, long: 150 }), seed: 7 },
  );
});

/** The node and everything that it reads. */
function reach(root: NormalSOp): Set<NormalSOp> {
  const seen = new Set([root]);
  for (const node of seen) {
    if (node.kind === "map") node.args.forEach((arg) => seen.add(arg));
    if (node.kind !== "mean" && node.kind !== "width") continue;
    if (node.kind === "mean") seen.add(node.value);
    for (const { keys, queries } of node.selection.comparisons) seen.add(keys).add(queries);
  }
  return seen;
}
