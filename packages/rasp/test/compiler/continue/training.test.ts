import { Rng } from "@selectron/core";
import { Adam, cosine, train } from "@selectron/nn";
import { CompiledModel, CompiledTraining, load, verify, type SOp } from "@selectron/rasp";
import { describe, expect, it } from "vitest";
import { columnsOf, scoresOf, targetColumns } from "../../../src/compiler/continue/answers.js";
import { eigenvectors, narrowed, principalDirections } from "../../../src/compiler/continue/shrink.js";
import { compileTrainable } from "../../../src/compiler/continue/trainable.js";
import { tensor } from "@selectron/core";
import { TransformerEncoder } from "@selectron/nn";

const program = load(`
  hist = selector_width(select(tokens, tokens, ==));
  reverse = aggregate(select(indices, length - 1 - indices, ==), tokens);
  share = aggregate(select(indices, indices, <=), indicator(tokens == "a"));
`);
const sop = (name: string): SOp => program.sop(name);
const INPUTS = { vocabulary: ["a", "b", "c"], maxLength: 5 };

describe("a compiled model to be trained", () => {
  it.each(["hist", "reverse", "share"])("computes %s, with weights of both sides alike", (name) => {
    const model = compileTrainable(sop(name), INPUTS);
    expect(verify(sop(name), model, { exhaustive: true })).toMatchObject({ ok: true, inputs: 363 });
    for (const [layer, { heads, dFf }] of model.card.config.blocks.entries()) {
      const of = (part: string) => model.model.parameters().get(`blocks.${layer}.${part}`)!.data;
      const largest = (...data: Float32Array[]) => Math.max(...data.flatMap((each) => [...each].map(Math.abs)));
      const ratios = [
        ...(heads > 0
          ? [
              largest(of("attention.query.weight"), of("attention.query.bias")) /
                largest(of("attention.key.weight"), of("attention.key.bias")),
              largest(of("attention.value.weight"), of("attention.value.bias")) /
                largest(of("attention.output.weight")),
            ]
          : []),
        ...(dFf > 0
          ? [
              largest(of("feedForward.hidden.weight"), of("feedForward.hidden.bias")) /
                largest(of("feedForward.output.weight")),
            ]
          : []),
      ];
      for (const ratio of ratios) expect(Math.abs(Math.log2(ratio))).toBeLessThanOrEqual(4);
    }
  });

  it("has eigenvectors", () => {
    const rng = new Rng(5);
    const half = Array.from({ length: 6 }, () => Array.from({ length: 6 }, () => rng.normal()));
    const matrix = half.map((a) => Float64Array.from(half, (b) => a.reduce((sum, x, i) => sum + x * b[i]!, 0)));
    const { values, vectors } = eigenvectors(matrix);
    for (let i = 0; i < 6; i++) {
      for (let j = 0; j < 6; j++) {
        const again = values.reduce((sum, value, e) => sum + vectors[i]![e]! * value * vectors[j]![e]!, 0);
        expect(again).toBeCloseTo(matrix[i]![j]!, 9);
      }
    }
  });

  it("in all its directions is the same model", () => {
    const { model, card } = compileTrainable(sop("reverse"), INPUTS);
    const { dModel } = model.config;
    const tokens = [
      [0, 1, 2, 3],
      [0, 3, 3, 1],
    ];
    const directions = principalDirections(model, [tokens], dModel);
    const again = new TransformerEncoder(card.config, narrowed(model, directions));
    const [wanted, got] = [model.forward(tokens).data, again.forward(tokens).data];
    got.forEach((logit, i) => expect(logit).toBeCloseTo(wanted[i]!, 2));
  });
});

describe("answers to be learnt", () => {
  it("are classes, or the nearest points", () => {
    const classes = { kind: "categorical", classes: ["a", 2n] } as const;
    expect(scoresOf(classes, tensor([[[1, 0.5]]])).toArray()).toEqual([[[8, 4]]]);
    const points = { kind: "numerical", classes: [0n, 1n, 1n], points: [[0], [1], [1.25]] } as const;
    expect(scoresOf(points, tensor([[[1.25]]])).toArray()).toEqual([[[-12.5, -0.5, -0]]]);
    const columns = columnsOf(points, [1, 0n, "x"]);
    expect(columns).toEqual([[1, 2], [0], []]);
    expect(targetColumns([0, 1, 2, -1], columns, [-8, -1, -0.5, -8, -8, -8, 0, 0, 0, 0, 0, 0], 3)).toEqual([
      2, 0, -1, -1,
    ]);
  });
});

describe("a training from compiled weights", () => {
  it("begins with the program", () => {
    const training = new CompiledTraining(sop("hist"), INPUTS);
    expect(training.accuracy(new Rng(1), 2)).toEqual({ tokens: 1, sequences: 1 });
    const { verified, ablation } = training.survival(100);
    expect([verified.ok, ablation.changed, ablation.redundant]).toEqual([true, { mean: 0, resample: 0 }, []]);
    const { correct, counted, loss } = training.pass(new Rng(1), 4);
    expect([correct, loss.item() < 0.01]).toEqual([counted, true]);
    const read = CompiledModel.fromSafetensors(training.trained().toSafetensors());
    expect([read.run("abba"), read.certificate.proved]).toEqual([[2, 2, 2, 2], false]);
  });

  it("mends what noise has broken, and keeps what is frozen", async () => {
    const training = new CompiledTraining(sop("hist"), INPUTS, { noise: 0.001, seed: 1, freeze: ["attention"] });
    expect(training.accuracy(new Rng(1), 4).tokens).toBeLessThan(0.9);
    const frozen = training.model.parameters().get("blocks.0.attention.value.weight")!.data.slice();
    await train({
      optimizer: new Adam(training.trainable, { beta2: 0.98 }),
      schedule: cosine({ peak: 3e-4, warmup: 5, steps: 150 }),
      steps: 150,
      seed: 1,
      clip: 1,
      forward: (rng) => training.pass(rng, 8),
    });
    expect(training.accuracy(new Rng(1), 4).tokens).toBe(1);
    expect(training.model.parameters().get("blocks.0.attention.value.weight")!.data).toEqual(frozen);
    const { verified, ablation } = training.survival(100);
    expect([verified.wrong, ablation.changed]).toEqual([0, { mean: 0, resample: 0 }]);
  });

  it("takes BOS at the beginning", () => {
    const training = new CompiledTraining(sop("reverse"), { ...INPUTS, bos: "§" });
    expect(training.accuracy(new Rng(1), 2).tokens).toBe(1);
    expect(training.survival(50).verified.ok).toBe(true);
    expect(training.trained().run("§ab")).toEqual(["b", "a", "§"]);
  });

  it("shrinks to a narrower model, whose heads are those of the compiled one", () => {
    const training = new CompiledTraining(sop("reverse"), INPUTS, { width: 12 });
    expect(training.model.config).toMatchObject({ dModel: 12, blocks: training.compiled.model.config.blocks });
    const first = training.pass(new Rng(3), 8);
    first.loss.backward();
    for (const { grad } of training.trainable.values()) expect(grad).toBeDefined();
    expect(training.survival(20).ablation.inputs).toBeGreaterThan(0);
    expect(training.trained().card.labels).toHaveLength(12);
  });

  it("says what is wrong", () => {
    const begin = (options: object) => () => new CompiledTraining(sop("hist"), INPUTS, options);
    expect(begin({ width: 99 })).toThrow(/a width of 99 is not narrower than the compiled model, whose width is \d+/);
    expect(begin({ freeze: ["heads"] })).toThrow('nothing to freeze is called the string "heads"; there are embedding');
    expect(begin({ freeze: ["embedding", "attention", "feed-forward", "unembedding"] })).toThrow(
      /every part is frozen/,
    );
    expect(begin({ noise: -1 })).toThrow(/noise/);
  });
});
