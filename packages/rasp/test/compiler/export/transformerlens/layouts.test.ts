/** The weights by TransformerLens' names: names and shapes against a list from its source, entries against nn's parameters. */
import type { Tensor } from "@selectron/core";
import { describe, expect, it } from "vitest";
import { compile, load, type CompiledModel } from "../../../../src/index.js";
import { lensConfig } from "../../../../src/compiler/export/transformerlens/config.js";
import { bridgeState, hookedState } from "../../../../src/compiler/export/transformerlens/layouts.js";
import { uniformModel } from "../../../../src/compiler/model/uniform.js";
import { lessons, lessonSOp } from "../../lessons.js";
import { bridgeParameters, CONFIG_FIELDS, hookedParameters, type Sizes } from "./names.js";

const shapesOf = (state: ReadonlyMap<string, Tensor>) =>
  Object.fromEntries([...state].map(([k, { shape }]) => [k, [...shape]]));

const models: readonly (readonly [string, CompiledModel])[] = [
  ...lessons.map(
    (lesson) => [lesson.name, compile(lessonSOp(lesson), { vocabulary: lesson.vocabulary, maxLength: 3 })] as const,
  ),
  ["no layers", compile(load("twice = indices + indices;").sop("twice"), { vocabulary: "ab", maxLength: 4 })],
].map(([name, model]) => [name as string, model as CompiledModel]);

describe.each(models)("%s", (_, compiled) => {
  const { model } = uniformModel(compiled);
  const config = lensConfig(model.config);
  const sizes = config as unknown as Sizes;

  it("has every parameter of TransformerLens, in its shape, and no other", () => {
    expect(shapesOf(hookedState(model))).toEqual(hookedParameters(sizes));
    expect(shapesOf(bridgeState(model))).toEqual(bridgeParameters(sizes));
  });

  it("is configured with fields that TransformerLens knows, none of which it would replace", () => {
    for (const field of Object.keys(config)) expect(CONFIG_FIELDS).toContain(field);
    expect(config).toMatchObject({ act_fn: "relu", normalization_type: null, attention_dir: "bidirectional" });
    // 0 hidden units would become 4 · d_model, and 1.0 = √1 for a scale is refused only where heads are wider.
    for (const count of [sizes.n_layers, sizes.n_heads, sizes.d_head, sizes.d_mlp]) expect(count).toBeGreaterThan(0);
  });
});

it("a causal model is said to be one", () => {
  const sop = load("n = aggregate(select(indices, indices, <=), indices);").sop("n");
  const { model } = uniformModel(compile(sop, { vocabulary: "ab", maxLength: 4, causal: true }));
  expect(lensConfig(model.config)).toMatchObject({ attention_dir: "causal" });
});

describe("entry by entry", () => {
  const lesson = lessons.find(({ name }) => name === "sort_by_most_freq")!;
  const { model } = uniformModel(compile(lessonSOp(lesson), { vocabulary: "abc", maxLength: 4 }));
  const [hooked, bridge, ours] = [hookedState(model), bridgeState(model), model.parameters()];
  const { dModel, blocks, outputs } = model.config;
  const { heads, dHead, dFf } = blocks[0]!;
  const layers = [...blocks.keys()];
  /** [rows, columns]: by our indices, [in, out]. */
  const everyEntry = (rows: number, columns: number, at: (row: number, column: number) => void): void => {
    for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++) at(row, column);
  };
  /** Our map [in, out], torch's [out, in], and the hooked one at the index that is given. */
  const compare = (
    names: { ours: string; bridge: string; hooked: string },
    [rows, columns]: readonly [number, number],
    hookedAt: (row: number, column: number) => number = (row, column) => row * columns + column,
  ): void => {
    const [from, turned, inHooked] = [ours.get(names.ours)!, bridge.get(names.bridge)!, hooked.get(names.hooked)!];
    const found: number[][] = [[], [], []];
    everyEntry(rows, columns, (row, column) => {
      found[0]!.push(from.data[row * columns + column]!);
      found[1]!.push(turned.data[column * rows + row]!);
      found[2]!.push(inHooked.data[hookedAt(row, column)]!);
    });
    expect(found[0]!.some((weight) => weight !== 0)).toBe(true);
    expect(found[1]).toEqual(found[0]);
    expect(found[2]).toEqual(found[0]);
  };

  it.each(layers)("attention of layer %i", (layer) => {
    const [attn, nn] = [`blocks.${layer}.attn`, `blocks.${layer}.attention`];
    for (const [letter, part] of Object.entries({ q: "query", k: "key", v: "value" })) {
      const names = { ours: `${nn}.${part}.weight`, bridge: `${attn}.${letter}.weight` };
      compare({ ...names, hooked: `${attn}.W_${letter.toUpperCase()}` }, [dModel, heads * dHead], (c, column) => {
        const [h, d] = [Math.floor(column / dHead), column % dHead];
        return (h * dModel + c) * dHead + d;
      });
      const bias = [...ours.get(`${nn}.${part}.bias`)!.data];
      expect([...bridge.get(`${attn}.${letter}.bias`)!.data]).toEqual(bias);
      expect([...hooked.get(`${attn}.b_${letter.toUpperCase()}`)!.data]).toEqual(bias);
    }
    const output = { ours: `${nn}.output.weight`, bridge: `${attn}.o.weight`, hooked: `${attn}.W_O` };
    compare(output, [heads * dHead, dModel]);
  });

  it.each(layers.slice(0, -1))("feed-forward of layer %i", (layer) => {
    const [mlp, nn] = [`blocks.${layer}.mlp`, `blocks.${layer}.feedForward`];
    compare({ ours: `${nn}.hidden.weight`, bridge: `${mlp}.in.weight`, hooked: `${mlp}.W_in` }, [dModel, dFf]);
    compare({ ours: `${nn}.output.weight`, bridge: `${mlp}.out.weight`, hooked: `${mlp}.W_out` }, [dFf, dModel]);
    for (const [into, ofOurs] of Object.entries({ in: "hidden", out: "output" })) {
      const bias = [...ours.get(`${nn}.${ofOurs}.bias`)!.data];
      expect([...bridge.get(`${mlp}.${into}.bias`)!.data]).toEqual(bias);
      expect([...hooked.get(`${mlp}.b_${into}`)!.data]).toEqual(bias);
    }
  });

  it("unembedding", () => {
    const names = { ours: "unembedding.weight", bridge: "unembed.weight", hooked: "unembed.W_U" };
    compare(names, [dModel, outputs]);
  });
});
