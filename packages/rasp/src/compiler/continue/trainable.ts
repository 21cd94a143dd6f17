/**
 * A compiled model whose weights can be trained. Constants such as 2^26, by which the usual models count, make every step of an optimiser a
 * large one. So it is compiled as models for any basis are, with the smallest constants that the numbers of keys allow, and each product of two
 * maps is balanced: what reads and what writes a head's or a unit's dimension get weights of about one size. Factors are powers of two, so that
 * the model computes the same, digit for digit.
 */
import { elementsOf, leastPowerOfTwo, tensor, type Tensor } from "@selectron/core";
import { TransformerEncoder } from "@selectron/nn";
import { compiledWith, refusing, type CompileOptions } from "../index.js";
import { CompiledModel } from "../model/compiled-model.js";
import type { Outputs } from "../outputs.js";
import { ANY_BASIS } from "../plan/ir/arithmetic.js";

/** @throws RaspError of class `compile` where the program does not compile, RangeError as `compile` does */
export function compileTrainable(program: Outputs, options: CompileOptions): CompiledModel {
  const {
    model,
    card,
    layout,
    program: source,
  } = refusing(program, options, () => compiledWith(program, options, Infinity, ANY_BASIS).model);
  const weights = new Map(
    [...model.parameters()].map(([name, weight]) => [name, tensor(weight.data.slice(), weight.shape)]),
  );
  card.config.blocks.forEach(({ heads, dFf }, layer) => {
    const [attention, feedForward] = [`blocks.${layer}.attention`, `blocks.${layer}.feedForward`];
    if (heads > 0) {
      balance(weights, `${attention}.query`, `${attention}.key`);
      balance(weights, `${attention}.value`, `${attention}.output`);
    }
    if (dFf > 0) balance(weights, `${feedForward}.hidden`, `${feedForward}.output`);
  });
  return new CompiledModel(new TransformerEncoder(card.config, weights), card, layout, [], source);
}

/**
 * Moves a power of two from one map to the other for each dimension between them. The second is another map with the same columns (a key beside
 * a query), or one that reads them (`output`), whose bias is not theirs.
 */
function balance(weights: ReadonlyMap<string, Tensor>, first: string, second: string): void {
  const isRead = second.endsWith("output");
  const [ours, ourBias, theirs] = [`${first}.weight`, `${first}.bias`, `${second}.weight`].map((name) =>
    elementsOf(weights.get(name)!),
  ) as [Float32Array, Float32Array, Float32Array];
  const theirBias = isRead ? undefined : elementsOf(weights.get(`${second}.bias`)!);
  const count = ourBias.length;
  const [rows, width] = [ours.length / count, theirs.length / count];
  const sides = (c: number): readonly [Entries, Entries] => [
    [
      [ours, c, count, rows],
      [ourBias, c, 1, 1],
    ],
    theirBias
      ? [
          [theirs, c, count, rows],
          [theirBias, c, 1, 1],
        ]
      : [[theirs, c * width, 1, width]],
  ];
  for (let c = 0; c < count; c++) {
    const [a, b] = sides(c);
    const [large, other] = [largestOf(a), largestOf(b)];
    if (large === 0 || other === 0) continue;
    const factor = leastPowerOfTwo(Math.sqrt(other / large));
    multiply(a, factor);
    multiply(b, 1 / factor);
  }
}

/** Some entries of arrays: where the first is, how far apart they are, and how many. */
type Entries = readonly (readonly [data: Float32Array, from: number, step: number, count: number])[];

function largestOf(entries: Entries): number {
  let largest = 0;
  for (const [data, from, step, count] of entries) {
    for (let i = 0; i < count; i++) largest = Math.max(largest, Math.abs(data[from + i * step]!));
  }
  return largest;
}

function multiply(entries: Entries, factor: number): void {
  for (const [data, from, step, count] of entries) {
    for (let i = 0; i < count; i++) data[from + i * step]! *= factor;
  }
}
