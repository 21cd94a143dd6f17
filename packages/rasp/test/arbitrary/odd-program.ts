/**
 * Random programs with values that are hard for a certificate: beyond what float32 or float64 hold, nearly equal, subnormal, -0, huge ints
 * beside floats, several types in one s-op, functions of TypeScript, odd defaults.
 */
import type { Rng } from "@selectron/core";
import {
  add,
  aggregate,
  and,
  constant,
  div,
  eq,
  float,
  ge,
  gt,
  ifElse,
  indicator,
  indices,
  le,
  lt,
  map,
  mul,
  ne,
  neg,
  or,
  round,
  select,
  selectorWidth,
  sub,
  tokens,
  type Selector,
  type SOp,
} from "../../src/index.js";

const FLOATS = [
  ...[0, 1, 0.5, 0.1, 0.3, 1 / 3, 3, 100, 1e7, 1e16, 1e20, 1e39, 1e300, Number.MAX_VALUE],
  ...[-1074, -1022, -149, -126, -44, -24, 24, 31, 53, 99, 100, 101, 127, 128].map((power) => 2 ** power),
  ...[
    2 ** 24 + 1,
    16777216.5,
    2 ** 53 + 2,
    1 + 2 ** -52,
    1 - 2 ** -53,
    1 + 2 ** -23,
    1 + 2 ** -24,
    0.1 + 0.2,
    1e-10,
    1e-30,
  ],
];
const INTS = [
  0n,
  1n,
  -3n,
  5n,
  2n ** 24n + 1n,
  2n ** 53n + 1n,
  -(2n ** 53n) - 1n,
  2n ** 64n + 1n,
  10n ** 40n,
  10n ** 400n,
];
const LETTERS: readonly ((token: string) => number | boolean | bigint | null)[] = [
  (token) => (token === "a" ? 0.1 : 0.1 + 2 ** -56),
  (token) => (token === "a" ? -0 : 0),
  (token) => token === "a" || 1,
  (token) => (token === "a" ? 1e308 : -1e308),
  (token) => (token === "a" ? 2 ** -1074 : 0),
  (token) => (token === "a" ? 10n ** 30n : 1e30),
  (token) => (token === "a" ? null : 2),
];
const NUMBERS: readonly ((value: number | boolean) => number | boolean)[] = [
  (value) => value,
  (value) => (typeof value === "boolean" ? 7 : value),
  (value) => (typeof value === "bigint" ? Number(value) : value),
  (value) => Math.fround(Number(value)),
];

/** An s-op of tokens, which are letters. */
export function oddProgram(rng: Rng): SOp {
  const pick = <T>(choices: readonly T[]): T => choices[rng.int(choices.length)]!;
  const number = (): SOp<number> => (rng.int(2) === 0 ? constant(pick(INTS)) : float(pick([1, -1]) * pick(FLOATS)));
  const condition = (depth: number): SOp<boolean> =>
    depth > 0 && rng.int(3) === 0
      ? pick([eq, lt, le, gt])(numeric(depth - 1), numeric(depth - 1))
      : pick([eq(tokens, "a"), eq(tokens, "b"), le(indices, rng.int(3))]);
  const numeric = (depth: number): SOp<number> => {
    switch (rng.int(depth > 0 ? 12 : 4)) {
      case 0:
        return number();
      case 1:
        return ifElse(condition(0), number(), number());
      case 2:
        return pick([indices, map(pick(LETTERS) as (token: string) => number, tokens)]);
      case 3:
        return indicator(condition(0));
      case 4:
      case 5:
      case 6:
        return pick([add, sub, mul, div])(numeric(depth - 1), numeric(depth - 1));
      case 7:
        return pick([round, neg])(numeric(depth - 1));
      case 8:
        return ifElse(condition(depth - 1), numeric(depth - 1), numeric(depth - 1));
      case 9:
        return map(pick(NUMBERS) as (value: number) => number, numeric(depth - 1));
      case 10:
        return selectorWidth(selector(depth - 1));
      default: {
        const otherwise = pick<unknown>([0, 0, null, true, 0.5, ...INTS, ...FLOATS]) as number;
        return aggregate(selector(depth - 1), numeric(depth - 1), otherwise);
      }
    }
  };
  const selector = (depth: number): Selector => {
    switch (rng.int(depth > 0 ? 7 : 5)) {
      case 0:
        return select(constant(1), constant(1), eq);
      case 1:
        return select(tokens, tokens, eq);
      case 2:
        return select(indices, indices, pick([le, lt, ge, ne]));
      case 3:
        return select(indices, constant(0), eq);
      case 4:
        return select(tokens, constant("a"), eq);
      case 5:
        return select(numeric(depth - 1), numeric(depth - 1), pick([eq, lt, le]));
      default:
        return pick([and, or])(selector(depth - 1), selector(depth - 1));
    }
  };
  return rng.int(6) === 0 ? condition(3) : numeric(1 + rng.int(4));
}
