/** Swapped runs of GPT-2s against runs on the other sequence, programs on swapped runs, and pairs. */
import { randn, Rng } from "@selectron/core";
import { Gpt2, gpt2Shapes, type Gpt2Config } from "@selectron/nn";
import { observe, readTask, type Observed, type Sequence } from "@selectron/rasp/decompile";
import { describe, expect, it } from "vitest";
import { back } from "../../../../src/decompiler/gpt2/heads/named-patterns.js";
import { drawPairs, randomStrings } from "../../../../src/decompiler/gpt2/swaps/pairs.js";
import { sitesOf } from "../../../../src/decompiler/gpt2/swaps/sites.js";
import { swappedDecisions } from "../../../../src/decompiler/gpt2/swaps/swapped-runs.js";
import { swappedRun } from "../../../../src/decompiler/gpt2/swaps/program-runs.js";
import { attendVariable, tokenVariable } from "../../../../src/decompiler/gpt2/variables/basic.js";

const task = readTask({ vocab: ["a", "b", "<bos>", "<eos>"], head_type: "multi_label_sigmoid" }, 4);

const modelOf = (layers: number, heads: number): Gpt2 => {
  const config: Gpt2Config = { layers, heads, dModel: 8, dFf: 16, maxLength: 20, vocabularySize: 4, epsilon: 1e-5 };
  const rng = new Rng(layers * 10 + heads);
  return new Gpt2(config, new Map([...gpt2Shapes(config)].map(([name, shape]) => [name, randn(shape, rng)])));
};

const rng = new Rng(1);
const sequences: Sequence[] = Array.from({ length: 30 }, () => {
  const ids = [2, ...Array.from({ length: 1 + rng.int(8) }, () => rng.int(2)), 3];
  return { ids, offset: rng.int(10), scored: ids.map((_, i) => i).slice(0, -1), expected: undefined };
});

describe("swapped runs", () => {
  it.each([
    [1, 1],
    [1, 2],
    [2, 2],
  ])("with %i layers of %i heads", (layers, heads) => {
    const model = modelOf(layers, heads);
    const observed = sequences.map((sequence) => observe(model, task, sequence, false));
    const pairs = drawPairs(observed, task, 40, new Rng(2));
    const last = sitesOf(model.config).filter(({ layer, part }) => typeof part === "number" || layer === layers - 1);
    const asSwaps = (sets: (typeof last)[]) => sets.map((parts) => ({ parts }));
    const [none, everything, nothingElse] = swappedDecisions(
      model,
      task,
      pairs,
      asSwaps([[], last, sitesOf(model.config)]),
    );
    const own = pairs.map(({ base }) => base.decisions);
    const other = pairs.map(({ base, source }) => source.decisions.slice(0, base.scored.length));
    expect(none).toEqual(own);
    // Heads and both inputs are all that the last feed-forward sublayer reads, if those before it read the sequence itself.
    if (layers === 1) {
      expect(everything).toEqual(other);
      expect(nothingElse).toEqual(other);
    }
    expect(other).not.toEqual(own);
    const same = pairs.map(({ base }) => ({ base, source: base }));
    for (const decisions of swappedDecisions(model, task, same, asSwaps(last.map((site) => [site])))) {
      expect(decisions).toEqual(own);
    }
  });

  it("give a variable the other sequence's values, but not to attention that reads it", () => {
    const [a, b] = [
      [2, 0, 1, 0],
      [2, 1, 1, 0, 0],
    ].map((ids): Observed => ({
      ids,
      offset: 0,
      scored: ids.map((_, i) => i),
      expected: undefined,
      decisions: [],
      patterns: [],
    }));
    const tokens = tokenVariable(task);
    const previous = attendVariable(back(1), tokens);
    const swapped = swappedRun({ base: a!, source: b! }, (key) => key === "tokens");
    expect(tokens.values(swapped)).toEqual(tokens.values(b!).slice(0, 16));
    expect(previous.values(swapped)).toEqual(previous.values(a!));
    const other = swappedRun({ base: a!, source: b! }, (key) => key === previous.key);
    expect(previous.values(other)).toEqual(previous.values(b!).slice(0, 16));
    expect(tokens.values(other)).toEqual(tokens.values(a!));
  });
});

describe("pairs", () => {
  const observed = sequences.map((sequence): Observed => ({
    ...sequence,
    decisions: sequence.scored.map((i) => [i % 2]),
    patterns: [],
  }));

  it("are of different sequences, cut to the shorter one", () => {
    const pairs = drawPairs(observed, task, 50, new Rng(3));
    expect(pairs).toHaveLength(50);
    for (const { base, source } of pairs) {
      expect(base.ids.length).toBeLessThanOrEqual(source.ids.length);
      expect(base.decisions).toHaveLength(base.scored.length);
      expect(base.scored.every((i) => i < base.ids.length)).toBe(true);
    }
    expect(drawPairs(observed, task, 50, new Rng(3))).toEqual(pairs);
  });

  it("of many symbols also shuffle the prompt", () => {
    const many = readTask({ vocab: [...Array.from({ length: 20 }, (_, n) => String(n)), "<bos>", "<sep>"] }, 22);
    const one: Observed = {
      ids: [20, 3, 5, 7, 9, 21, 3, 5],
      offset: 0,
      scored: [5, 6],
      expected: undefined,
      decisions: [[3], [5]],
      patterns: [],
    };
    const [{ base, source }] = drawPairs([one], many, 1, new Rng(4)) as [{ base: Observed; source: Observed }];
    expect(base.ids).toEqual(one.ids);
    expect([...source.ids.slice(1, 5)].sort()).toEqual([3, 5, 7, 9]);
    expect(source.ids.slice(5)).toEqual([21, 3, 5]);
  });

  it("random strings have the sequences' special tokens and lengths", () => {
    const strings = randomStrings(sequences, task, 20, new Rng(5));
    for (const { ids } of strings) {
      expect([ids[0], ids.at(-1)]).toEqual([2, 3]);
      expect(ids.slice(1, -1).every((id) => id < 2)).toBe(true);
    }
    const prompted = randomStrings(
      [{ ids: [2, 0, 1, 3, 0, 1], offset: 0, scored: [3, 4], expected: undefined }],
      task,
      1,
      new Rng(1),
    );
    expect(prompted[0]!.scored).toEqual([3]);
    expect(prompted[0]!.ids).toHaveLength(4);
  });
});
