/** Every positional encoding tells orders apart, and configurations out of range are refused. */
import { randn, Rng, type Tensor } from "@selectron/core";
import { encoderOnly, TransformerEncoder, type PositionConfig } from "@selectron/nn";
import { describe, expect, it } from "vitest";
import { distance } from "../support.js";
import { build } from "./build.js";

describe("order", () => {
  const sizes = {
    vocabSize: 6,
    hiddenSize: 12,
    numHiddenLayers: 1,
    numAttentionHeads: 2,
    intermediateSize: 8,
    maxPositionEmbeddings: 8,
  };
  const kinds: PositionConfig[] = [
    { kind: "sinusoidal" },
    { kind: "learned" },
    { kind: "interpolated", trainedLength: 4 },
    { kind: "rope" },
    { kind: "ntk", factor: 2 },
    { kind: "shaw", maxDistance: 4 },
    { kind: "t5" },
    { kind: "clipped", maxDistance: 4 },
    { kind: "alibi" },
    { kind: "convolutional" },
    { kind: "dynamic" },
    { kind: "composite", absolute: { kind: "learned" }, relative: { kind: "t5" } },
    { kind: "composite", absolute: { kind: "learned" }, relative: { kind: "rope" } },
    { kind: "recurrent" },
    { kind: "ode", interval: 1 },
    { kind: "clex", trainedLength: 4 },
  ];
  const outcome = (positions: PositionConfig, tokens: number[]): Tensor => {
    const config = encoderOnly({ ...sizes, positions });
    const rng = new Rng(5);
    const parameters = new Map(
      [...TransformerEncoder.parameterShapes(config)].map(([name, shape]) => [name, randn(shape, rng).mul(0.3)]),
    );
    return new TransformerEncoder(config, parameters).forward([tokens]).slice(0, 1, 1);
  };
  const other = (positions: PositionConfig): number =>
    distance(outcome(positions, [1, 2, 3, 4]).toArray(), outcome(positions, [1, 4, 3, 2]).toArray());

  it("does not matter to the first position without an encoding", () => {
    expect(other({ kind: "none" })).toBeLessThan(1e-5);
  });

  it.each(kinds)("matters with $kind", (positions) => {
    expect(other(positions)).toBeGreaterThan(3e-4);
  });
});

describe("out of range", () => {
  it.each<[PositionConfig, string]>([
    [{ kind: "shaw", maxDistance: 0 }, 'Positions "shaw": maxDistance is 0; it must be an integer, 1 or more.'],
    [{ kind: "ntk", factor: 0.5 }, 'Positions "ntk": factor is 0.5; it must be a finite number, 1 or more.'],
    [{ kind: "t5", buckets: 6 }, 'Positions "t5": buckets is 6; it must be a multiple of 4.'],
    [
      { kind: "convolutional", kernels: [4] },
      'Positions "convolutional": a kernel\'s size is 4; it must be an odd integer, 1 or more.',
    ],
    [
      { kind: "composite", absolute: { kind: "alibi" }, relative: { kind: "t5" } },
      "Composite positions need an absolute encoding (sinusoidal, learned, interpolated, complex, convolutional, dynamic, recurrent or ode) and a relative one (rope, ntk, shaw, t5, clipped or alibi).",
    ],
    [
      { kind: "composite", absolute: { kind: "learned" }, relative: { kind: "clex", trainedLength: 4 } },
      "Composite positions weigh biases and the angles of rope and ntk; use one of those.",
    ],
  ])("%j is refused", (config, message) => {
    expect(() => build(config, false, 1)).toThrow(new RangeError(message));
  });

  it("rotary needs an even width, the same in all blocks", () => {
    const blocks = [
      { heads: 1, dHead: 3, dFf: 0 },
      { heads: 2, dHead: 2, dFf: 0 },
    ];
    const config = { vocabularySize: 2, maxLength: 4, dModel: 4, outputs: 2, positions: { kind: "rope" as const } };
    expect(() => new TransformerEncoder({ ...config, blocks: blocks.slice(0, 1) })).toThrow(
      "Rotary positions turn pairs of columns; dHead is 3, and must be even.",
    );
    expect(() => new TransformerEncoder({ ...config, blocks })).toThrow(
      'Positions "rope" act in every layer alike; the blocks must have equal heads and dHead.',
    );
  });
});
