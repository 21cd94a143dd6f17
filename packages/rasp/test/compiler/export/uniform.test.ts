/** Models with equal layers compute what the compiled model does: the same residual stream, no bias in the unembedding. */
import type { Recorder } from "@selectron/nn";
import { describe, expect, it } from "vitest";
import { check, compile, CompiledModel, load, tracr, verify, type SOp } from "../../../src/index.js";
import { uniformModel, type UniformModel } from "../../../src/compiler/model/uniform.js";
import { everyInput } from "../../../src/compiler/verify/inputs.js";
import { decoderLessons, lessons, lessonSOp } from "../lessons.js";

const asModel = (original: CompiledModel, { model, card }: UniformModel): CompiledModel =>
  new CompiledModel(model, card, original.layout, [], original.program);

/** The named activations of a forward pass. */
function activations(model: CompiledModel, input: readonly (string | bigint)[]): Map<string, Float32Array> {
  const found = new Map<string, Float32Array>();
  const record: Recorder = (name, { data }) => void found.set(name, Float32Array.from(data));
  model.values([input], record);
  return found;
}

/** Rows of the first coordinates only. */
const narrowed = (data: Float32Array, from: number, to: number): number[] =>
  Array.from(data).filter((_, i) => i % from < to);

const cases: readonly { name: string; sop: SOp; vocabulary: string; causal?: boolean }[] = [
  ...lessons.map(({ file, name, vocabulary }) => ({ name, sop: lessonSOp({ file, name }), vocabulary })),
  ...decoderLessons
    .filter(({ name }) => ["fewest", "most", "copy", "ordered", "first_b"].includes(name))
    .map(({ file, name, vocabulary }) => ({ name, sop: lessonSOp({ file, name }), vocabulary, causal: true })),
  { name: "no layers", sop: load("twice = indices + indices;").sop("twice"), vocabulary: "ab" },
  { name: "no feed-forward", sop: load("n = length;").sop("n"), vocabulary: "ab" },
  { name: "shift_by", sop: tracr.shiftBy(1, load("").sop("tokens")), vocabulary: "abc" },
];

describe.each(cases)("$name", ({ sop, vocabulary, causal = false }) => {
  const maxLength = vocabulary.length > 3 ? 3 : 4;
  const compiled = compile(sop, { vocabulary, maxLength, causal });
  const made = uniformModel(compiled);
  const uniform = asModel(compiled, made);

  it("answers every input like the interpreter, and like the checker says", () => {
    expect(verify(sop, uniform, { exhaustive: true })).toMatchObject({ ok: true });
    const output = compiled.card.outputs[0]!.name;
    const original = check(compiled.toSafetensors(), { program: { [output]: sop } });
    const report = check(uniform.toSafetensors(), { program: { [output]: sop } });
    expect(report).toMatchObject({ verdict: original.verdict, everyInput: original.everyInput });
  });

  it("has equal layers and no bias of the unembedding", () => {
    const { blocks, dModel } = uniform.model.config;
    expect(blocks.length).toBeGreaterThan(0);
    for (const block of blocks) expect(block).toEqual(blocks[0]);
    expect([1, 4, 16, 64, 256]).toContain(blocks[0]!.dHead);
    expect(dModel).toBe(compiled.model.config.dModel + 1);
    expect(
      uniform.model
        .parameters()
        .get("unembedding.bias")!
        .data.every((weight) => weight === 0),
    ).toBe(true);
    const { places } = made;
    expect(places.one).toBe(dModel - 1);
    expect(places.coordinates).toEqual([...Array.from({ length: dModel - 1 }, (_, c) => c), null]);
    compiled.model.config.blocks.forEach(({ heads, dFf }, l) => {
      expect(places.heads[l]!.filter((h) => h !== null)).toEqual(Array.from({ length: heads }, (_, h) => h));
      expect(places.units[l]!.filter((u) => u !== null)).toEqual(Array.from({ length: dFf }, (_, u) => u));
    });
  });

  it("has the same residual stream, bit by bit where widths were powers of four", () => {
    const isExact = compiled.model.config.blocks.every(({ heads, dHead }) => heads === 0 || [1, 4, 16].includes(dHead));
    const { dModel } = compiled.model.config;
    for (const input of [...everyInput(compiled.card.vocabulary, maxLength)].slice(-7)) {
      const [before, after] = [activations(compiled, input as string[]), activations(uniform, input as string[])];
      const last = [...before.keys()].filter((name) => name.endsWith("residual"));
      for (const name of last) {
        const [was, is] = [Array.from(before.get(name)!), narrowed(after.get(name)!, dModel + 1, dModel)];
        if (isExact) {
          expect(is).toEqual(was);
        } else {
          is.forEach((x, i) =>
            expect(Math.abs(x - was[i]!)).toBeLessThanOrEqual(1e-4 * Math.max(1, Math.abs(was[i]!))),
          );
        }
      }
    }
  });
});

it("takes a wider head, and no narrower one", () => {
  const sop = load("r = aggregate(select(indices, length - 1 - indices, ==), tokens);").sop("r");
  const compiled = compile(sop, { vocabulary: "abc", maxLength: 5 });
  const wide = asModel(compiled, uniformModel(compiled, 23));
  expect(wide.model.config.blocks.map(({ dHead }) => dHead)).toEqual([23, 23]);
  expect(verify(sop, wide, { exhaustive: true })).toMatchObject({ ok: true });
  expect(() => uniformModel(compiled, 2)).toThrow("heads of width 2 cannot hold the model's");
});

it("finds the plan's query weights again: whole numbers, which heads of width 7 had to round", () => {
  const sop = lessonSOp({ file: "04-sort", name: "sort_bos" });
  const compiled = compile(sop, { vocabulary: "abc", maxLength: 5 });
  const queries = ({ model }: Pick<UniformModel, "model">): number[][] =>
    model.config.blocks.map(({ dHead }, l) => {
      const { data } = model.parameters().get(`blocks.${l}.attention.query.weight`)!;
      return [...new Set([...data].filter((weight) => weight !== 0).map((weight) => weight / Math.sqrt(dHead)))];
    });
  expect(queries(compiled).flat().filter(Number.isInteger)).toEqual([]);
  expect(queries(uniformModel(compiled))).toEqual([[64, -28, 28], [64]]);
});
