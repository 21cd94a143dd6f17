/** The drawing of an architecture has every sublayer with its sizes. */
import { architectureSvg, decoderOnly, type EncoderConfig } from "@selectron/nn";
import { expect, it } from "vitest";

const textsOf = (svg: string): string[] => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text!);
const sizes = { vocabSize: 20, hiddenSize: 64, numHiddenLayers: 2, numAttentionHeads: 2, intermediateSize: 128 };

it("has two columns of an encoder–decoder, equal blocks once, and the memory", () => {
  const svg = architectureSvg(sizes, { title: "copy <1>" });
  const texts = textsOf(svg);
  expect(texts[0]).toBe("copy &#60;1&#62;");
  const count = (text: string): number => texts.filter((each) => each === text).length;
  expect(["self-attention", "masked self-attention", "cross-attention", "feed-forward", "× 2"].map(count)).toEqual([
    1, 1, 1, 2, 2,
  ]);
  expect(count("layer norm")).toBe(7);
  expect(count("64 → 128 → 64, geluExact")).toBe(2);
  expect(count("memory, m")).toBe(1);
  expect(texts).toContain("2 heads of 32, patterns n × m");
  expect(texts).toContain("64 → 20, log-softmax");
});

it("has one column of a single stack, with blocks of other sizes apart", () => {
  const gpt = textsOf(architectureSvg(decoderOnly({ ...sizes, layerNorm: "post", positions: { kind: "rope" } })));
  expect(gpt).toContain("20 tokens, rope positions");
  expect(gpt.filter((text) => text === "layer norm")).toHaveLength(2);
  const config: EncoderConfig = {
    ...{ vocabularySize: 5, maxLength: 4, dModel: 8, outputs: 3, positions: { kind: "none" } },
    blocks: [
      { heads: 1, dHead: 4, dFf: 0 },
      { heads: 0, dHead: 0, dFf: 6 },
      { heads: 0, dHead: 0, dFf: 6 },
    ],
  };
  const texts = textsOf(architectureSvg(config));
  expect(texts.filter((text) => /^(self-attention|feed-forward|× \d)$/.test(text))).toEqual([
    "self-attention",
    "feed-forward",
    "× 2",
  ]);
  expect(texts).toContain("5 tokens, no positions");
});
