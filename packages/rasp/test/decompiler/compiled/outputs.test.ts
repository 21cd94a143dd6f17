/** Models of several s-ops come back with the name of every output. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { compile, load, RaspError, verify, type CompiledModel, type SOp } from "../../../src/index.js";
import { decompileProgram } from "../../../src/decompiler/index.js";
import { everyInput } from "../../../src/compiler/verify/inputs.js";
import { LETTERS, sopSourceOver } from "../../arbitrary/program.js";
import { disguised } from "./disguise.js";
import { differing, valuesOf } from "./values.js";
import { breadth } from "../../../../../test/long.js";

const PROGRAMS = Number(process.env["RANDOM_PROGRAMS"] ?? breadth({ short: 12, long: 40 })) / 4;
const { vocabulary } = LETTERS;
const inputs = { vocabulary, maxLength: 4 };

const program = load(
  `
  same = select(tokens, tokens, ==);
  hist = selector_width(same);
  double_hist = selector_width(select(hist, hist, ==));
  before = select(tokens, tokens, <) or (same and select(indices, indices, <));
  ascending = aggregate(select(selector_width(before), indices, ==), tokens);
  mean = aggregate(select(indices, indices, <=), indices) / 2;
  last_alike = aggregate(best(same, indices), indices);
  three = 3 if indices >= 0 else 3;
`,
  { example: vocabulary },
);
const sops = (...names: string[]): Record<string, SOp> =>
  Object.fromEntries(names.map((name) => [name, program.sop(name)]));

it.each([
  [["hist", "ascending"]],
  [["ascending", "hist"]],
  [["double_hist", "hist"]],
  [["hist", "mean", "last_alike", "three"]],
])("%s come back with their names", (names) => {
  const outputs = sops(...names);
  const { source, results, lines, agreed, inputs: fresh } = decompileProgram(compile(outputs, inputs));
  expect(results).toEqual(names);
  expect(agreed).toBe(fresh);
  expect(lines.filter(({ tabular }) => tabular)).toEqual([]);
  // Each name is defined once, and no line gives a value a second name.
  expect(
    lines
      .map(({ name }) => name)
      .filter((name) => names.includes(name))
      .sort(),
  ).toEqual([...names].sort());
  expect(lines.filter(({ text }) => /^(width|copy|mean|found)_\d+$/.test(text))).toEqual([]);
  const again = load(source, { example: vocabulary });
  const back = Object.fromEntries(names.map((name) => [name, again.sop(name)]));
  for (const name of names) expect(differing(outputs[name]!, back[name]!, everyInput(vocabulary, 4))).toEqual([]);
  expect(verify(back, compile(back, inputs), { exhaustive: true })).toMatchObject({ ok: true, withoutValue: 0 });
});

it("one s-op may have two names, and a name that is taken is replaced", () => {
  const twice = { first: program.sop("hist"), second: program.sop("hist"), tokens: program.sop("ascending") };
  const { source, results } = decompileProgram(compile(twice, inputs));
  expect(results).toEqual(["first", "second", "result_2"]);
  const again = load(source, { example: vocabulary });
  expect(valuesOf(again.sop("second"), [..."abca"])).toEqual([2n, 1n, 1n, 2n]);
  expect(valuesOf(again.sop("result_2"), [..."cab"])).toEqual(["a", "b", "c"]);
});

it(`${PROGRAMS} random pairs of s-ops come back`, { timeout: 20_000 * PROGRAMS }, () => {
  fc.assert(
    fc.property(fc.array(sopSourceOver(LETTERS), { minLength: 2, maxLength: 3 }), (sources) => {
      const one = compiled(sources);
      fc.pre(one !== undefined);
      const { source, results } = decompileProgram(disguised(one.model, 5), { fresh: 10 });
      const again = load(source, { example: vocabulary });
      results.forEach((name, n) =>
        expect(differing(one.sops[n]!, again.sop(name), everyInput(vocabulary, 4)), source).toEqual([]),
      );
    }),
    { numRuns: PROGRAMS, seed: 20261123 },
  );
});

/** Undefined if a text is no s-op or does not compile. */
function compiled(sources: readonly string[]): { sops: SOp[]; model: CompiledModel } | undefined {
  try {
    const text = sources.map((source, n) => `answer_${n} = ${source};\n`).join("");
    const environment = load(text, { example: vocabulary });
    const named = Object.fromEntries(sources.map((_, n) => [`answer_${n}`, environment.sop(`answer_${n}`)]));
    return { sops: Object.values(named), model: compile(named, inputs) };
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}
