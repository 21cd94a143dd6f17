/** Subspaces that carry a variable: in a model in which it is known where they are, and where there is nothing to be found. */
import { Rng, tensor, type Tensor } from "@selectron/core";
import { Gpt2, gpt2Shapes, type Gpt2Config } from "@selectron/nn";
import { observe, readTask, type Sequence } from "@selectron/rasp/decompile";
import { describe, expect, it } from "vitest";
import { everything } from "../../../../src/decompiler/gpt2/heads/named-patterns.js";
import { fitReadout } from "../../../../src/decompiler/gpt2/readout/fit.js";
import { aligned, dimensionsOf } from "../../../../src/decompiler/gpt2/swaps/alignment.js";
import { controlsOf } from "../../../../src/decompiler/gpt2/swaps/controls.js";
import { ProgramRuns } from "../../../../src/decompiler/gpt2/swaps/program-runs.js";
import { textsOf } from "../../../../src/decompiler/gpt2/swaps/readout-comparison.js";
import { orthonormal, regressed } from "../../../../src/decompiler/gpt2/swaps/regression.js";
import { halvesOf, SwappedModel } from "../../../../src/decompiler/gpt2/swaps/swapped-model.js";
import { attendVariable, tokenVariable } from "../../../../src/decompiler/gpt2/variables/basic.js";
import { followed } from "../../../../src/decompiler/interchange/measure.js";

const task = readTask({ vocab: ["a", "b"] }, 2);
const config: Gpt2Config = {
  layers: 1,
  heads: 1,
  dModel: 8,
  dFf: 4,
  maxLength: 20,
  vocabularySize: 2,
  epsilon: 1e-5,
};

/** Tokens stand in coordinates 0 and 1, their mean so far in 2 and 3, and the logits read the second. The rest is noise of positions. */
function majorityModel(): Gpt2 {
  const rng = new Rng(1);
  const set: Readonly<Record<string, readonly (readonly [number, number, number])[]>> = {
    "wte.weight": [
      [0, 0, 1],
      [0, 1, -1],
      [1, 0, -1],
      [1, 1, 1],
    ],
    "h.0.attn.c_attn.weight": [
      [0, 16, 1],
      [1, 16, -1],
    ],
    "h.0.attn.c_proj.weight": [
      [0, 2, 1],
      [0, 3, -1],
    ],
    "lm_head.weight": [
      [0, 2, 1],
      [0, 3, -1],
      [1, 2, -1],
      [1, 3, 1],
    ],
  };
  const shapes = new Map<string, readonly number[]>([...gpt2Shapes(config), ["lm_head.weight", [2, 8]]]);
  const parameters = [...shapes].map(([name, shape]): [string, Tensor] => {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    if (/ln_.\.weight$/.test(name)) data.fill(1);
    if (name === "wpe.weight") data.forEach((_, at) => at % 8 >= 4 && (data[at] = rng.float() - 0.5));
    for (const [row, column, value] of set[name] ?? []) data[row * shape[1]! + column] = value;
    return [name, tensor(data, [...shape])];
  });
  return new Gpt2(config, new Map(parameters));
}

const rng = new Rng(2);
const sequences: Sequence[] = Array.from({ length: 80 }, () => {
  const ids = Array.from({ length: 3 + rng.int(9) }, () => rng.int(2));
  // Both symbols are never as frequent where an odd number was read.
  const scored = ids.flatMap((_, i) => (i % 2 === 0 ? [i] : []));
  return { ids, offset: rng.int(8), scored, expected: undefined };
});

describe("alignment search", () => {
  const model = majorityModel();
  const observed = sequences.map((sequence) => observe(model, task, sequence, false));
  const tokens = tokenVariable(task);
  const histogram = attendVariable(everything, tokens);
  const readout = fitReadout(task, [histogram], observed.slice(0, 40));
  const swapped = new SwappedModel(
    model,
    task,
    halvesOf(task, observed.slice(0, 40), observed.slice(40), new Rng(3), 80),
  );
  const runs = new ProgramRuns(readout, swapped.pairs);
  const options = { rng: new Rng(4), clock: { expired: () => false } };

  it("finds the one dimension of a histogram of two symbols", () => {
    expect(readout.match(observed.slice(40))).toBeGreaterThan(0.9);
    expect(dimensionsOf(histogram, swapped.pairs.search)).toBe(1);
    const places = aligned("h.0.attn.residual", swapped, runs, [histogram], options)!;
    const place = places.get(histogram.key)!;
    const direction = [...place.subspace!.basis.data];
    expect(Math.abs(direction[2]! - direction[3]!) / Math.SQRT2).toBeGreaterThan(0.9);
    const [model] = swapped.decisions("report", [place]);
    const { accuracy } = followed(
      textsOf(runs.decisions("report", undefined)),
      textsOf(runs.decisions("report", histogram.key)),
      textsOf(model!),
    );
    expect(accuracy.of).toBeGreaterThan(30);
    expect(accuracy.share).toBeGreaterThan(0.95);
  });

  it("finds nothing for random values, nor in a model without training", () => {
    const { randomLabels, untrained } = controlsOf(
      "h.0.attn.residual",
      swapped,
      readout,
      [histogram],
      options,
    )(histogram.key);
    expect(randomLabels.share).toBeLessThan(0.75);
    expect(untrained.share).toBeLessThan(0.85);
  });

  it("gives no place where the stream is too narrow", () => {
    expect(aligned("h.0.attn.residual", swapped, runs, Array(8).fill(histogram), options)).toBeUndefined();
  });
});

describe("regression", () => {
  it("gives what each feature adds", () => {
    const features = [
      [1, 0],
      [0, 1],
      [1, 1],
      [1, 0],
    ].map((row) => Float64Array.from(row));
    const activations = features.map(([a, b]) => Float32Array.from([2 * a! + b!, -b!]));
    const [first, second] = regressed({ features, activations });
    expect(first![0]).toBeCloseTo(2, 2);
    expect(second![0]).toBeCloseTo(1, 2);
    expect(second![1]).toBeCloseTo(-1, 2);
  });

  it("makes columns orthonormal, and draws those that depend on others", () => {
    const columns = orthonormal(
      [
        [1, 1, 0],
        [2, 2, 0],
        [0, 1, 0],
      ].map((column) => Float64Array.from(column)),
      new Rng(1),
    );
    columns.forEach((a, i) =>
      columns.forEach((b, j) => {
        const dot = a.reduce((sum, x, d) => sum + x * b[d]!, 0);
        expect(dot).toBeCloseTo(i === j ? 1 : 0, 6);
      }),
    );
  });
});
