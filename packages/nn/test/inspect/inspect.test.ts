import { Rng, tensor, type Tensor } from "@selectron/core";
import {
  attentionMaps,
  attentionSvg,
  attentionText,
  causalMask,
  decoderOnly,
  trace,
  Transformer,
  TransformerDecoder,
  withHooks,
  type AttentionMap,
  type Hook,
} from "@selectron/nn";
import { describe, expect, it } from "vitest";

const sizes = { vocabSize: 7, hiddenSize: 8, numHiddenLayers: 2, numAttentionHeads: 2, intermediateSize: 12 };
const model = new Transformer(sizes, new Rng(1));
const [source, target] = [[[1, 2, 3]], [[4, 5]]];

describe("trace", () => {
  const { result, activations } = trace((watching) => model.forward(source, target, watching));

  it("has the result and all activations, in order", () => {
    expect(result.toArray()).toEqual(model.forward(source, target, { record: () => undefined }).toArray());
    expect([...activations.keys()].slice(0, 3)).toEqual([
      "encoder.embedding",
      "encoder.blocks.0.attention.pattern",
      "encoder.blocks.0.attention.heads",
    ]);
    expect(activations.get("decoder.blocks.1.crossAttention.pattern")!.shape).toEqual([1, 2, 2, 3]);
    expect(activations.size).toBe(1 + 2 * 5 + 1 + 2 * 8);
  });

  it("gives a map of every head, with labels", () => {
    const maps = attentionMaps(activations, {
      queries: (name) => (name.startsWith("encoder") ? ["a", "b", "c"] : ["x", "y"]),
      keys: (name) => (/^encoder|cross/.test(name) ? ["a", "b", "c"] : ["x", "y"]),
    });
    expect(maps.map(({ title }) => title)).toEqual([
      ...[0, 1].flatMap((i) => [1, 2].map((h) => `encoder.blocks.${i}.attention head ${h}`)),
      ...[0, 1].flatMap((i) =>
        ["attention", "crossAttention"].flatMap((name) => [1, 2].map((h) => `decoder.blocks.${i}.${name} head ${h}`)),
      ),
    ]);
    expect(maps[7]).toMatchObject({ queries: ["x", "y"], keys: ["a", "b", "c"] });
    for (const { weights } of maps) {
      for (const row of weights) expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
    }
    expect(() => attentionMaps(activations, { queries: ["a"] })).toThrow(
      new RangeError("attentionMaps: 1 labels for the 3 queries of encoder.blocks.0.attention.pattern."),
    );
  });
});

describe("withHooks", () => {
  const pass = (hooks: Record<string, Hook>): unknown =>
    withHooks(hooks, (watching) => model.forward(source, target, watching)).toArray();

  it("calls the hooks whose names match, and continues with what they return", () => {
    const seen: string[] = [];
    pass({ "encoder.blocks.*.attention.pattern": (_, name) => void seen.push(name) });
    expect(seen).toEqual(["encoder.blocks.0.attention.pattern", "encoder.blocks.1.attention.pattern"]);
    const plain = pass({ "encoder.embedding": () => undefined });
    expect(pass({ "decoder.blocks.*.crossAttention.pattern": (value) => value.mul(0) })).not.toEqual(plain);
  });

  it("with every sublayer undone, only the embedding reaches the end", () => {
    const decoder = new TransformerDecoder(decoderOnly(sizes), new Rng(2));
    let stream: Tensor | undefined;
    const undone = withHooks(
      { embedding: (value) => void (stream = value), "blocks.*.*.residual": () => stream },
      (watching) => decoder.forward(source, watching),
    );
    const rest = [...decoder.parameters()].filter(([name]) => !name.startsWith("blocks"));
    const shallow = new TransformerDecoder(decoderOnly({ ...sizes, numHiddenLayers: 0 }), new Map(rest));
    expect(undone.toArray()).toEqual(shallow.forward(source).toArray());
  });

  it("refuses a name that matches nothing", () => {
    expect(() => pass({ "encoder.blocks.7.attention.pattern": () => undefined })).toThrow(
      /^withHooks: no activation is called encoder\.blocks\.7\.attention\.pattern; there are encoder\.embedding, /,
    );
  });
});

describe("maps", () => {
  const scores = tensor([
    [0.9, 0.7, 0.3],
    [0.6, 0.8, 0.9],
    [0.2, 0.5, 0.7],
  ]);
  const map: AttentionMap = {
    title: "head 1",
    queries: ["I", "love", "<deep>"],
    keys: ["I", "love", "<deep>"],
    weights: scores.maskedFill(causalMask(3), -Infinity).softmax().toArray() as number[][],
  };

  it("as text", () => {
    expect(attentionText(map)).toBe(
      [
        "head 1",
        "       │    I love <deep>",
        "     I │ 1.00    ·      ·",
        "  love │ 0.45 0.55      ·",
        "<deep> │ 0.25 0.34   0.41",
      ].join("\n"),
    );
  });

  it("as SVG: a square per weight that is not 0, with its value", () => {
    const svg = attentionSvg([map, map]);
    expect(svg.match(/class="cell"/g)!.length).toBe(12);
    expect(svg).toContain('fill-opacity="0.550"><title>love → love: 0.550</title>');
    expect(svg).toContain("&#60;deep&#62;");
    expect(svg).not.toContain("<deep>");
    // Both fit side by side at 900 pixels, not at 200.
    const heightOf = (page: string): number => Number(/viewBox="0 0 \d+ (\d+)"/.exec(page)![1]);
    expect(heightOf(attentionSvg([map, map], { width: 200 }))).toBeGreaterThan(1.8 * heightOf(svg));
  });
});
