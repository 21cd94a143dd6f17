/** A model cut into paths: with all paths it is the model; paths that do nothing are cut, and those that matter are kept. */
import { randn, Rng, tensor } from "@selectron/core";
import { Gpt2, gpt2Config, gpt2Shapes } from "@selectron/nn";
import { observe, readTask, type Observed } from "@selectron/rasp/decompile";
import { describe, expect, it } from "vitest";
import { batchOf } from "../../../../src/decompiler/gpt2/interventions/batch.js";
import { pathName } from "../../../../src/decompiler/gpt2/interventions/components.js";
import {
  startingConstants,
  tuneConstants,
  withConstants,
} from "../../../../src/decompiler/gpt2/interventions/constants.js";
import { maskByGradient } from "../../../../src/decompiler/gpt2/interventions/masks.js";
import { meansOf } from "../../../../src/decompiler/gpt2/interventions/means.js";
import { PathModel } from "../../../../src/decompiler/gpt2/interventions/path-model.js";
import { Targets } from "../../../../src/decompiler/gpt2/interventions/targets.js";
import { WHOLE } from "../../../../src/decompiler/gpt2/interventions/intervention.js";
import { interventions } from "../../../../src/decompiler/gpt2/interventions/index.js";
import { isLong } from "../../../../../../test/long.js";

const sizes = { n_layer: 2, n_head: 2, n_embd: 8, n_positions: 16, vocab_size: 5, n_inner: 6 };
const task = readTask({}, 5);

function randomModel(seed: number, change: (name: string, data: Float32Array) => void = () => undefined): Gpt2 {
  const config = gpt2Config(sizes);
  const rng = new Rng(seed);
  const parameters = new Map([...gpt2Shapes(config)].map(([name, shape]) => [name, randn(shape, rng)]));
  for (const [name, { data }] of parameters) change(name, data);
  return new Gpt2(config, parameters);
}

function watched(model: Gpt2, count: number, seed: number): Observed[] {
  const rng = new Rng(seed);
  return Array.from({ length: count }, () => {
    const ids = Array.from({ length: 2 + rng.int(8) }, () => rng.int(5));
    const scored = ids.map((_, i) => i);
    return observe(model, task, { ids, offset: rng.int(6), scored, expected: undefined }, false);
  });
}

const run = (model: Gpt2, seed = 0) =>
  interventions(
    {
      task,
      tune: watched(model, 30, seed + 1),
      select: watched(model, 30, seed + 2),
      progress: () => undefined,
      clock: { expired: () => false },
    },
    model,
    new Rng(1),
    { tuning: 5, masks: 30, retuning: 3 },
  ).report;

describe("paths", () => {
  it("add up to the model", () => {
    for (let seed = 0; seed < 4; seed++) {
      const model = randomModel(seed);
      for (const sequence of watched(model, 5, seed)) {
        const positions = sequence.ids.map((_, i) => sequence.offset + i);
        const expected = model.forward([sequence.ids], [positions]).data;
        new PathModel(model).logits(sequence, WHOLE).forEach((x, i) => expect(x).toBeCloseTo(expected[i]!, 3));
      }
    }
  });

  it("carry the mean where they are cut", () => {
    const model = randomModel(7);
    const sequences = watched(model, 10, 7);
    const { components, scales } = meansOf(model, sequences);
    expect([...scales.keys()]).toEqual(["h.0.ln_1", "h.0.ln_2", "h.1.ln_1", "h.1.ln_2", "ln_f"]);
    const ids = sequences.flatMap((sequence) => sequence.ids);
    const table = model.parameter("wte.weight").data;
    [...components.get("tokens")!.data].forEach((mean, d) =>
      expect(mean).toBeCloseTo(ids.reduce((sum, id) => sum + table[id * 8 + d]!, 0) / ids.length, 4),
    );
    // If nothing reads the tokens, the logits are the same for all sequences of one length.
    const withoutTokens = new PathModel(model, components);
    const answer = (tokens: number[]): number[] => [
      ...withoutTokens.logits(
        { ids: tokens, offset: 0, scored: [], expected: undefined },
        { gate: (component) => +(component !== "tokens") },
      ),
    ];
    expect(answer([0, 1, 2])).toEqual(answer([4, 4, 1]));
    expect(() => new PathModel(model).logits(sequences[0]!, { gate: () => 0 })).toThrow("no mean for the path");
  });
});

describe("batches", () => {
  it("do not mix sequences, whatever their lengths", () => {
    const model = randomModel(11);
    const sequences = watched(model, 6, 11);
    const paths = new PathModel(model);
    const batch = batchOf(sequences, 16);
    const all = paths.forward(batch, WHOLE).data;
    sequences.forEach((sequence, b) => {
      const own = paths.logits(sequence, WHOLE);
      own.forEach((x, at) => expect(all[b * batch.length * 5 + at]).toBeCloseTo(x, 4));
    });
  });
});

describe("linear norms", () => {
  const model = randomModel(13);
  const { components, scales } = meansOf(model, watched(model, 10, 13));
  const paths = new PathModel(model, components);
  const linear = new Map(paths.readers.map(({ reader, norm }) => [reader, tensor([scales.get(norm)!], [1])]));
  const sequences = watched(model, 5, 14);

  it("have scores that are sums of products, one less where a path to a key is cut", () => {
    const heads = (key: string): boolean => key !== "positions";
    for (const sequence of sequences) {
      const whole = paths.logits(sequence, { scales: linear });
      paths
        .logits(sequence, { scales: linear, product: () => true })
        .forEach((x, i) => expect(x).toBeCloseTo(whole[i]!, 2));
      const cut = paths.logits(sequence, { scales: linear, gate: (from, to) => +(heads(from) || !to.endsWith("key")) });
      // A key's constant part is the same for all keys, and a softmax does not depend on it.
      paths
        .logits(sequence, { scales: linear, product: (_, _query, key) => heads(key) })
        .forEach((x, i) => expect(x).toBeCloseTo(cut[i]!, 2));
    }
    expect(() => paths.logits(sequences[0]!, { product: () => true })).toThrow("products need linear norms");
  });

  it("come closer to the model when their constants are tuned", () => {
    const logScales = new Map([...linear].map(([reader, scale]) => [reader, Math.log(scale.item())]));
    const constants = startingConstants(paths, { components, logScales });
    const targets = new Targets(paths, task, watched(model, 40, 15));
    const divergence = () =>
      targets.batches.reduce(
        (sum, batch) => sum + targets.loss(batch, withConstants(constants, {})).item() - batch.entropy,
        0,
      ) / targets.batches.length;
    const before = divergence();
    const clock = { expired: () => false };
    tuneConstants(targets, constants, {}, { steps: 40, rng: new Rng(2), clock });
    expect(divergence()).toBeLessThan(0.8 * before);
  });
});

describe("interventions", () => {
  /** Nothing but the tokens and head 0.0 writes to the residual stream. */
  const single = (seed: number): Gpt2 =>
    randomModel(seed, (name, data) => {
      if (/mlp\.c_proj|wpe|bias/.test(name)) data.fill(0);
      if (name === "h.1.attn.c_proj.weight") data.fill(0);
      if (name === "h.0.attn.c_proj.weight") data.forEach((x, i) => (data[i] = i < 4 * 8 ? 10 * x : 0));
    });

  it("close the paths of idle components by gradient alone, and leave those of the one head open", () => {
    const model = single(3);
    const { components } = meansOf(model, watched(model, 20, 4));
    const paths = new PathModel(model, components);
    const targets = new Targets(paths, task, watched(model, 40, 5));
    const candidates = paths.readers.flatMap(({ reader, sources }) => sources.map((from) => ({ from, to: reader })));
    const constants = startingConstants(paths, { components, logScales: new Map() });
    const clock = { expired: () => false };
    const options = { price: 0.02, steps: 120, rng: new Rng(6), clock };
    const kept = maskByGradient(targets, constants, candidates, options).map(pathName);
    for (const idle of ["positions", "0.1", "0.mlp", "1.0", "1.1", "1.mlp"]) {
      expect(kept).not.toContain(`${idle} > logits`);
    }
    for (const path of ["tokens > 0.0.value", "0.0 > logits"]) expect(kept).toContain(path);
  });

  it("find the one head that does something", () => {
    const found = run(single(3));
    const effects = new Map(found.components.map(({ part, match }) => [part, match]));
    expect(effects.get("0.0")).toBeLessThan(0.5);
    for (const idle of ["0.1", "0.mlp", "1.0", "1.1", "1.mlp"]) expect(effects.get(idle)).toBe(1);
    expect(found.pruned.components).toEqual(["tokens", "0.0"]);
    expect(found.pruned.complete).toBe(true);
    expect(found.pruned.paths.map(({ to }) => to)).toContain("logits");
    expect(found.pruned.paths.every(({ to }) => to === "logits" || to.startsWith("0.0."))).toBe(true);
    // The gradient finds the same.
    expect(found.tuned.components).toEqual(["tokens", "0.0"]);
    expect(found.tuned.match).toBeGreaterThanOrEqual(0.94);
    if (isLong) expect(run(single(3))).toEqual(found);
  });

  it("leave the match that they report", () => {
    const model = randomModel(5);
    const select = watched(model, 30, 2);
    const { pruned } = run(model);
    const kept = new Set(pruned.paths.map(({ from, to }) => `${from} ${to}`));
    const paths = new PathModel(model, meansOf(model, watched(model, 30, 1)).components);
    const right = select.filter((sequence) => {
      const logits = paths.logits(sequence, { gate: (from, to) => +kept.has(`${from} ${to}`) });
      return sequence.decisions.every(([decision], i) => {
        const row = logits.subarray(5 * i, 5 * i + 5);
        return row[decision!] === Math.max(...row);
      });
    });
    expect(right.length / select.length).toBe(pruned.match);
    expect(pruned.match).toBeGreaterThanOrEqual(0.94);
  });

  it("tell a layer norm whose scale matters from one whose scale does not", () => {
    // Tokens of equal and of very different sizes before the last norm: its scale cannot change an arg max, that of h.0.ln_1 can.
    const found = run(
      randomModel(9, (name, data) => {
        if (name === "wte.weight") data.forEach((x, i) => (data[i] = x * 10 ** (Math.floor(i / 8) - 2)));
      }),
    );
    const norms = new Map(found.norms.map(({ part, match }) => [part, match]));
    expect(norms.get("h.0.ln_1")).toBeLessThan(1);
    expect(found.allLinear).toBeLessThanOrEqual(1);
  });
});
