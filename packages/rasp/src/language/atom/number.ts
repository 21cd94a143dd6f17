/**
 * Python's numbers as JavaScript's: int = `bigint`, float = `number`, bool counts as 0 or 1. Where an int or a quotient of ints becomes
 * a float it is rounded to nearest, ties to even.
 */
import { errors } from "../diagnostic.js";
import type { Atom } from "./atom.js";

/** An atom that arithmetic accepts. */
export type Numeric = bigint | number;

/** An atom as a number; `undefined` for a string and for null. */
export function numeric(atom: Atom): Numeric | undefined {
  if (typeof atom === "boolean") return atom ? 1n : 0n;
  return typeof atom === "string" || atom === null ? undefined : atom;
}

/** @throws RaspError of class overflow if the int is too large for a float. */
export function toFloat(value: Numeric): number {
  const float = Number(value);
  if (typeof value === "bigint" && !Number.isFinite(float)) {
    throw errors.overflow("this int is too large to become a float");
  }
  return float;
}

const bitLength = (value: bigint): number => value.toString(2).length;

/** `numerator / denominator`, rounded to the nearest float. @throws RaspError of class overflow if it is too large */
export function ratio(numerator: bigint, denominator: bigint): number {
  const negative = numerator < 0n !== denominator < 0n;
  const n = numerator < 0n ? -numerator : numerator;
  const d = denominator < 0n ? -denominator : denominator;
  if (n === 0n) return negative ? -0 : 0;
  // The scaled quotient has 55 or 56 bits (fewer for subnormals). With a sticky bit below it, `Number` rounds once, correctly.
  const shift = Math.min(55 - (bitLength(n) - bitLength(d)), 1074 + 2);
  const scaledN = shift > 0 ? n << BigInt(shift) : n;
  const scaledD = shift < 0 ? d << BigInt(-shift) : d;
  const quotient = scaledN / scaledD;
  const sticky = quotient * scaledD === scaledN ? 0n : 1n;
  const mantissa = Number((quotient << 1n) | sticky);
  const result = scaleByPowerOfTwo((quotient << 1n) | sticky, mantissa, -shift - 1);
  if (!Number.isFinite(result)) throw errors.overflow("the quotient is too large for a float");
  return negative ? -result : result;
}

/** `mantissa * 2 ** exponent`. A subnormal result is rounded from the exact bits, so that it is not rounded twice. */
function scaleByPowerOfTwo(bits: bigint, mantissa: number, exponent: number): number {
  if (exponent < -1074) {
    const drop = BigInt(-1074 - exponent);
    const kept = bits >> drop;
    const rest = bits - (kept << drop);
    const half = 1n << (drop - 1n);
    const up = rest > half || (rest === half && (kept & 1n) === 1n);
    if (bitLength(kept) <= 53) return Number(up ? kept + 1n : kept) * 2 ** -1074;
  }
  // Two steps, since 2 ** exponent alone may leave the range of floats.
  const half = Math.trunc(exponent / 2);
  return mantissa * 2 ** half * 2 ** (exponent - half);
}

/** Python's `round`: half to even. @throws RaspError for infinities and nan */
export function roundHalfEven(value: Numeric): bigint {
  if (typeof value === "bigint") return value;
  const floor = Math.floor(finite(value));
  const rest = value - floor;
  const up = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0);
  return BigInt(up ? floor + 1 : floor);
}

/** Python's `int` of a float: towards zero. @throws RaspError for infinities and nan */
export const truncate = (value: number): bigint => BigInt(Math.trunc(finite(value)));

function finite(value: number): number {
  if (Number.isNaN(value)) throw errors.conversion("nan has no integer value");
  if (!Number.isFinite(value)) throw errors.overflow("infinity has no integer value");
  return value;
}
