/** Recurrent layers, additive attention and the encoder–decoders of them against plain loops, and their gradients. */
import { randn, Rng, tensor, type Tensor } from "@selectron/core";
import { gradcheck } from "@selectron/core/testing";
import {
  AdditiveAttention,
  DecodingCache,
  generate,
  ParameterStore,
  Recurrent,
  RecurrentTranslator,
  type RecurrentKind,
  type RecurrentTranslatorConfig,
} from "@selectron/nn";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PlainLayers, type Matrix } from "../plain/layers.js";
import { plainAdditive, plainRecurrent, plainStep, type PlainState } from "../plain/recurrent.js";
import { distance, plainParameters, randomParameters } from "../support.js";

const kinds: readonly RecurrentKind[] = ["lstm", "gru"];

function layerOf(kind: RecurrentKind, inputs: number, hidden: number, rng: Rng) {
  const names = new ParameterStore();
  new Recurrent(names.scope, kind, inputs, hidden);
  const values = randomParameters(new Map([...names.parameters].map(([name, { shape }]) => [name, shape])), rng);
  return { layer: new Recurrent(new ParameterStore(values).scope, kind, inputs, hidden), values };
}

describe.each(kinds)("%s", (kind) => {
  it("is the formula, in both directions and past padding", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 6 }), fc.boolean(), (seed, length, reverse) => {
        const rng = new Rng(seed);
        const { layer, values } = layerOf(kind, 3, 4, rng);
        const real = [length, 1 + rng.int(length)];
        const x = randn([2, length, 3], rng);
        const hiddenKeys = tensor(real.map((count) => Array.from({ length }, (_, i) => (i < count ? 0 : 1))));
        const { outputs, state } = layer.forward(x, { hiddenKeys, reverse });
        const plain = (x.toArray() as Matrix[]).map((row, b) =>
          plainRecurrent(plainParameters(values), "", kind, row, 4, { real: real[b]!, reverse }),
        );
        expect(
          distance(
            outputs.toArray(),
            plain.map((each) => each.outputs),
          ),
        ).toBeLessThan(1e-5);
        expect(
          distance(
            state[0]!.toArray(),
            plain.map((each) => each.state.h),
          ),
        ).toBeLessThan(1e-5);
        if (kind === "lstm") {
          expect(
            distance(
              state[1]!.toArray(),
              plain.map((each) => each.state.c),
            ),
          ).toBeLessThan(1e-5);
        }
      }),
      { numRuns: 25 },
    );
  });

  it("goes on step by step where forward would", () => {
    const { layer } = layerOf(kind, 3, 4, new Rng(2));
    const x = randn([2, 5, 3], new Rng(3));
    const first = layer.forward(x.slice(0, 2, 1));
    let state = first.state;
    for (let t = 2; t < 5; t++) state = layer.step(x.slice(t, t + 1, 1).reshape([2, 3]), state);
    const whole = layer.forward(x);
    state.forEach((part, i) => expect(distance(part.toArray(), whole.state[i]!.toArray())).toBeLessThan(1e-6));
  });

  it("has the gradients of central differences", () => {
    const { values } = layerOf(kind, 2, 3, new Rng(4));
    const names = [...values.keys()];
    const hiddenKeys = tensor([[0, 0, 0], [0, 0, 1]]); // prettier-ignore
    gradcheck(
      (x, ...parameters) => {
        const given = new Map(names.map((name, i) => [name, parameters[i]!]));
        return new Recurrent(new ParameterStore(given).scope, kind, 2, 3).forward(x, { hiddenKeys }).outputs;
      },
      [randn([2, 3, 2], new Rng(5)), ...values.values()],
      { tolerance: 1e-5 },
    );
  });

  it("says what does not fit", () => {
    const { layer } = layerOf(kind, 2, 3, new Rng(4));
    expect(() => layer.forward(randn([2, 3], new Rng(1)))).toThrow("x is [2, 3]; it must be [batch, length, width]");
    expect(() => layer.step(randn([1, 2], new Rng(1)), [randn([1, 2], new Rng(1))])).toThrow(
      `the state of a ${kind} layer is`,
    );
  });
});

describe("additive attention", () => {
  const declared = (): [string, number[]][] => {
    const store = new ParameterStore();
    new AdditiveAttention(store.scope, { queries: 3, keys: 2, hidden: 4 });
    return [...store.parameters].map(([name, { shape }]) => [name, [...shape]]);
  };
  const values = randomParameters(new Map(declared()), new Rng(1));
  const layer = (given: Map<string, Tensor>): AdditiveAttention =>
    new AdditiveAttention(new ParameterStore(given).scope, { queries: 3, keys: 2, hidden: 4 });
  const hidden = tensor([[0, 0, 0], [0, 1, 1]]); // prettier-ignore

  it("is the formula", () => {
    const [query, keys] = [randn([2, 3], new Rng(2)), randn([2, 3, 2], new Rng(3))];
    const { context, weights } = layer(values).forward(query, keys, undefined, hidden);
    const plain = (keys.toArray() as Matrix[]).map((rows, b) =>
      plainAdditive(plainParameters(values), "", (query.toArray() as Matrix)[b]!, rows, [3, 1][b]!),
    );
    expect(
      distance(
        weights.toArray(),
        plain.map((each) => each.weights),
      ),
    ).toBeLessThan(1e-6);
    expect(
      distance(
        context.toArray(),
        plain.map((each) => each.context),
      ),
    ).toBeLessThan(1e-6);
  });

  it("has the gradients of central differences", () => {
    const names = [...values.keys()];
    gradcheck(
      (query, keys, ...parameters) =>
        layer(new Map(names.map((name, i) => [name, parameters[i]!]))).forward(query, keys, undefined, hidden).context,
      [randn([2, 3], new Rng(2)), randn([2, 3, 2], new Rng(3)), ...values.values()],
      { tolerance: 1e-5 },
    );
  });
});

/** The whole model in plain loops: log-probabilities of one pair. */
function plainTranslator(
  { kind, hiddenSize, attention = true, numHiddenLayers = 1 }: RecurrentTranslatorConfig,
  parameters: Map<string, Tensor>,
  source: number[],
  target: number[],
): Matrix {
  const plain = plainParameters(parameters);
  const layers = new PlainLayers(plain);
  let x = source.map((id) => layers.matrix("encoder.embedding.weight")[id]!);
  const states = Array.from({ length: numHiddenLayers }, (_, layer): PlainState => {
    const both = ["forward", "backward"].map((name, d) =>
      plainRecurrent(plain, `encoder.${layer}.${name}.`, kind, x, hiddenSize / 2, { reverse: d === 1 }),
    );
    x = source.map((_, i) => both.flatMap(({ outputs }) => outputs[i]!));
    const bridge = (s: number, rows: number[][]): number[] =>
      layers.linear([rows.flat()], `bridge.${layer}.${s}`)[0]!.map(Math.tanh);
    return {
      h: bridge(
        0,
        both.map(({ state }) => state.h),
      ),
      c:
        kind === "lstm"
          ? bridge(
              1,
              both.map(({ state }) => state.c),
            )
          : [],
    };
  });
  return target.map((id) => {
    const looked = attention ? plainAdditive(plain, "decoder.attention.", states.at(-1)!.h, x).context : [];
    let input = [...layers.matrix("decoder.embedding.weight")[id]!, ...looked];
    states.forEach((state, layer) => {
      states[layer] = plainStep(plain, `decoder.${layer}.`, kind, input, state);
      input = states[layer]!.h;
    });
    const stream = layers.linear([[...input, ...looked]], "output")[0]!.map(Math.tanh);
    const logits = layers.linear([stream], "generator")[0]!;
    const total = Math.log(logits.reduce((sum, value) => sum + Math.exp(value), 0));
    return logits.map((value) => value - total);
  });
}

const configs: readonly RecurrentTranslatorConfig[] = [
  { kind: "lstm", vocabSize: 5, hiddenSize: 4 },
  { kind: "gru", vocabSize: 5, hiddenSize: 4, attention: false },
  { kind: "gru", vocabSize: 5, hiddenSize: 4, numHiddenLayers: 2 },
  { kind: "lstm", vocabSize: 5, hiddenSize: 4, attention: false, numHiddenLayers: 2 },
];

describe.each(configs)("encoder–decoder %j", (config) => {
  const parameters = randomParameters(RecurrentTranslator.parameterShapes(config), new Rng(1));
  const model = new RecurrentTranslator(config, parameters);
  const [source, target] = [[1, 4, 2], [0, 3, 3, 1]]; // prettier-ignore

  it("is the formula, and padding changes nothing", () => {
    const expected = plainTranslator(config, parameters, source, target);
    expect(distance(model.forward([source], [target]).toArray(), [expected])).toBeLessThan(1e-5);
    const padded = model.forward([[...source, 0, 0]], [target], { sourcePadding: [[true, true, true, false, false]] });
    expect(distance(padded.toArray(), [expected])).toBeLessThan(1e-5);
  });

  it("writes the same with its states kept", () => {
    const memory = model.encode([source]);
    const whole = model.scores(model.decode([target], memory)).toArray() as Matrix[];
    const cache = new DecodingCache();
    const steps = target.map(
      (id) => (model.scores(model.decode([[id]], memory, { cache })).toArray() as Matrix[])[0]![0]!,
    );
    expect(distance([steps], whole)).toBeLessThan(1e-5);
    const greedy = generate(model.reading(source), [0], { maxTokens: 4 }).tokens;
    const beams = generate(model.reading(source), [0], { maxTokens: 4, beams: 1 }).tokens;
    expect(greedy).toEqual(beams);
    expect(generate(model.reading(source), [0], { maxTokens: 4, beams: 3 }).tokens).toHaveLength(4);
  });

  it("has the gradients of central differences", () => {
    const names = [...parameters.keys()];
    gradcheck(
      (...values) =>
        new RecurrentTranslator(config, new Map(names.map((name, i) => [name, values[i]!]))).forward(
          [[1, 2], [3, 0]], // prettier-ignore
          [[0], [2]],
          { sourcePadding: [[true, true], [true, false]] }, // prettier-ignore
        ),
      [...parameters.values()],
      { tolerance: 1e-5 },
    );
  });

  it("gives what is attended to", () => {
    const seen: Tensor[] = [];
    model.decode([target], model.encode([source]), { attended: (weights) => void seen.push(weights) });
    expect(seen.map(({ shape }) => shape)).toEqual(config.attention === false ? [] : [[1, 4, 3]]);
  });
});

it("says what does not fit", () => {
  const config = { kind: "gru", vocabSize: 5, hiddenSize: 4 } as const;
  expect(() => new RecurrentTranslator({ ...config, hiddenSize: 3 })).toThrow(
    "hiddenSize is 3; it must be an even integer",
  );
  const model = new RecurrentTranslator(config, new Rng(1));
  expect(() => model.forward([[5]], [[0]])).toThrow("source: id 5 at row 0, position 0 is outside the vocabulary");
  expect(() => model.forward([[1]], [[0], [0]])).toThrow("1 source rows, but 2 target rows");
  expect(() => model.encode([[]])).toThrow("the rows are empty");
});
