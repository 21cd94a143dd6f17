/**
 * Rotary encoding as published models have it (Su et al. 2021, arXiv 2104.09864): on the first columns of a head or on all, in either
 * pairing, with angles that are rounded to float32 as they were when the models were trained. `rotary.ts` has the encoding of nn's own models.
 *
 * - "interleaved", as in the paper and Meta's Llama: columns 2i and 2i + 1 turn together.
 * - "halves", as in Hugging Face's Llama and GPT-NeoX: columns i and i + columns / 2 do.
 *
 * The second is the first with the columns in another order, which a checkpoint's query and key maps have absorbed.
 */
import { checks, concat, stack, tensor, type Tensor } from "@selectron/core";
import { divTerms } from "./sinusoidal.js";

/** Which columns of a head turn together. */
export type RotaryPairing = "interleaved" | "halves";

/** How the frequencies are changed for sequences that are longer than those of the first training. */
export type RotaryScaling =
  /** Every frequency is divided by the factor (Chen et al. 2023, arXiv 2306.15595). */
  | { readonly kind: "linear"; readonly factor: number }
  /**
   * Low frequencies are divided by the factor, high ones are kept, and those between are mixed (Llama 3.1): low are those with fewer than
   * `lowFrequencyFactor` turns in `originalLength` positions, high those with more than `highFrequencyFactor`.
   */
  | {
      readonly kind: "llama3";
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalLength: number;
    };

/** The encoding of one model. */
export interface RotaryConfig {
  /** How many columns of each head turn, an even number; the others stay. */
  readonly columns: number;
  /** 10000 in the paper. */
  readonly base: number;
  readonly pairing: RotaryPairing;
  readonly scaling?: RotaryScaling | undefined;
}

/** Turns queries or keys [B, H, n, dHead] whose positions are start, start + 1, … */
export type Rotation = (x: Tensor) => Tensor;

/** The rotation of `length` positions from `start` on. The tables are computed once, for all layers. */
export function rotation(config: RotaryConfig, start: number, length: number): Rotation {
  const { columns, pairing } = config;
  const frequencies = rotaryFrequencies(config);
  const pairs = frequencies.length;
  const angles = new Float32Array(length * pairs).map(
    (_, at) => (start + Math.floor(at / pairs)) * frequencies[at % pairs]!,
  );
  const [cos, sin] = [Math.cos, Math.sin].map((f) => tensor(angles.map(f), [length, pairs])) as [Tensor, Tensor];
  return (x) => {
    const turning = x.shape.at(-1) === columns ? x : x.slice(0, columns, -1);
    const [a, b] = pairing === "halves" ? halves(turning) : alternating(turning);
    const turned = [a.mul(cos).sub(b.mul(sin)), a.mul(sin).add(b.mul(cos))];
    const whole = pairing === "halves" ? concat(turned, -1) : stack(turned, -1).reshape(turning.shape);
    return turning === x ? whole : concat([whole, x.slice(columns, undefined, -1)], -1);
  };
}

const halves = (x: Tensor): [Tensor, Tensor] => {
  const pairs = x.shape.at(-1)! / 2;
  return [x.slice(0, pairs, -1), x.slice(pairs, undefined, -1)];
};

const alternating = (x: Tensor): [Tensor, Tensor] => {
  const pairs = x.reshape([...x.shape.slice(0, -1), x.shape.at(-1)! / 2, 2]);
  const part = (column: number): Tensor => pairs.slice(column, column + 1, -1).reshape(pairs.shape.slice(0, -1));
  return [part(0), part(1)];
};

/** The angle by which each pair of columns turns from one position to the next, as float32: from 1 down to about 1 / base. */
export function rotaryFrequencies({ columns, base, scaling }: Omit<RotaryConfig, "pairing">): number[] {
  const plain = divTerms(columns, base).map(Math.fround);
  if (!scaling) return plain;
  const { factor } = scaling;
  if (scaling.kind === "linear") return plain.map((frequency) => Math.fround(frequency / factor));
  const { lowFrequencyFactor: low, highFrequencyFactor: high, originalLength } = scaling;
  return plain.map((frequency) => {
    const turns = (originalLength * frequency) / (2 * Math.PI);
    const kept = Math.min(1, Math.max(0, (turns - low) / (high - low)));
    return Math.fround(kept * frequency + ((1 - kept) * frequency) / factor);
  });
}

/** What a rotary configuration must be. */
export const rotaryKinds = {
  base: checks.aPositive,
  pairing: checks.oneOf(["interleaved", "halves"]),
  scaling: checks.anObject('an object such as { kind: "linear", factor: 2 }'),
};

const scalingKinds = {
  linear: { kind: checks.anything, factor: checks.aPositive },
  llama3: {
    kind: checks.anything,
    factor: checks.aPositive,
    lowFrequencyFactor: checks.aPositive,
    highFrequencyFactor: checks.aPositive,
    originalLength: checks.anInteger(1),
  },
};

/** Throws a TypeError or a RangeError that names the field that does not fit. */
export function checkScaling(name: string, scaling: RotaryScaling | undefined): void {
  if (scaling === undefined) return;
  checks.check(`${name}: scaling.kind`, scaling.kind, checks.oneOf(Object.keys(scalingKinds)));
  const kinds = scalingKinds[scaling.kind];
  checks.checkOptions(`${name}: scaling`, scaling, kinds, Object.keys(kinds));
  if (scaling.kind === "llama3" && !(scaling.highFrequencyFactor > scaling.lowFrequencyFactor)) {
    throw new RangeError(
      `${name}: scaling: highFrequencyFactor is ${scaling.highFrequencyFactor}; it must be more than lowFrequencyFactor, ${scaling.lowFrequencyFactor}.`,
    );
  }
}
