import { crossEntropy, Rng, tensor, type Tensor } from "@selectron/core";
import {
  Adam,
  CheckpointError,
  constant,
  NonFiniteError,
  SGD,
  train,
  TransformerDecoder,
  type BatchResult,
  type StepRecord,
  type TrainOptions,
} from "@selectron/nn";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { MemoryStorage } from "./memory-storage.js";

const block = { heads: 2, dHead: 4, dFf: 16 };
const sizes = { vocabularySize: 5, maxLength: 6, dModel: 8, blocks: [block], outputs: 5, layerNorm: "pre" as const };

interface Tried {
  readonly model: TransformerDecoder;
  readonly optimizer: Adam;
  readonly records: StepRecord[];
  readonly options: TrainOptions;
}

/** A small decoder that learns to repeat the token before the last one, with dropout. */
function tried(changes: Partial<TrainOptions> = {}): Tried {
  const model = new TransformerDecoder({ ...sizes, hiddenDropout: 0.1 }, new Rng(1));
  const optimizer = new Adam(model.parameters());
  const records: StepRecord[] = [];
  const forward = (rng: Rng): BatchResult => {
    const tokens = Array.from({ length: 8 }, () => Array.from({ length: 6 }, () => rng.int(5)));
    const logits = model.forward(tokens, { rng });
    const targets = tokens.flatMap((row) => [-1, ...row.slice(0, -1)]);
    return { loss: crossEntropy(logits, targets, { ignoreIndex: -1 }), correct: 0, counted: 40, tokens: 48 };
  };
  const onStep = (record: StepRecord): void => void records.push(record);
  const options = { optimizer, schedule: constant(0.01), steps: 12, seed: 7, forward, onStep, ...changes };
  return { model, optimizer, records, options };
}

const weights = ({ model }: Tried): number[][] => [...model.parameters().values()].map((x) => [...x.data]);

describe("train", () => {
  it("learns, and gives the same numbers for the same seed only", async () => {
    const [first, second, other] = [tried({ steps: 80 }), tried({ steps: 80 }), tried({ steps: 80, seed: 8 })];
    expect(await train(first.options)).toEqual({ steps: 80, why: "steps", bestAccuracy: 0 });
    await train(second.options);
    await train(other.options);
    expect(first.records[0]!.loss).toBeGreaterThan(1.2);
    expect(first.records.at(-1)!.loss).toBeLessThan(0.7 * first.records[0]!.loss);
    expect(first.records.map(({ step }) => step)).toEqual(Array.from({ length: 80 }, (_, i) => i + 1));
    expect(weights(second)).toEqual(weights(first));
    expect(weights(other)).not.toEqual(weights(first));
  });

  it("averages over the batches of a step", async () => {
    // Without dropout and with one batch for all draws, accumulating changes nothing but the order of sums.
    const fixed = (accumulate: number): Tried => {
      const made = tried({ accumulate, steps: 3 });
      const tokens = [[1, 2, 3, 4, 0, 1]];
      const forward = (): BatchResult => {
        const loss = crossEntropy(made.model.forward(tokens), tokens.flat());
        return { loss, correct: 3, counted: 6, tokens: 6 };
      };
      // Not Adam: where a gradient is nothing but rounding, its step would follow the sign.
      const optimizer = new SGD(made.model.parameters());
      return { ...made, options: { ...made.options, optimizer, forward } };
    };
    const [once, thrice] = [fixed(1), fixed(3)];
    await train(once.options);
    await train(thrice.options);
    const expected = weights(once).flat();
    for (const [i, value] of weights(thrice).flat().entries()) expect(value).toBeCloseTo(expected[i]!, 6);
    expect(thrice.records[0]).toMatchObject({ tokens: 18, accuracy: 0.5 });
    expect(thrice.records[0]!.loss).toBeCloseTo(once.records[0]!.loss, 6);
  });

  it("ends when an evaluation is good enough, or when patience runs out", async () => {
    const scores = [0.2, 0.5, 0.4, 0.5, 0.9, 1];
    const ended = (enough: number, patience: number): Promise<unknown> => {
      let at = 0;
      const accuracy = (): number => scores[at++]!;
      return train(tried({ evaluation: { every: 2, accuracy, enough, patience } }).options);
    };
    expect(await ended(0.9, 5)).toEqual({ steps: 10, why: "enough", bestAccuracy: 0.9 });
    expect(await ended(0.9, 2)).toEqual({ steps: 8, why: "patience", bestAccuracy: 0.5 });
    expect(await ended(2, 5)).toEqual({ steps: 12, why: "steps", bestAccuracy: 1 });
  });

  it("ends when aborted, with a checkpoint to resume from", async () => {
    const whole = tried();
    await train(whole.options);
    const checkpoints = { storage: new MemoryStorage(), every: 100 };
    const controller = new AbortController();
    const onStep = ({ step }: StepRecord): void => void (step === 7 && controller.abort());
    const end = await train(tried({ checkpoints, signal: controller.signal, onStep }).options);
    expect(end).toMatchObject({ steps: 7, why: "aborted" });
    expect(checkpoints.storage.names()).toEqual(["step-00000007.safetensors"]);
    const resumed = tried({ checkpoints });
    expect(await train(resumed.options)).toMatchObject({ steps: 12, why: "steps" });
    expect(weights(resumed)).toEqual(weights(whole));
  });

  it("keeps its memory flat", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const used = (): number => {
      collect();
      collect(); // the garbage that the first call found is swept in the background; the second call waits for it
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    const seen: Record<number, number> = {};
    await train(
      tried({
        steps: 300,
        onStep: ({ step }) => {
          if (step === 100 || step === 300) seen[step] = used();
        },
      }).options,
    );
    // The tape of one step is about 100 kB. If the 200 steps had kept theirs, this would be 20 MB.
    expect(seen[300]! - seen[100]!).toBeLessThan(1e6);
  });
});

describe("resuming", () => {
  it("ends with the same bits as without an interruption", async () => {
    const whole = tried();
    await train(whole.options);
    const storage = new MemoryStorage();
    const checkpoints = { storage, every: 5 };
    class Killed extends Error {}
    const killed = tried({
      checkpoints,
      onStep: ({ step }) => {
        if (step === 8) throw new Killed();
      },
    });
    await expect(train(killed.options)).rejects.toThrow(Killed);
    expect(storage.names()).toEqual(["step-00000005.safetensors"]);
    const starts: number[] = [];
    const resumed = tried({ checkpoints, started: (step) => starts.push(step) });
    await train(resumed.options);
    expect(starts).toEqual([5]);
    expect(weights(resumed)).toEqual(weights(whole));
    expect(resumed.records.map(({ loss }) => loss)).toEqual(whole.records.slice(5).map(({ loss }) => loss));
    const again = tried({ checkpoints });
    expect(await train(again.options)).toMatchObject({ steps: 12, why: "steps" });
    expect(again.records).toEqual([]);
    expect(weights(again)).toEqual(weights(whole));
  });

  it("leaves the checkpoints of a training that nothing disturbed", async () => {
    const whole = new MemoryStorage();
    await train(tried({ checkpoints: { storage: whole, every: 2 } }).options);
    expect(whole.names()).toEqual([8, 10, 12].map((step) => `step-${String(step).padStart(8, "0")}.safetensors`));
    for (const last of [3, 9, 10, 11, 12]) {
      const aborted = new MemoryStorage();
      const onStep = ({ step }: StepRecord): void => void (step === last && controller.abort());
      const controller = new AbortController();
      const checkpoints = { storage: aborted, every: 2 };
      await train(tried({ checkpoints, signal: controller.signal, onStep }).options);
      await train(tried({ checkpoints }).options);
      expect(new Map([...aborted.files].sort()), `aborted at ${last}`).toEqual(whole.files);

      // Ended as it was about to delete: the next process does it.
      const killed = new MemoryStorage();
      killed.remove = (name) => {
        if (killed.files.has(`step-${String(last).padStart(8, "0")}.safetensors`)) throw new Error("killed");
        killed.files.delete(name);
      };
      await train(tried({ checkpoints: { storage: killed, every: 2 } }).options).catch(() => undefined);
      killed.remove = (name) => void killed.files.delete(name);
      await train(tried({ checkpoints: { storage: killed, every: 2 } }).options);
      expect(new Map([...killed.files].sort()), `killed at ${last}`).toEqual(whole.files);
    }
  });

  it("keeps the newest checkpoints, refuses a damaged one with its reason and uses the one before", async () => {
    const storage = new MemoryStorage();
    const refusals: [string, string][] = [];
    const checkpoints = {
      storage,
      every: 2,
      keep: 2,
      refused: (...refusal: [string, string]) => refusals.push(refusal),
    };
    const whole = tried({ checkpoints });
    await train(whole.options);
    const [older, newest] = storage.names().sort() as [string, string];
    expect([older, newest]).toEqual(["step-00000010.safetensors", "step-00000012.safetensors"]);
    const sound = storage.read(newest);
    const damages = {
      cut: sound.slice(0, 1000),
      empty: new Uint8Array(0),
      "one bit of a weight": sound.map((byte, i) => (i === sound.length - 100 ? byte ^ 1 : byte)),
      "one bit of the state": sound.map((byte, i) => (i === sound.indexOf(0x3a, 60) + 1 ? byte ^ 1 : byte)),
    };
    for (const [damage, bytes] of Object.entries(damages)) {
      storage.write(newest, bytes);
      const starts: number[] = [];
      const resumed = tried({ checkpoints, started: (step) => starts.push(step) });
      await train(resumed.options);
      expect(starts, damage).toEqual([10]);
      expect(refusals.at(-1)![0]).toBe(newest);
      expect(refusals.at(-1)![1]).toMatch(/^it is (damaged: |not a training checkpoint)/);
      expect(weights(resumed)).toEqual(weights(whole));
    }
    expect(refusals.map(([, reason]) => reason)).toContainEqual(
      expect.stringMatching(/^it is damaged: the weights were changed .*: their checksum is /),
    );
    expect(refusals.length).toBe(4);
  });

  it("refuses another training's checkpoint", async () => {
    const checkpoints = { storage: new MemoryStorage(), every: 4 };
    await train(tried({ checkpoints, description: "seed 7", steps: 4 }).options);
    await expect(train(tried({ checkpoints, description: "seed 8" }).options)).rejects.toThrow(
      new CheckpointError(
        'step-00000004.safetensors is of another training, "seed 7", not of "seed 8"; use a folder of its own for each.',
      ),
    );
  });

  it("refuses a checkpoint of other shapes", async () => {
    const checkpoints = {
      storage: new MemoryStorage(),
      every: 4,
      refused: (_: string, reason: string) => reasons.push(reason),
    };
    const reasons: string[] = [];
    await train(tried({ checkpoints, steps: 4 }).options);
    const optimizer = new Adam(
      new Map([["embedding.token.weight", tensor([[1, 2]], undefined, { requiresGrad: true })]]),
    );
    const before = new Map(checkpoints.storage.files);
    await expect(train(tried({ checkpoints, optimizer, steps: 4 }).options)).rejects.toThrow(
      "none of the 1 checkpoints can be used; the newest, step-00000004.safetensors: it holds embedding.token.weight of",
    );
    expect(checkpoints.storage.files).toEqual(before);
    expect(reasons).toEqual(["it holds embedding.token.weight of shape [5, 8], where [1, 2] belongs"]);
  });
});

describe("a loss or gradient that is not finite", () => {
  /** Trains with one element of a parameter set to a value at step 3. */
  async function failure(name: string, value: number): Promise<NonFiniteError> {
    const made = tried({
      onStep: ({ step }) => {
        if (step === 2) made.model.parameters().get(name)!.data[0] = value;
      },
    });
    const error: unknown = await train(made.options).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(NonFiniteError);
    return error as NonFiniteError;
  }

  it("names the step and the layer", async () => {
    const bad = await failure("blocks.0.feedForward.output.weight", NaN);
    expect(bad).toMatchObject({ step: 3, layer: "blocks.0.feedForward.output.weight" });
    expect(bad.message).toBe(
      "Step 3: the loss is NaN; parameter blocks.0.feedForward.output.weight is bad. " +
        "Lower the learning rate, clip the gradients, or warm up for longer.",
    );
  });

  it("names the operation that overflows", async () => {
    const x = tensor([1e30], undefined, { requiresGrad: true });
    const parameters = new Map([["scale", x]]);
    const forward = (): BatchResult => ({ loss: x.mul(x).sum(), correct: 0, counted: 1, tokens: 1 });
    const options = { optimizer: new Adam(parameters), schedule: constant(1), steps: 1, seed: 1, forward };
    await expect(train(options)).rejects.toThrow(
      "Step 1: the loss is Infinity; the first bad result is that of mul in scale.",
    );
  });

  it("names the parameter whose gradient overflows", async () => {
    const x = tensor([1e-30], undefined, { requiresGrad: true });
    const forward = (): BatchResult => {
      const loss: Tensor = x.sqrt().mul(0).add(x.sub(1e-30).pow(0.5)).sum();
      return { loss, correct: 0, counted: 1, tokens: 1 };
    };
    const options = { optimizer: new Adam(new Map([["x", x]])), schedule: constant(1), steps: 1, seed: 1, forward };
    await expect(train(options)).rejects.toThrow("Step 1: the gradient of x is not finite.");
    expect(x.grad).toBeUndefined();
  });
});
