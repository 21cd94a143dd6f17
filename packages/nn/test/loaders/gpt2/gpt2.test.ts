/** Gpt2 against logits that another implementation computed in float64 (../shared/models), and what it refuses. */
import { encodeSafetensors, full, type Tensor } from "@selectron/core";
import { Gpt2, Gpt2Error } from "@selectron/nn";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { distance } from "../../support.js";
import { sizes, weights } from "./tiny.js";

const folder = fileURLToPath(new URL("../../../../../../shared/models/", import.meta.url));
const present = existsSync(`${folder}models`);
if (!present) {
  console.warn(`\n*** SKIPPED: no trained models at ${folder}; Gpt2 is NOT compared with recorded logits. ***\n`);
}

interface Recorded {
  readonly input_ids: readonly number[];
  readonly position_ids: readonly number[];
  readonly logits: readonly (readonly number[])[];
}

const argMax = (row: readonly number[]): number => row.indexOf(Math.max(...row));

describe.skipIf(!present)("trained models", () => {
  const names = present
    ? readdirSync(`${folder}models`)
        .filter((file) => file.endsWith(".safetensors"))
        .map((file) => file.replace(".safetensors", ""))
    : [];

  it("are all there", () => expect(names).toHaveLength(20));

  it.each(names)("%s gives the recorded logits and decisions", (name) => {
    const config = JSON.parse(readFileSync(`${folder}models/${name}.json`, "utf8")) as Record<string, unknown>;
    const model = Gpt2.fromSafetensors(readFileSync(`${folder}models/${name}.safetensors`), config);
    const lines = readFileSync(`${folder}forward/${name}.jsonl`, "utf8").trim().split("\n");
    expect(lines).toHaveLength(5);
    const sigmoid = config["head_type"] === "multi_label_sigmoid";
    const special = config["special_tokens"] as Readonly<Record<string, number>>;
    for (const line of lines) {
      const { input_ids: ids, position_ids: positions, logits } = JSON.parse(line) as Recorded;
      const found = (model.forward([ids], [positions]).toArray() as number[][][])[0]!;
      // Scored: every position but the last symbol's <eos> (BCE), or from <sep> to the one before the last.
      const first = sigmoid ? 0 : ids.indexOf(special["<sep>"]!);
      logits.forEach((expected, i) => {
        expected.forEach((value, v) => {
          expect(Math.abs(found[i]![v]! - value)).toBeLessThanOrEqual(2e-3 * (1 + Math.abs(value)));
        });
        if (i < first || i >= ids.length - 1) return;
        if (sigmoid) expect(found[i]!.map((x) => x > 0)).toEqual(expected.map((x) => x > 0));
        else expect(argMax(found[i]!)).toBe(argMax(expected));
      });
    }
  });
});

describe("loading", () => {
  it("takes bytes in every form", () => {
    const file = weights();
    const larger = new Uint8Array(file.length + 7);
    larger.set(file, 3);
    const odd = larger.subarray(3, 3 + file.length);
    const expected = Gpt2.fromSafetensors(file, sizes)
      .forward([[0, 1]])
      .toArray();
    for (const form of [
      odd,
      Buffer.from(odd),
      Buffer.from(larger.buffer, 3, file.length),
      file.slice().buffer,
      [odd],
    ]) {
      expect(
        Gpt2.fromSafetensors(form, sizes)
          .forward([[0, 1]])
          .toArray(),
      ).toEqual(expected);
    }
  });

  it("counts positions from 0 unless they are given", () => {
    const model = Gpt2.fromSafetensors(weights(), sizes);
    const [plain, told, later] = [undefined, [[0, 1, 2]], [[1, 2, 3]]].map((at) =>
      model.forward([[0, 1, 2]], at).toArray(),
    );
    expect(plain).toEqual(told);
    expect(later).not.toEqual(told);
  });

  it("gives a padded row the logits of the row alone, wherever the padding is", () => {
    const model = Gpt2.fromSafetensors(weights(), sizes);
    const row = [2, 0, 1];
    const alone = (model.forward([row]).toArray() as number[][][])[0]!;
    const shifted = (model.forward([row], [[2, 3, 4]]).toArray() as number[][][])[0]!;
    const tokens = [[2, 0, 1, 0, 0, 0], [0, 0, 0, 2, 0, 1], [2, 1, 0, 1, 1, 0]]; // prettier-ignore
    const places = [[0, 1, 2], [3, 4, 5], [0, 2, 4]]; // prettier-ignore
    const padding = places.map((at) => tokens[0]!.map((_, i) => at.includes(i)));
    const batch = model.forward(tokens, { padding }).toArray() as number[][][];
    places.forEach((at, b) =>
      expect(
        distance(
          at.map((i) => batch[b]![i]!),
          alone,
        ),
      ).toBeLessThan(1e-5),
    );
    const positions = places.map((at) => tokens[0]!.map((_, i) => (at.includes(i) ? 2 + at.indexOf(i) : -1)));
    const moved = model.forward(tokens, { padding, positions }).toArray() as number[][][];
    places.forEach((at, b) =>
      expect(
        distance(
          at.map((i) => moved[b]![i]!),
          shifted,
        ),
      ).toBeLessThan(1e-5),
    );
    expect(distance(alone, shifted)).toBeGreaterThan(1e-3);

    const patterns: Record<string, Tensor> = {};
    model.forward(tokens, { padding }, (name, value) => void (patterns[name] = value));
    model.forward([row], {}, (_, value) => void (patterns["alone"] = value));
    const [whole, own] = [patterns["h.0.attn.pattern"]!, patterns["alone"]!].map((x) => x.toArray() as number[][][][]);
    places.forEach((at, b) =>
      expect(
        distance(
          whole![b]!.map((head) => at.map((i) => at.map((j) => head[i]![j]!))),
          own![0],
        ),
      ).toBeLessThan(1e-5),
    );
    expect(() => model.forward([row], { padding: [[true]] })).toThrow(
      "padding: row 0 has length 1, but 3 is expected.",
    );
    expect(() => model.forward([[0, 0, 0, 0, 0, 0]])).toThrow(
      "rows of 6 tokens are longer than the model's context of 5",
    );
  });

  it.each<[string, Uint8Array, unknown, string]>([
    ["layers that are not there", weights(), { ...sizes, n_layer: 2 }, "it says 2 layers, and the weights have 1"],
    ["a million layers", weights(), { ...sizes, n_layer: 1_000_000 }, "it says 1000000 layers, and the weights have 1"],
    [
      "layers too many",
      weights({ "h.1.ln_1.weight": full([4], 1) }),
      sizes,
      "it says 1 layers, and the weights have 2",
    ],
    ["another width", weights(), { ...sizes, n_embd: 8 }, "wte.weight has shape [3, 4], expected [3, 8]"],
    ["heads that do not divide", weights(), { ...sizes, n_head: 3 }, "3 heads, which do not divide a width of 4"],
    ["a missing size", weights(), { ...sizes, n_head: undefined }, "does not give n_head or heads"],
    ["a broken size", weights(), { ...sizes, n_layer: "two" }, 'n_layer is "two"; it must be an integer'],
    ["no object", weights(), [1], "must be a JSON object"],
    ["another model type", weights(), { ...sizes, model_type: "llama" }, 'model_type is "llama"; supported is "gpt2"'],
    ["another activation", weights(), { ...sizes, activation_function: "silu" }, 'activation_function is "silu"'],
    ["a file of PyTorch", new TextEncoder().encode("PK\x03\x04 archive"), sizes, "a zip archive"],
    [
      "a part that is not GPT-2's",
      weights({ "h.0.attn.q_norm.weight": full([2], 1) }),
      sizes,
      "h.0.attn.q_norm.weight belongs to no part",
    ],
    [
      "a huge weight",
      weights({ "h.0.ln_1.weight": full([4], 2 ** 41) }),
      sizes,
      "element 0 of 4 is 2199023255552; every weight must be finite, and none is beyond 2^40",
    ],
    ["another file", encodeSafetensors({ "model.embed": full([1], 0) }), sizes, 'it has no "transformer.wte.weight"'],
    ["NaN", weights({ "ln_f.bias": full([4], NaN) }), sizes, "ln_f.bias is damaged: element 0 of 4 is NaN"],
    ["half a file", weights().slice(0, 900), sizes, "truncated"],
  ])("refuses %s", (_, bytes, config, message) => {
    expect(() => Gpt2.fromSafetensors(bytes, config)).toThrow(message);
  });

  it("refuses logits that are not finite, and names the largest weight", () => {
    const huge = 2 ** 40;
    const change = {
      "h.0.ln_2.bias": full([4], huge),
      "h.0.mlp.c_fc.weight": full([4, 256], huge),
      "h.0.mlp.c_fc.bias": full([256], 0),
      "h.0.mlp.c_proj.weight": full([256, 4], huge),
    };
    const model = Gpt2.fromSafetensors(weights(change), { ...sizes, n_inner: 256 });
    expect(() => model.forward([[0, 1]])).toThrow(
      new Gpt2Error(
        "the logits are not finite, though the weights are; the largest is 1099511627776, in h.0.ln_2.bias. Is the file damaged?",
      ),
    );
  });

  it("refuses ids and positions outside the tables", () => {
    const model = Gpt2.fromSafetensors(weights(), sizes);
    expect(() => model.forward([[0, 3]])).toThrow("token 3 in row 0 is not in 0 to 2");
    expect(() => model.forward([[0, 1]], [[4, 5]])).toThrow("position 5 in row 0 is not in 0 to 4");
    expect(() => model.forward([[0, 1], [2]])).toThrow("tokens must be 2 rows of 2");
    expect(() => model.forward([])).toThrow("there are no tokens");
  });
});
