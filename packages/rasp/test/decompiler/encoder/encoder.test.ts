/** Programs of trained encoders: s-ops against the interpreter, rules against plain functions, and the whole search on small models. */
import { encodeSafetensors, Rng } from "@selectron/core";
import { Adam, cosine, train, TransformerEncoder } from "@selectron/nn";
import { encodeResult, Evaluation, load, programPass, ProgramTask, type Atom } from "@selectron/rasp";
import {
  decisions,
  decompileEncoder,
  DecompileError,
  isTrainedEncoder,
  readTrainedEncoder,
} from "@selectron/rasp/decompile";
import { describe, expect, it } from "vitest";
import { Batch, Codes, drawInputs, type Answered } from "../../../src/decompiler/encoder/batch.js";
import { growRules } from "../../../src/decompiler/encoder/grow-rules.js";
import { addFirstLayer, addSecondLayer, addThirdLayer, plainSOps } from "../../../src/decompiler/encoder/layers.js";
import { Pool } from "../../../src/decompiler/encoder/pool.js";
import { ruleMatch, ruleProgram } from "../../../src/decompiler/encoder/rule.js";

const codes = new Codes(["a", "b", "c", "even", "odd"]);

/** Inputs with the classes that a function gives. */
function answered(count: number, classify: (input: readonly string[], at: number) => Atom, seed = 1): Answered[] {
  const rng = new Rng(seed);
  return Array.from({ length: count }, () => {
    const ids = Array.from({ length: 1 + rng.int(6) }, () => rng.int(3));
    const input = ids.map((id) => "abc"[id]!);
    return { input, ids, classes: ids.map((_, at) => codes.of(classify(input, at))), patterns: [] };
  });
}

type Layers = 1 | 2 | 3;

function poolOf(batch: Batch, layers: Layers): Pool {
  const pool = new Pool(batch, codes);
  pool.add(...plainSOps());
  const first = addFirstLayer(pool);
  for (const addLayer of [addSecondLayer, addThirdLayer].slice(0, layers - 1)) {
    addLayer(pool, first, { tell: () => undefined, expired: () => false });
  }
  return pool;
}

describe("candidates", () => {
  it("have the values that the interpreter gives their text", () => {
    const batch = new Batch(
      answered(8, () => "a"),
      codes,
    );
    const { sops } = poolOf(batch, 3);
    expect(sops.length).toBeGreaterThan(300);
    const sample = sops.filter((_, t) => t < 120 || t % 20 === 0);
    for (const candidate of sample) {
      const rule = { kind: "sop", sop: candidate, by: 0, right: 0 } as const;
      const sop = load(ruleProgram(rule, codes), { example: ["a", "b"] }).sop("prediction");
      const values = candidate.values(batch);
      batch.inputs.forEach(({ input }, s) => {
        const expected = new Evaluation(input).sop(sop).map((value) => codes.of(value));
        expect([...values.slice(batch.starts[s], batch.starts[s + 1])], candidate.key).toEqual(expected);
      });
    }
  });
});

/** Each letter once; of equally frequent ones the one that occurs first. */
function mostFrequentFirst(input: readonly string[]): string[] {
  const times = (letter: string): number => input.filter((other) => other === letter).length;
  return [...new Set(input)].sort((a, b) => times(b) - times(a));
}

describe("rules", () => {
  const found = (
    layers: Layers,
    classify: (input: readonly string[], at: number) => Atom,
  ): { match: number; text: string } => {
    const batch = new Batch(answered(150, classify), codes);
    const fresh = new Batch(answered(150, classify, 2), codes);
    const rule = growRules(poolOf(batch, layers).sops, batch, 6).at(-1)!;
    return { match: ruleMatch(rule, fresh), text: ruleProgram(rule, codes) };
  };

  it.each<[string, Layers, (input: readonly string[], at: number) => Atom]>([
    ["the token before, and the first one where there is none", 1, (input, at) => input[Math.max(0, at - 1)]!],
    ["parity of the equal ones", 1, (input, at) => (input.filter((x) => x === input[at]).length % 2 ? "odd" : "even")],
    ["sorted", 2, (input, at) => [...input].sort()[at]!],
    ["the most frequent first", 3, (input, at) => mostFrequentFirst(input)[at] ?? "even"],
    ["how many equal ones less one", 1, (input, at) => BigInt(input.filter((x) => x === input[at]).length - 1)],
    ["whether there is an even number of a's", 1, (input) => input.filter((x) => x === "a").length % 2 === 0],
    ["whether the first letter is there again", 1, (input, at) => input[at] === input[0]],
    ["every second one", 1, (input, at) => input[2 * at] ?? ""],
    ["the most frequent letter, the first of several", 2, (input) => mostFrequentFirst(input)[0]!],
    ["palindromes", 2, (input) => input.every((x, at) => x === input.at(-1 - at))],
    ["whether no two neighbours are the same", 2, (input) => input.every((x, at) => x !== input[at - 1])],
    ["c at the first position, otherwise reversed", 1, (input, at) => (at === 0 ? "c" : input.at(-1 - at)!)],
  ])("find %s", (_, layers, classify) => {
    expect(found(layers, classify).match).toBe(1);
  });

  it.each<Atom>([false, "even", 3n])("that give %s everywhere are s-ops", (value) => {
    const text = ruleProgram({ kind: "constant", code: codes.of(value), right: 0 }, codes);
    const sop = load(text, { example: ["a", "b"] }).sop("prediction");
    expect(new Evaluation(["c", "a"]).sop(sop)).toEqual([value, value]);
  });

  it("are written as a person would write them", () => {
    expect(found(1, (input) => input.filter((x) => x === "a").length % 2 === 0).text).toBe(
      'h1 = selector_width(select(tokens, "a", ==));\nh2 = h1 % 2;\nprediction = True if h2 == 0 else False;\n',
    );
    expect(found(1, (input, at) => input.at(-1 - at)!).text).toBe(
      'h1 = aggregate(select(indices, length - 1 - indices, ==), tokens, "");\nprediction = h1;\n',
    );
  });
});

const options = { vocabulary: ["a", "b"], maxLength: 4 };

async function trained(program: string, steps: number, causal = false): Promise<Uint8Array> {
  const task = new ProgramTask(load(program).sop("answer"), { ...options, causal });
  const model = new TransformerEncoder(task.config({ dModel: 16, dFf: 16 }), new Rng(1));
  await train({
    optimizer: new Adam(model.parameters()),
    schedule: cosine({ peak: 0.01, warmup: 10, steps }),
    steps,
    seed: 1,
    forward: (rng) => programPass(model, task, task.draw(rng, 16, { patterns: true }), 1),
  });
  const config = {
    config: model.config,
    inputs: { vocabulary: encodeResult(options.vocabulary), maxLength: options.maxLength, bos: false },
    outputs: encodeResult(task.classes),
  };
  return encodeSafetensors(model.parameters(), { "selectron.encoder": JSON.stringify(config) });
}

describe("trained encoders", () => {
  it("that always give the same class become programs that do", async () => {
    const { source, match } = decompileEncoder(readTrainedEncoder(await trained("answer = tokens == 7;", 40)));
    expect(source).toBe("prediction = False if indices >= 0 else False;\n");
    expect(match.share).toBe(1);
  });

  it.each([["answer = aggregate(select(indices, length - 1 - indices, ==), tokens);", "length - 1 - indices"]])(
    "%s",
    async (program, part) => {
      const bytes = await trained(program, 250);
      expect(isTrainedEncoder(bytes)).toBe(true);
      const result = decompileEncoder(readTrainedEncoder(bytes), { seed: 1 });
      expect(result.refusal).toBeUndefined();
      expect(result.source).toContain(part);
      expect(result.match.share).toBeGreaterThanOrEqual(0.95);
      const { variables, unexplained } = result.interchange!;
      expect(variables.map(({ isFound }) => isFound)).toEqual([true]);
      expect(variables[0]!.accuracy.share).toBeGreaterThanOrEqual(0.95);
      expect(variables[0]!.unchanged.share).toBeGreaterThanOrEqual(0.95);
      expect(unexplained.every(({ changed }) => changed <= 0.05)).toBe(true);
      expect(decompileEncoder(readTrainedEncoder(bytes), { seed: 1 })).toEqual(result);
    },
  );

  it("whose classes are fractions become shares, with no rounding in between", async () => {
    const share = 'answer = aggregate(select(indices, indices, <=), indicator(tokens == "b"));';
    const { source, match } = decompileEncoder(readTrainedEncoder(await trained(share, 400)), { seed: 1 });
    expect(source).toContain('aggregate(select(indices, indices, <=), indicator(tokens == "b"))');
    expect(match.share).toBeGreaterThanOrEqual(0.95);
  });

  it("may have tokens that no literal can have: programs name them otherwise", async () => {
    const encoder = readTrainedEncoder(await trained('answer = tokens if indices == 0 else "a";', 150));
    const inNames = (names: readonly string[], classes: readonly string[]) =>
      decompileEncoder({ ...encoder, vocabulary: names, classes }, { seed: 1 });
    const plain = inNames(
      ["”", "␊"],
      encoder.classes.map((name) => (name === "a" ? "”" : "␊")),
    );
    const other = inNames(
      ['"', "\n"],
      encoder.classes.map((name) => (name === "a" ? '"' : "\n")),
    );
    expect(other.renamed).toEqual([
      { token: '"', name: "”" },
      { token: "\n", name: "␊" },
    ]);
    expect(plain.source).toContain("”");
    expect({ ...other, renamed: [] }).toEqual(plain);
  });

  it.each([
    ["a number as large as the codes of strings", 2_000_000_000n, "numbers must be less than 1000000000"],
    ["a number too small for a literal", 1e-200, "too small for a literal"],
  ])("with %s are refused, since no program could name it", (_, number, why) => {
    const sizes = { vocabularySize: 2, maxLength: 2, dModel: 2, blocks: [], outputs: 1, layerNorm: "pre" } as const;
    const model = new TransformerEncoder(sizes, new Rng(1));
    const encoder = { vocabulary: ["a", "b"], hasBos: false, maxLength: 2, classes: [number], notes: [], model };
    const decompiled = () => decompileEncoder(encoder);
    expect(decompiled).toThrow(DecompileError);
    expect(decompiled).toThrow(why);
  });

  it("that are causal become programs in which no position sees later ones", async () => {
    const bytes = await trained('answer = selector_width(select(tokens, "b", ==)) > 0;', 250, true);
    const encoder = readTrainedEncoder(bytes);
    expect(encoder.model.config.causal).toBe(true);
    const { refusal, source, match, interchange } = decompileEncoder(encoder, { seed: 1 });
    expect(refusal).toBeUndefined();
    expect(match.share).toBeGreaterThanOrEqual(0.95);
    expect(interchange!.variables.map(({ isFound }) => isFound)).toEqual([true]);
    const sop = load(source!).sop("prediction");
    for (const input of ["abab", "aabb", "baaa"]) {
      const whole = new Evaluation([...input]).sop(sop);
      expect(new Evaluation([...input.slice(0, 2)]).sop(sop)).toEqual(whole.slice(0, 2));
    }
  });

  it("are run on three disjoint parts of inputs", () => {
    const encoder = {
      vocabulary: ["§", "a"],
      hasBos: false,
      maxLength: 6,
      classes: [],
      notes: [],
      model: undefined as never,
    };
    const [a, b, c] = ([0, 1, 2] as const).map(
      (part) => new Set(drawInputs(encoder, part, 100, new Rng(part), 7).map((ids) => ids.join(" "))),
    );
    expect(Math.min(a!.size, b!.size, c!.size)).toBeGreaterThan(20);
    expect([...a!].filter((ids) => b!.has(ids) || c!.has(ids))).toEqual([]);
    expect([...b!].filter((ids) => c!.has(ids))).toEqual([]);
  });

  it("that are damaged are refused with one message", async () => {
    const sizes = { vocabularySize: 2, maxLength: 2, dModel: 2, blocks: [], outputs: 1, layerNorm: "pre" } as const;
    const model = new TransformerEncoder(sizes, new Rng(1));
    const file = (metadata: unknown): Uint8Array =>
      encodeSafetensors(model.parameters(), {
        "selectron.encoder": typeof metadata === "string" ? metadata : JSON.stringify(metadata),
      });
    const whole = {
      config: sizes,
      inputs: { vocabulary: encodeResult(["a", "b"]), maxLength: 2, bos: false },
      outputs: encodeResult(["x"]),
    };
    expect(readTrainedEncoder(file(whole)).classes).toEqual(["x"]);
    expect(() => readTrainedEncoder(file("{"))).toThrow('the file\'s "selectron.encoder" is not JSON');
    expect(() => readTrainedEncoder(file({ config: sizes }))).toThrow("does not say what its inputs and outputs are");
    expect(() => readTrainedEncoder(file({ ...whole, config: { ...sizes, dModel: 3 } }))).toThrow(
      "does not fit the weights",
    );
    // What is finite, and makes logits that are not.
    model.parameters().get("norm.bias")!.data.fill(3e38);
    model.parameters().get("unembedding.weight")!.data.fill(3e38);
    const overflowing = readTrainedEncoder(file(whole));
    expect(() => decisions(overflowing, overflowing.model.forward([[0, 1]]))).toThrow("a logit is Infinity, though");
    expect(() => decompileEncoder(overflowing, { seed: 1 })).toThrow(DecompileError);
    model.parameters().get("norm.weight")!.data[1] = NaN;
    expect(() => readTrainedEncoder(file(whole))).toThrow("norm.weight is damaged: an element is NaN");
  });
});
