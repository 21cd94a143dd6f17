import { Rng } from "@selectron/core";
import { Adam, cosine, train, TransformerEncoder } from "@selectron/nn";
import {
  evaluate,
  learnedHeads,
  learnedValues,
  load,
  programAccuracy,
  programPass,
  ProgramTask,
  RaspError,
} from "@selectron/rasp";
import { describe, expect, it } from "vitest";

const reverse = load("flip = select(indices, length - 1 - indices, ==); reverse = aggregate(flip, tokens);").sop(
  "reverse",
);
const letters = { vocabulary: ["a", "b", "c"], maxLength: 6 };

describe("a program as something to learn", () => {
  it("has the interpreter's values as targets", () => {
    const task = new ProgramTask(reverse, letters);
    expect([...task.classes].sort()).toEqual(["a", "b", "c"]);
    const lengths = new Set<number>();
    for (let seed = 0; seed < 60; seed++) {
      const { inputs, tokens, targets } = task.draw(new Rng(seed), 3);
      const n = inputs[0]!.length;
      lengths.add(n);
      inputs.forEach((input, b) => {
        expect(tokens[b]!.map((id) => letters.vocabulary[id])).toEqual(input);
        expect(targets.slice(b * n, (b + 1) * n).map((index) => task.classes[index])).toEqual(
          evaluate(reverse, [...input]),
        );
      });
    }
    expect([...lengths].sort()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("has no pattern for what a loop selects, which is another one in each step", () => {
    const sop = load(`first = aggregate(select(indices, 0, ==), tokens);
      repeat (t = first, n = 0) until (n == length) at most 9 { t = aggregate(select(indices, n, ==), tokens); n = n + 1; }`).sop(
      "t",
    );
    const task = new ProgramTask(sop, letters);
    const selected = task.programHeads.map(({ block, head }) => [block, head]);
    // That of the first token, and that of the length.
    expect(selected.length).toBe(2);
    const { patterns, inputs } = task.draw(new Rng(1), 2, { patterns: true });
    expect(patterns.length).toBe(selected.length);
    const n = inputs[0]!.length;
    const rows = patterns.map((pattern) => [...pattern.slice(0, n)]);
    expect(rows).toContainEqual(Array.from({ length: n }, (_, j) => Number(j === 0)));
  });

  it("has cost's layers and heads, and the selectors' rows as shares", () => {
    const task = new ProgramTask(reverse, letters);
    expect([task.layers, task.heads]).toEqual([2, 1]);
    expect(task.programHeads.map(({ block, head, selector }) => [block, head, selector.name])).toEqual([
      [0, 0, "full_s"],
      [1, 0, "flip"],
    ]);
    const { patterns, inputs } = task.draw(new Rng(4), 2, { patterns: true });
    const n = inputs[0]!.length;
    expect(n).toBeGreaterThan(1);
    expect([...patterns[0]!]).toEqual(new Array(2 * n * n).fill(Math.fround(1 / n)));
    const flipped = Array.from({ length: n * n }, (_, i) => (Math.floor(i / n) + (i % n) === n - 1 ? 1 : 0));
    expect([...patterns[1]!]).toEqual([...flipped, ...flipped]);
    expect(task.config({ dModel: 8, dFf: 4 })).toMatchObject({ vocabularySize: 3, outputs: 3, maxLength: 6 });
  });

  it("puts BOS at position 0 only", () => {
    const task = new ProgramTask(reverse, { ...letters, bos: "§" });
    for (let seed = 0; seed < 20; seed++) {
      const { inputs, tokens } = task.draw(new Rng(seed), 2);
      for (const input of inputs) expect(input.map((token) => token === "§")).toEqual(input.map((_, i) => i === 0));
      expect(tokens.every(([first]) => first === 3)).toBe(true);
    }
  });

  it("draws repetitions and long inputs more often if asked to", () => {
    const task = new ProgramTask(load("same = selector_width(select(tokens, tokens, ==));").sop("same"), {
      vocabulary: [..."abcdefgh"],
      maxLength: 8,
    });
    const seen = (varied: boolean): { distinct: number; length: number } => {
      let [distinct, length] = [0, 0];
      for (let seed = 0; seed < 100; seed++) {
        const { inputs } = task.draw(new Rng(seed), 10, { varied });
        for (const input of inputs) distinct += new Set(input).size / input.length / 1000;
        length += inputs[0]!.length / 100;
      }
      return { distinct, length };
    };
    const [usual, varied] = [seen(false), seen(true)];
    expect(usual.length).toBeGreaterThan(4);
    expect(varied.length).toBeGreaterThan(usual.length + 0.7);
    expect(varied.distinct).toBeLessThan(usual.distinct - 0.1);
    // Every count up to the length is a class, even a rare one: 8 of 8^8 inputs have eight equal letters.
    expect([...task.classes].map(Number).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("leaves out inputs without a value, and fails where all are", () => {
    const some = load("x = tokens_int; y = 6 / (x - 1);", { example: [2, 3] }).sop("y");
    const task = new ProgramTask(some, { vocabulary: ["1", "2", "3"], maxLength: 4 });
    expect(task.classes).toEqual(expect.arrayContaining([6, 3]));
    expect(task.draw(new Rng(1), 20).inputs.flat()).not.toContain("1");
    expect(() => new ProgramTask(some, { vocabulary: ["1"], maxLength: 2 })).toThrow(RaspError);
    expect(() => new ProgramTask(some, { vocabulary: [], maxLength: 2 })).toThrow("the vocabulary is empty");
  });
});

describe("an encoder that learns a program", () => {
  it("reverses after a short training with supervised heads, and looks where the program looks", async () => {
    const task = new ProgramTask(reverse, { vocabulary: ["a", "b"], maxLength: 3 });
    const model = new TransformerEncoder(task.config({ dModel: 16, dFf: 32 }), new Rng(1));
    await train({
      optimizer: new Adam(model.parameters()),
      schedule: cosine({ peak: 0.01, warmup: 10, steps: 200 }),
      steps: 200,
      seed: 1,
      forward: (rng) => programPass(model, task, task.draw(rng, 16, { patterns: true, varied: true }), 1),
    });
    expect(programAccuracy(model, task, new Rng(9), 8)).toEqual({ tokens: 1, sequences: 1 });
    const batch = Array.from({ length: 50 }, (_, seed) => task.draw(new Rng(seed), 1, { patterns: true })).find(
      ({ inputs }) => inputs[0]!.length === 3,
    )!;
    expect(learnedValues(model, task, batch.tokens[0]!)).toEqual([...batch.inputs[0]!].reverse());
    const heads = learnedHeads(model, task, batch);
    expect(heads.map(({ block, learned }) => [block, learned])).toEqual([
      [0, 0],
      [1, 0],
    ]);
    expect(heads[0]!.agreement).toBeCloseTo(1, 4);
    expect(heads[1]!.agreement).toBeGreaterThan(0.8);
    expect(heads[1]!.selected).toEqual([
      [0, 0, 1],
      [0, 1, 0],
      [1, 0, 0],
    ]);
  });

  it("adds the heads' loss only when asked", () => {
    const task = new ProgramTask(reverse, letters);
    const model = new TransformerEncoder(task.config({ dModel: 8, dFf: 8 }), new Rng(1));
    const batch = task.draw(new Rng(4), 2, { patterns: true });
    const loss = (supervision: number): number => programPass(model, task, batch, supervision).loss.item();
    expect(loss(1)).toBeGreaterThan(loss(0) + 0.1);
    expect(loss(2) - loss(0)).toBeCloseTo(2 * (loss(1) - loss(0)), 4);
  });
});
