/** Patches by name: of GPT-2s against plain loops, at every site; and what is refused. */
import { randn, Rng, tensor, type Tensor } from "@selectron/core";
import { Gpt2, gpt2Shapes, trace, TransformerEncoder, withPatches, type Gpt2Config, type Patch } from "@selectron/nn";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { plainGpt2, type Activation } from "../plain/gpt2.js";
import type { Parameters } from "../plain/layers.js";
import { distance } from "../support.js";

const sitesOf = ({ layers }: Gpt2Config): string[] => [
  "embedding",
  ...Array.from({ length: layers }, (_, layer) =>
    ["attn.pattern", "attn.heads", "attn.residual", "mlp.hidden", "mlp.output", "mlp.residual"].map(
      (site) => `h.${layer}.${site}`,
    ),
  ).flat(),
];

const configs = fc
  .record({
    layers: fc.integer({ min: 1, max: 2 }),
    heads: fc.integer({ min: 1, max: 3 }),
    width: fc.integer({ min: 1, max: 3 }),
  })
  .map(({ layers, heads, width }): Gpt2Config => ({
    layers,
    heads,
    dModel: heads * width,
    dFf: 5,
    maxLength: 9,
    vocabularySize: 4,
    epsilon: 1e-5,
  }))
  .filter(({ dModel }) => dModel > 1);

const made = (config: Gpt2Config, seed: number): { model: Gpt2; plain: Parameters } => {
  const rng = new Rng(seed);
  const parameters = new Map([...gpt2Shapes(config)].map(([name, shape]) => [name, randn(shape, rng)]));
  const plain = Object.fromEntries([...parameters].map(([name, value]) => [name, value.toArray()]));
  return { model: new Gpt2(config, parameters), plain: plain as Parameters };
};

/** The activation with the part that a patch names replaced, element by element. */
function replaced(name: string, value: Activation, patch: Patch): Activation {
  if (patch.site !== name) return value;
  const from = patch.from && (patch.from.get(name)!.toArray() as Activation[])[0]!;
  const ofHeads = /heads|pattern/.test(name);
  const row = (old: number[], i: number, h: number | undefined): number[] => {
    if (patch.positions && !patch.positions.includes(i)) return old;
    if (h !== undefined && patch.heads && !patch.heads.includes(h)) return old;
    if (!from) return old.map(() => patch.value as number);
    return h === undefined ? (from as number[][])[i]! : (from as number[][][])[h]![i]!;
  };
  return ofHeads
    ? (value as number[][][]).map((head, h) => head.map((old, i) => row(old, i, h)))
    : (value as number[][]).map((old, i) => row(old, i, undefined));
}

describe("patches of a GPT-2", () => {
  it("do what plain loops do, at every site, for single heads and positions, with numbers and from another run", () => {
    fc.assert(
      fc.property(configs, fc.nat(), (config, seed) => {
        const { model, plain } = made(config, seed);
        const rng = new Rng(seed + 1);
        const length = 1 + rng.int(6);
        const draw = (): number[] => Array.from({ length }, () => rng.int(4));
        const some = (count: number): number[] | undefined =>
          rng.int(2) ? [...new Set([rng.int(count), rng.int(count)])] : undefined;
        const [ids, other, positions] = [draw(), draw(), draw()];
        const donor = trace((watching) => model.forward([other], { positions: [positions], ...watching })).activations;
        const site = rng.pick(sitesOf(config));
        const patch: Patch = {
          site,
          ...(rng.int(2) ? { from: donor } : { value: rng.normal() }),
          positions: some(length),
          heads: /heads|pattern/.test(site) ? some(config.heads) : undefined,
        };
        const seen: Record<string, Activation> = {};
        const expected = plainGpt2(config, plain, ids, positions, (name, value) => {
          const used = replaced(name, value, patch) as typeof value;
          seen[name] = used;
          return used;
        });
        const { result, activations } = trace(({ record }) =>
          withPatches([patch], ({ patch: patcher }) =>
            model.forward([ids], { positions: [positions], record, patch: patcher }),
          ),
        );
        const scale = Math.max(1, ...expected.flat().map(Math.abs));
        expect(distance(result.toArray(), [expected]) / scale).toBeLessThan(1e-4);
        expect([...activations.keys()]).toEqual(sitesOf(config));
        for (const [name, value] of activations) {
          const most = Math.max(1, ...(value.toArray() as number[][][]).flat(9).map((x) => Math.abs(Number(x))));
          expect(distance(value.toArray(), [seen[name]]) / most, name).toBeLessThan(1e-4);
        }
      }),
      { numRuns: 150 },
    );
  });

  const { model } = made({ layers: 1, heads: 2, dModel: 4, dFf: 8, maxLength: 6, vocabularySize: 4, epsilon: 1e-5 }, 1);
  const pass = (patches: Patch[], ids = [[1, 2, 3]]): Tensor =>
    withPatches(patches, (watching) => model.forward(ids, watching));

  it("change no bit where nothing is replaced by anything else", () => {
    const plain = model.forward([[1, 2, 3]]).toArray();
    const { activations } = trace((watching) => model.forward([[1, 2, 3]], watching));
    for (const site of activations.keys()) {
      if (!site.endsWith("pattern")) expect(pass([{ site, from: activations }]).toArray(), site).toEqual(plain);
    }
  });

  it("make one run another where the embedding is the other's", () => {
    const { result, activations } = trace((watching) => model.forward([[3, 0, 1]], watching));
    expect(pass([{ site: "embedding", from: activations }]).toArray()).toEqual(result.toArray());
  });

  it("follow the order of the rows where there is padding", () => {
    const padding = [[false, true, true]];
    const clean = model.forward([[0, 1, 2]], { padding }).toArray() as number[][][];
    const last = withPatches([{ site: "h.0.mlp.output", positions: [1], value: 9 }], (watching) =>
      model.forward([[0, 1, 2]], { padding, ...watching }),
    ).toArray() as number[][][];
    const changed = last[0]!.map((row, i) => distance(row, clean[0]![i]!) > 1e-3);
    expect(changed.slice(1)).toEqual([true, false]);
  });

  it.each<[string, Patch[], RegExp]>([
    ["an unknown site", [{ site: "h.1.attn.heads", value: 0 }], /no activation is called h\.1\.attn\.heads; there are embedding, /],
    ["a head too many", [{ site: "h.0.attn.heads", heads: [2], value: 0 }], /h\.0\.attn\.heads has 2 heads; there is no head 2/],
    ["a position too far", [{ site: "embedding", positions: [3], value: 0 }], /embedding has 3 positions; there is no position 3/],
    ["heads of what has none", [{ site: "embedding", heads: [0], value: 0 }], /embedding is \[1, 3, 4\], and has no heads/],
    ["neither value nor run", [{ site: "embedding" }], /patches\[0\]: give either a value or the activations/],
    ["a run of another length", [{ site: "embedding", from: new Map([["embedding", tensor([[[1, 2, 3, 4]]])]]) }], /embedding is \[1, 1, 4\] in the other run, and \[1, 3, 4\] in this one/],
  ])("refuse %s", (_, patches, message) => expect(() => pass(patches)).toThrow(message)); // prettier-ignore
});

it("reach the heads of an encoder", () => {
  const sizes = { vocabularySize: 3, maxLength: 3, dModel: 4, blocks: [{ heads: 2, dHead: 2, dFf: 0 }], outputs: 2 };
  const encoder = new TransformerEncoder(sizes, new Rng(1));
  const silent = withPatches([{ site: "blocks.0.attention.heads", value: 0 }], (watching) =>
    encoder.forward([[0, 1, 2]], watching),
  );
  const { activations } = trace((watching) => encoder.forward([[0, 1, 2]], watching));
  const bias = encoder.parameters().get("blocks.0.attention.output.bias")!;
  const expected = withPatches(
    [{ site: "blocks.0.attention.residual", value: activations.get("embedding")!.add(bias) }],
    (watching) => encoder.forward([[0, 1, 2]], watching),
  );
  expect(distance(silent.toArray(), expected.toArray())).toBeLessThan(1e-6);
});
