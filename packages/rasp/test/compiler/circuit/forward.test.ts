/** The forward pass that circuits are cut in, against nn's models, and against the sums that cuts are. */
import { Rng, tensor, type Tensor } from "@selectron/core";
import { Gpt2, TransformerEncoder } from "@selectron/nn";
import { describe, expect, it } from "vitest";
import { componentsOf } from "../../../src/compiler/circuit/components.js";
import { forward, mapped } from "../../../src/compiler/circuit/forward.js";
import { stackOf, stackOfGpt2 } from "../../../src/compiler/circuit/stack.js";

const IDS = [0, 3, 1, 1, 2];
const near = (is: Float32Array, should: Float32Array, most = 2e-5): void => {
  expect(is).toHaveLength(should.length);
  is.forEach((x, i) => expect(Math.abs(x - should[i]!)).toBeLessThan(most * (1 + Math.abs(should[i]!))));
};

const drawn = (shapes: Iterable<[string, number[]]>, seed: number): Map<string, Tensor> => {
  const rng = new Rng(seed);
  const weights = new Map<string, Tensor>();
  for (const [name, shape] of shapes) {
    const size = shape.reduce((a, b) => a * b, 1);
    weights.set(
      name,
      tensor(
        Float32Array.from({ length: size }, () => rng.next() / 2 ** 32 - 0.5),
        shape,
      ),
    );
  }
  return weights;
};

const config = {
  vocabularySize: 4,
  maxLength: 5,
  dModel: 6,
  outputs: 3,
  blocks: [
    { heads: 2, dHead: 4, dFf: 5 },
    { heads: 0, dHead: 1, dFf: 2 },
    { heads: 1, dHead: 3, dFf: 0 },
  ],
};

describe.each([false, true])("an encoder, causal: %s", (causal) => {
  const sizes = { ...config, causal };
  const model = new TransformerEncoder(sizes, drawn(TransformerEncoder.parameterShapes(sizes), 1));
  const stack = stackOf(model);

  it("has nn's logits", () => {
    near(forward(stack, IDS).logits, model.forward([IDS]).data as Float32Array);
  });

  it("adds up to what each reader reads: an edge replaced by itself changes nothing, and by something else what it should", () => {
    const { writers, readers } = componentsOf(stack);
    const pass = forward(stack, IDS);
    const other = forward(stack, [0, 2, 2, 3, 0]);
    const last = readers.length - 1;
    writers.forEach((_, writer) => {
      const itself = forward(stack, IDS, () => [{ writer: 0, by: pass.written[0] }]);
      near(itself.logits, pass.logits);
      const by = other.written[writer]!;
      const cut = forward(stack, IDS, (reader) => (reader === last ? [{ writer, by }] : []));
      const difference = by.map((x, i) => x - pass.written[writer]![i]!);
      const bias = new Float32Array(config.outputs);
      const moved = mapped(difference, { ...stack.unembedding, bias }, IDS.length);
      near(
        cut.logits,
        pass.logits.map((x, i) => x + moved[i]!),
      );
      expect(cut.written).toEqual(pass.written);
    });
  });
});

describe("a GPT-2 model", () => {
  const sizes = { layers: 2, heads: 2, dModel: 6, dFf: 7, maxLength: 5, vocabularySize: 4, epsilon: 1e-5 };
  const { dModel, dFf, vocabularySize } = sizes;
  const layer = (l: number): [string, number[]][] => [
    [`h.${l}.ln_1.weight`, [dModel]],
    [`h.${l}.ln_1.bias`, [dModel]],
    [`h.${l}.attn.c_attn.weight`, [dModel, 3 * dModel]],
    [`h.${l}.attn.c_attn.bias`, [3 * dModel]],
    [`h.${l}.attn.c_proj.weight`, [dModel, dModel]],
    [`h.${l}.attn.c_proj.bias`, [dModel]],
    [`h.${l}.ln_2.weight`, [dModel]],
    [`h.${l}.ln_2.bias`, [dModel]],
    [`h.${l}.mlp.c_fc.weight`, [dModel, dFf]],
    [`h.${l}.mlp.c_fc.bias`, [dFf]],
    [`h.${l}.mlp.c_proj.weight`, [dFf, dModel]],
    [`h.${l}.mlp.c_proj.bias`, [dModel]],
  ];
  const shapes: [string, number[]][] = [
    ["wte.weight", [vocabularySize, dModel]],
    ["wpe.weight", [sizes.maxLength, dModel]],
    ...layer(0),
    ...layer(1),
    ["ln_f.weight", [dModel]],
    ["ln_f.bias", [dModel]],
  ];

  it.each([true, false])("has nn's logits, tied: %s", (tied) => {
    const head: [string, number[]][] = tied ? [] : [["lm_head.weight", [vocabularySize, dModel]]];
    const model = new Gpt2(sizes, drawn([...shapes, ...head], 2));
    near(forward(stackOfGpt2(model), IDS).logits, model.forward([IDS]).data as Float32Array);
  });

  it("an edge is cut after the layer norm of its reader, which stays what it was", () => {
    const model = new Gpt2(sizes, drawn(shapes, 3));
    const stack = stackOfGpt2(model);
    const pass = forward(stack, IDS);
    const last = componentsOf(stack).readers.length - 1;
    const nothing = forward(stack, IDS, (reader) => (reader === last ? [{ writer: 1, by: undefined }] : []));
    // By hand, for the first position.
    const residual = Array.from({ length: dModel }, (_, c) =>
      pass.written.reduce((sum, written) => sum + written[c]!, 0),
    );
    const biases = ["h.0.attn.c_proj.bias", "h.1.attn.c_proj.bias"].map((name) => model.parameter(name).data);
    const x = residual.map((value, c) => value + biases[0]![c]! + biases[1]![c]!);
    const mean = x.reduce((a, b) => a + b) / dModel;
    const scale = 1 / Math.sqrt(x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / dModel + 1e-5);
    const position = pass.written[1]!.subarray(0, dModel);
    const shift = position.reduce((a, b) => a + b) / dModel;
    const [gain, bias] = [model.parameter("ln_f.weight").data, model.parameter("ln_f.bias").data];
    const read = x.map((value, c) => (value - mean - position[c]! + shift) * scale * gain[c]! + bias[c]!);
    near(nothing.logits.subarray(0, vocabularySize), mapped(read, stack.unembedding, 1));
  });
});
