/** What the tests of models share. */
import { randn, type Rng, type Tensor } from "@selectron/core";
import { expect } from "vitest";
import type { Parameters } from "./plain/layers.js";

/**
 * Normal numbers of standard deviation ½ for every parameter, so that norms and biases differ from their defaults too.
 */
export const randomParameters = (shapes: ReadonlyMap<string, readonly number[]>, rng: Rng): Map<string, Tensor> =>
  new Map([...shapes].map(([name, shape]) => [name, randn([...shape], rng).mul(0.5)]));

export const plainParameters = (parameters: ReadonlyMap<string, Tensor>): Parameters =>
  Object.fromEntries([...parameters].map(([name, value]) => [name, value.toArray() as number[]]));

/** Largest difference between nested arrays of one shape. */
export function distance(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a === b ? 0 : Math.abs(a - b);
  const [left, right] = [a as unknown[], b as unknown[]];
  expect(left.length).toBe(right.length);
  return left.reduce<number>((most, part, index) => Math.max(most, distance(part, right[index])), 0);
}

/** Random ids, `rows` of `length`. */
export const randomTokens = (rng: Rng, rows: number, length: number, vocabularySize: number): number[][] =>
  Array.from({ length: rows }, () => Array.from({ length }, () => rng.int(vocabularySize)));
