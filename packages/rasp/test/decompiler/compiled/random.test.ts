/** Random programs come back from the weights of their models with the same values on every input. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { compile, load, RaspError, verify, type CompiledModel, type SOp } from "../../../src/index.js";
import { decompileProgram } from "../../../src/decompiler/index.js";
import { everyInput } from "../../../src/compiler/verify/inputs.js";
import { expressions, LETTERS, sopSource } from "../../arbitrary/program.js";
import { disguised } from "./disguise.js";
import { differing } from "./values.js";
import { breadth } from "../../../../../test/long.js";

const PROGRAMS = Number(process.env["RANDOM_PROGRAMS"] ?? breadth({ short: 12, long: 40 }));
/** The number of larger programs. */
const FEWER = Math.ceil(PROGRAMS / 4);
const { vocabulary } = LETTERS;
const MAX_LENGTH = 4;

/** Undefined if the text is no s-op or does not compile. */
function compiled(source: string): { sop: SOp; model: CompiledModel } | undefined {
  try {
    const sop = load(`answer = ${source};`, { example: vocabulary }).sop("answer");
    return { sop, model: compile(sop, { vocabulary, maxLength: MAX_LENGTH }) };
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

/** @returns the s-op that came back; undefined if it has lists of values */
function expectBack({ sop, model }: { readonly sop: SOp; readonly model: CompiledModel }): SOp | undefined {
  const { source, results, lines } = decompileProgram(disguised(model, 2), { fresh: 10 });
  const again = load(source, { example: vocabulary }).sop(results[0]!);
  expect(differing(sop, again, everyInput(vocabulary, MAX_LENGTH)), source).toEqual([]);
  return lines.some(({ tabular }) => tabular) ? undefined : again;
}

it(`${PROGRAMS} random programs come back`, { timeout: 10_000 * PROGRAMS }, () => {
  fc.assert(
    fc.property(sopSource, (source) => {
      const one = compiled(source);
      fc.pre(one !== undefined);
      expectBack(one);
    }),
    { numRuns: PROGRAMS, seed: 20261122 },
  );
});

const { number, text, selector } = expressions;
const ofBest = fc
  .tuple(selector, number, fc.oneof(fc.constant("tokens"), text, fc.constant("indices")))
  .map(([keys, score, value]) => `aggregate(best(${keys}, ${score}), ${value}, ${value === "indices" ? "-1" : '"-"'})`);

it(`${FEWER} random programs that look for the best come back, and compile again`, { timeout: 20_000 * FEWER }, () => {
  let read = 0;
  fc.assert(
    fc.property(ofBest, (source) => {
      const one = compiled(source);
      fc.pre(one !== undefined);
      const again = expectBack(one);
      if (!again) return;
      const model = compile(again, { vocabulary, maxLength: MAX_LENGTH });
      expect(verify(again, model, { exhaustive: true }).ok).toBe(true);
      read++;
    }),
    { numRuns: FEWER, seed: 20261124 },
  );
  expect(read).toBeGreaterThan(FEWER / 2);
});

/** One more layer on a text: the values at positions that depend on a count. */
const deeper = fc
  .tuple(
    fc.constantFrom("==", "<", "<=", "!="),
    fc.constantFrom("indices", "length - 1 - indices"),
    fc.integer({ min: 0, max: 2 }),
  )
  .map(([op, from, by]) => (below: string): string => {
    const width = `selector_width(select(${below}, ${below}, ${op}))`;
    return `aggregate(select(indices, (${from} + ${width} + ${by}) % 4, ==), ${below}, "z")`;
  });

it(
  `${FEWER} random programs of many layers come back, from coordinates that are used again`,
  { timeout: 20_000 * FEWER },
  () => {
    let reused = 0;
    fc.assert(
      fc.property(fc.array(deeper, { minLength: 2, maxLength: 3 }), (layers) => {
        const one = compiled(layers.reduce((below, layer) => layer(below), "tokens"));
        fc.pre(one !== undefined);
        reused += Number(one.model.layout!.reused.length > 0);
        expectBack(one);
      }),
      { numRuns: FEWER, seed: 20261125 },
    );
    expect(reused).toBeGreaterThanOrEqual(FEWER / 2);
  },
);
