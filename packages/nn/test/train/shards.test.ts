/** Gradients of shards: their sum is that of the whole batch, and one shard is the batch itself. */
import { crossEntropy, Rng, tensor } from "@selectron/core";
import {
  AdamW,
  constant,
  NonFiniteError,
  SGD,
  shardGradients,
  train,
  TransformerDecoder,
  type BatchResult,
  type ShardGradients,
  type TrainOptions,
} from "@selectron/nn";
import { describe, expect, it } from "vitest";

const block = { heads: 2, dHead: 4, dFf: 16 };
const sizes = { vocabularySize: 5, maxLength: 6, dModel: 8, blocks: [block], outputs: 5, layerNorm: "pre" as const };
const rows = Array.from({ length: 9 }, (_, i) => Array.from({ length: 6 }, (__, j) => (i * j + i + j) % 5));

interface Learnt {
  readonly model: TransformerDecoder;
  readonly options: Omit<TrainOptions, "forward" | "shards">;
  readonly pass: (of: readonly (readonly number[])[]) => BatchResult;
  readonly shard: (of: readonly (readonly number[])[], step: number) => ShardGradients;
}

function learnt(): Learnt {
  const model = new TransformerDecoder(sizes, new Rng(1));
  const parameters = model.parameters();
  const pass = (of: readonly (readonly number[])[]): BatchResult => {
    const loss = crossEntropy(model.forward(of), of.flat());
    return { loss, correct: of.length, counted: 6 * of.length, tokens: 6 * of.length };
  };
  return {
    model,
    pass,
    shard: (of, step) => shardGradients({ parameters, step, forward: () => pass(of) }),
    options: { optimizer: new SGD(parameters), schedule: constant(0.1), steps: 3, seed: 1 },
  };
}

const weights = ({ model }: Learnt): number[] => [...model.parameters().values()].flatMap((x) => [...x.data]);

describe("shards of a step", () => {
  it("of which there is one give the bits of the batch", async () => {
    const [whole, cut] = [learnt(), learnt()];
    await train({ ...whole.options, forward: () => whole.pass(rows) });
    await train({ ...cut.options, shards: (step) => Promise.resolve([cut.shard(rows, step)]) });
    expect(weights(cut)).toEqual(weights(whole));
  });

  it("of unequal sizes count as much as they have answers", async () => {
    const [whole, cut] = [learnt(), learnt()];
    const records: object[] = [];
    await train({ ...whole.options, steps: 1, forward: () => whole.pass(rows) });
    await train({
      ...cut.options,
      steps: 1,
      shards: (step) => [rows.slice(0, 2), rows.slice(2)].map((of) => cut.shard(of, step)),
      onStep: (record) => void records.push(record),
    });
    const expected = weights(whole);
    for (const [i, value] of weights(cut).entries()) expect(value).toBeCloseTo(expected[i]!, 6);
    expect(records).toMatchObject([{ accuracy: 9 / 54, tokens: 54 }]);
  });

  it("leave parameters alone that no loss depends on, and no gradients behind", async () => {
    const [used, unused] = [tensor([1, 2], [2], { requiresGrad: true }), tensor([3], [1], { requiresGrad: true })];
    const parameters = new Map([
      ["used", used],
      ["unused", unused],
    ]);
    const forward = (): BatchResult => ({ loss: used.mul(used).sum(), correct: 0, counted: 1, tokens: 1 });
    const shard = shardGradients({ parameters, step: 1, forward });
    expect(shard).toEqual({
      loss: 5,
      correct: 0,
      counted: 1,
      tokens: 1,
      gradients: Float32Array.of(2, 4, 0),
      without: ["unused"],
    });
    expect([used.grad, unused.grad]).toEqual([undefined, undefined]);
    const optimizer = new AdamW(parameters, { weightDecay: 0.5, decays: () => true });
    await train({ optimizer, schedule: constant(0.1), steps: 1, seed: 1, shards: () => [shard, shard] });
    expect(used.data[0]).toBeLessThan(0.9);
    expect([...unused.data]).toEqual([3]);
  });

  it("are put into memory that is given", () => {
    const { model, pass } = learnt();
    const parameters = model.parameters();
    const size = weights(learnt()).length;
    const memory = new Float32Array(new SharedArrayBuffer(4 * size));
    const { gradients } = shardGradients({ parameters, step: 1, forward: () => pass(rows), memory });
    expect(gradients).toBe(memory);
    expect(memory.some((x) => x !== 0)).toBe(true);
    const short = (): unknown =>
      shardGradients({ parameters, step: 1, forward: () => pass(rows), memory: new Float32Array(3) });
    expect(short).toThrow(`shardGradients: memory has 3 elements; the parameters have ${size}.`);
  });

  it("say which step has no finite loss", async () => {
    const { model, options, pass } = learnt();
    const parameters = model.parameters();
    const bad = (step: number): BatchResult => {
      const { loss, ...rest } = pass(rows);
      return { ...rest, loss: step === 2 ? loss.mul(NaN) : loss };
    };
    const shards = (step: number): ShardGradients[] => [shardGradients({ parameters, step, forward: () => bad(step) })];
    await expect(train({ ...options, shards })).rejects.toThrow(NonFiniteError);
    await expect(train({ ...options, shards })).rejects.toThrow("Step 2: the loss is NaN");
  });

  it("are refused beside forward or accumulate, and where they are none", async () => {
    const { options, pass, shard } = learnt();
    const shards = (step: number): ShardGradients[] => [shard(rows, step)];
    await expect(train({ ...options, shards, forward: () => pass(rows) })).rejects.toThrow(
      "train: forward and shards are both given",
    );
    await expect(train({ ...options, shards, accumulate: 2 })).rejects.toThrow("train: accumulate and shards are both");
    await expect(train({ ...options, shards: () => [] })).rejects.toThrow(TypeError);
    await expect(train(options)).rejects.toThrow(/train: forward is undefined/);
    const short = (step: number): ShardGradients[] => [{ ...shard(rows, step), gradients: new Float32Array(2) }];
    await expect(train({ ...options, shards: short })).rejects.toThrow(/train: a shard has 2 gradients/);
  });
});
