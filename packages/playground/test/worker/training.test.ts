/** A training in pieces: it pauses, goes on to the same weights, and its model is decompiled. */
import { describe, expect, it } from "vitest";
import { breadth, isLong } from "../../../../test/long.js";
import { EXAMPLES } from "../../src/app/examples.js";
import { answerTraining } from "../../src/worker/training.js";
import type { TrainingQuestion, TrainingReply } from "../../src/worker/training-protocol.js";

const SHIFT = 'previous = select(indices, indices - 1, ==);\nshifted = aggregate(previous, tokens, "-");\n';

const ask = async <K extends TrainingReply["kind"]>(question: TrainingQuestion & { kind: K }) =>
  (await answerTraining(question, () => undefined)) as Extract<TrainingReply, { kind: K }>;
const start = (program = SHIFT, vocabulary = "abc", supervise = true) =>
  ask({ kind: "train", program, input: "abc", cursor: program.length, vocabulary, maxLength: 6, supervise });
const more = (milliseconds: number, input = "abca") => ask({ kind: "train-more", milliseconds, input });

describe("a training", () => {
  it("learns, shows its heads beside the selectors, and is decompiled to the program", async () => {
    const { training } = await start();
    expect(training).toMatchObject({ name: "shifted", layers: 1, heads: 1, classes: 4 });
    const losses: number[] = [];
    let reply = await more(200);
    for (losses.push(...reply.losses); reply.step < breadth({ short: 250, long: 700 });) {
      reply = await more(200);
      losses.push(...reply.losses);
    }
    expect(losses).toHaveLength(reply.step);
    expect(losses.at(-1)!).toBeLessThan(losses[0]! / 2);
    expect(reply.accuracy).toBeGreaterThan(breadth({ short: 0.5, long: 0.95 }));
    expect(reply.wanted).toEqual([..."-abc"]);
    expect(reply.heads).toMatchObject([{ selector: "previous", layer: 1, learned: 1 }]);
    expect(reply.heads[0]!.agreement).toBeGreaterThan(0.6);
    const { bytes, name } = await ask({ kind: "trained" });
    expect(name).toBe("shifted-trained.safetensors");
    if (!isLong) return;
    const found = await ask({ kind: "decompile", bytes: bytes!, budget: 60_000 });
    expect(found.match).toBe(1);
    expect(found.source).toContain("prediction");
  });

  it.runIf(isLong)(
    "is not decompiled where it has learnt nothing yet or there is no time, and the reason is told",
    async () => {
      const counts = "answer = selector_width(select(tokens, tokens, ==));";
      await start(counts, "abc");
      await more(0);
      const { bytes } = await ask({ kind: "trained" });
      const { source, refusal, best } = await ask({ kind: "decompile", bytes: bytes!, budget: 1 });
      expect(source).toBeUndefined();
      expect(refusal).toMatch(/matches [\d.]+ % of fresh inputs/);
      expect(best).toContain("prediction");
    },
  );

  it.runIf(isLong)("says which tokens the program calls by another name", async () => {
    await start(SHIFT, 'ab"');
    await more(0);
    const { bytes } = await ask({ kind: "trained" });
    const { renamed } = await ask({ kind: "decompile", bytes: bytes!, budget: 1 });
    expect(renamed).toEqual([{ token: '"', name: "”" }]);
  });

  it("gives the same weights in pieces of any length", async () => {
    const weights = async (milliseconds: number): Promise<number[]> => {
      await start(SHIFT, "ab", false);
      const losses: number[] = [];
      while (losses.length < 12) losses.push(...(await more(milliseconds)).losses);
      return losses.slice(0, 12);
    };
    expect(await weights(0)).toEqual(await weights(40));
  });

  it("of a loop learns from examples alone, with a layer for each step", async () => {
    const program = EXAMPLES.find(({ key }) => key === "example.parity")!.program;
    const question = { kind: "train", program, input: "1011", cursor: program.length, maxLength: 4 } as const;
    for (const supervise of [true, false]) {
      const { training, problem } = await ask({ ...question, vocabulary: "01", supervise });
      expect([problem, training]).toMatchObject([
        undefined,
        { name: "parity_fast", classes: 2, layers: 2, hasLoops: true },
      ]);
      const { wanted, answers, heads, losses } = await more(100, "1011");
      expect(wanted).toEqual(["odd", "odd", "even", "odd"]);
      expect([answers.length, heads, losses.every(Number.isFinite)]).toEqual([4, [], true]);
    }
  });

  it("says nothing of an input that the model cannot take", async () => {
    await start();
    for (const input of ["xyz", "abcabcabc", ""]) {
      expect(await more(0, input)).toMatchObject({ answers: [], wanted: [], heads: [] });
    }
  });

  it.each([
    ["a = 1;", "abc", "model.nothing"],
    ["a = indices * 1000 + tokens_int;", "[1, 2, 3]", undefined],
    [SHIFT, "", "the vocabulary is empty; name one token or more"],
  ])("of %s on %s does not begin where there is nothing to learn", async (program, vocabulary, message) => {
    const { training, problem } = await start(program, vocabulary);
    expect(training).toBeUndefined();
    if (message !== undefined) expect(problem!.message).toBe(message);
  });
});
