import { readFileSync } from "node:fs";
import { escapeXml } from "@selectron/nn";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { computation, cost, drawSvg, drawText, flow, load, nodeLabel, type Input } from "../../../src/index.js";
import { breadth } from "../../../../../test/long.js";

const drawn = (file: string, name: string, input: Input) => {
  const text = readFileSync(new URL(`../../../../../examples/${file}.rasp`, import.meta.url), "utf8");
  return flow(load(text, { file: `${file}.rasp`, example: input }).sop(name), input);
};

describe("flow", () => {
  it("has the heads of each layer with their matrices, and the steps between", () => {
    const { layers, input } = drawn("02-histogram", "hist_bos", "§aba");
    expect(input).toEqual([..."§aba"]);
    expect(layers.map(({ heads, steps }) => [heads.length, steps.map(({ name }) => name)])).toEqual([
      [0, ["indicator(indices == 0)"]],
      [1, ["hist_bos"]],
    ]);
    const [head] = layers[1]!.heads;
    expect(head).toMatchObject({
      name: "with_bos",
      text: "same_token or select(indices, 0, ==)",
      place: "line 12",
      keys: [
        { name: "tokens", values: [..."§aba"] },
        { name: "indices", values: [..."0123"] },
      ],
      queries: [{ name: "tokens", values: [..."§aba"] }],
      uses: [{ result: { name: "share_of_bos", values: ["1", "0.333", "0.5", "0.333"] } }],
    });
    expect(head!.matrix.map((row) => row.join(""))).toEqual(["1000", "1101", "1010", "1101"]);
  });

  it("refuses inputs that are too long for a page", () => {
    expect(() => drawn("01-reverse", "reverse", "a".repeat(65))).toThrow(
      "a picture shows inputs of up to 64 elements; this one has 65",
    );
  });
});

describe("text", () => {
  it("shows keys on top, queries left, values below, results right", () => {
    expect(drawText(drawn("08-dyck2-best", "dyck2_best", "({)")).split("\n\n")).toContain(
      [
        "layer 2, head 1: latest_before = best(same_depth and select(indices, indices, <), indices)  (line 21)",
        " indices │ 0 1 2 │",
        "at_depth │ 1 2 2 │",
        "─────────┼───────┤",
        "     0 1 │ · · · │ -",
        "     1 2 │ · · · │ -",
        "     2 2 │ · ■ · │ {",
        "─────────┼───────┤",
        "  tokens │ ( { ) │ → opener",
      ].join("\n"),
    );
  });

  it("cuts long words and counts wide characters twice", () => {
    const lines = drawText(drawn("01-reverse", "reverse", ["extraordinarily", "日本語のとても長い単語", "b"])).split(
      "\n",
    );
    expect(lines).toContain(" tokens │ extraor…  日本語…        b │ → reverse");
  });
});

describe("names", () => {
  const long = `same = select(tokens, tokens, ==);
def the_number_of_positions_with_the_same_token_as_this(x) { return x + 1; }
value = round(selector_width(same) * 2 - indicator(tokens == "l") + the_number_of_positions_with_the_same_token_as_this(indices));
x = aggregate(select(selector_width(same) + indicator(indices == 0), length - 1 - indices, ==) and same, value * (1 + value));`;
  const pictures = [
    flow(load(long).sop("x"), "hello"),
    drawn("02-histogram", "hist_bos", "§aba"),
    drawn("07-dyck2", "dyck2_ptf", "({)}"),
  ];
  /** A text without the spaces and frames at which it may be broken. */
  const bare = (text: string): string => text.replace(/[\s│]/g, "");

  it.each(pictures)("are whole in text and in SVG", (picture) => {
    const [text, svg] = [drawText(picture), drawSvg(picture, { width: 360 })];
    expect(text).not.toContain("…");
    expect(svg.replace(/<title>[^<]*<\/title>/g, "")).not.toContain("…");
    const words = bare(
      [...svg.replace(/<title>[^<]*<\/title>/g, "").matchAll(/<text [^>]*>([^<]*)</g)].map(([, word]) => word).join(""),
    );
    for (const { heads, steps } of picture.layers) {
      const rows = [
        ...heads.flatMap((head) => [
          ...head.keys,
          ...head.queries,
          ...head.uses.flatMap((use) => [use.value, use.result]),
        ]),
        ...steps,
      ];
      for (const { name } of [...rows, ...heads]) {
        expect(words).toContain(bare(escapeXml(name)));
        for (const word of name.split(/[\s,([{]+/)) expect(text).toContain(word);
      }
    }
  });

  it("take as many lines as they need, and the values are on the last", () => {
    const lines = drawText(pictures[0]!)
      .split("\n")
      .map((line) => line.trim());
    const at = lines.indexOf("selector_width(same) + indicator( │                │");
    expect(lines[at + 1]).toBe("indices == 0) │  2  1  2  2  1 │ line 4");
  });
});

describe("svg", () => {
  /** Text contents with their class and place, without tooltips. */
  const texts = (svg: string) =>
    [...svg.matchAll(/<text [^>]*>(?:<title>([^<]*)<\/title>)?([^<]*)<\/text>/g)].map(([, tip, text]) => ({
      tip,
      text,
    }));

  it("cuts long words and keeps the whole word as a tooltip", () => {
    const svg = drawSvg(drawn("01-reverse", "reverse", ["extraordinarily", "a<b&c", "b"]));
    expect(texts(svg)).toContainEqual({ tip: "extraordinarily", text: "extraor…" });
    expect(texts(svg)).toContainEqual({ tip: undefined, text: "a&#60;b&#38;c" });
    expect(svg).not.toContain("a<b");
  });

  it("stays within its width if heads fit below each other", () => {
    const picture = drawn("07-dyck2", "dyck2_ptf", "({}){(}");
    const size = (svg: string) => /viewBox="0 0 (\d+) (\d+)"/.exec(svg)!.slice(1).map(Number);
    const [wide, high] = size(drawSvg(picture, { width: 1000 }));
    const [narrow, higher] = size(drawSvg(picture, { width: 360 }));
    expect(wide).toBeLessThanOrEqual(1000);
    expect(narrow).toBeLessThan(500);
    expect(higher).toBeGreaterThan(high!);
  });

  it("follows the reader's colours", () => {
    const svg = drawSvg(drawn("01-reverse", "reverse", "ab"));
    expect(svg).toContain("@media (prefers-color-scheme: dark)");
    expect(svg).toContain("@media print");
  });

  it("is well-formed XML whatever the tokens", () => {
    const tokens = fc.array(fc.string({ unit: "binary", maxLength: 12 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(tokens, (input) => {
        const svg = drawSvg(drawn("01-reverse", "reverse", input));
        const open: string[] = [];
        for (const [, close, name, rest] of svg.matchAll(/<(\/?)([a-z]+)([^>]*)>/g)) {
          if (close) expect(open.pop()).toBe(name);
          else if (!rest!.endsWith("/")) open.push(name!);
        }
        expect(open).toEqual([]);
        expect(svg).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
        expect(svg.replace(/&#\d+;/g, "")).not.toContain("&");
        expect(svg).not.toMatch(/[\ud800-\udfff]/u);
      }),
      { numRuns: breadth({ short: 20, long: 60 }) },
    );
  });
});

describe("computation", () => {
  it("has the nodes that a picture shows, in its order", () => {
    const text = readFileSync(new URL("../../../../../examples/07-dyck2.rasp", import.meta.url), "utf8");
    const sop = load(text, { example: "(){}" }).sop("dyck2_ptf");
    const picture = flow(sop, "(){}");
    const layers = computation(sop);
    expect(layers.map(({ number, steps }) => [number, steps.map(nodeLabel)])).toEqual(
      picture.layers.map(({ number, steps }) => [number, steps.map(({ name }) => name)]),
    );
    expect(layers.map(({ heads }) => heads.map(({ selector }) => nodeLabel(selector)))).toEqual(
      picture.layers.map(({ heads }) => heads.map(({ name }) => name)),
    );
    expect(layers.map(({ heads }) => heads.length).slice(1)).toEqual(cost(sop).headsPerLayer);
    const [head] = layers[1]!.heads;
    expect([head!.keys.map(nodeLabel), head!.queries.map(nodeLabel)]).toEqual([["indices"], ["indices"]]);
  });
});
