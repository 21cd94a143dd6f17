/**
 * Python's `pow`. Float powers are correctly rounded: V8's `Math.pow` can be off by some units in the last place, while glibc's, which
 * the original ran on, practically never is. Integer exponents use exact quotients, others 192-bit fixed point.
 */
import { errors } from "../diagnostic.js";
import { ratio, toFloat, type Numeric } from "./number.js";

/** The most bits of an int. Python has no limit but memory. */
export const MAX_BITS = 1 << 22;

/** `base ^ exponent`. @throws RaspError of class zero-division, overflow, or type for a complex result */
export function power(base: Numeric, exponent: Numeric): Numeric {
  if (typeof base === "bigint" && typeof exponent === "bigint" && exponent >= 0n) return intPower(base, exponent);
  return floatPower(toFloat(base), toFloat(exponent));
}

function intPower(base: bigint, exponent: bigint): bigint {
  const bits = base.toString(2).length;
  if (base !== 0n && base !== 1n && base !== -1n && BigInt(bits) * exponent > BigInt(MAX_BITS)) {
    throw errors.overflow(`the power ${base}^${exponent} is too large`);
  }
  return base ** (base * base <= 1n && exponent > 1n ? 2n - (exponent % 2n) : exponent);
}

function floatPower(base: number, exponent: number): number {
  if (base === 1 || exponent === 0) return 1;
  if (Number.isNaN(base) || Number.isNaN(exponent)) return NaN;
  if (base === 0 && exponent < 0) throw errors.zeroDivision("0 cannot be raised to a negative power");
  if (base === -1 && !Number.isFinite(exponent)) return 1;
  if (base === 0 || !Number.isFinite(base) || !Number.isFinite(exponent)) return base ** exponent;
  const whole = Number.isInteger(exponent);
  if (base < 0 && !whole) {
    throw errors.complexResult("a negative number raised to a fraction is a complex number, which RASP does not have", {
      suggestion: "make the base positive or the exponent an int",
    });
  }
  const size =
    whole && Math.abs(exponent) <= 2048 ? exactPower(Math.abs(base), exponent) : fixedPower(Math.abs(base), exponent);
  if (!Number.isFinite(size)) throw errors.overflow(`the power ${base}^${exponent} is too large for a float`);
  return base < 0 && exponent % 2 !== 0 ? -size : size;
}

/** A positive float as mantissa * 2 ** shift. */
function decompose(value: number): { mantissa: bigint; shift: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = Number(bits >> 52n);
  const fraction = bits & 0xfffffffffffffn;
  return exponent === 0
    ? { mantissa: fraction, shift: -1074 }
    : { mantissa: fraction | 0x10000000000000n, shift: exponent - 1075 };
}

function exactPower(base: number, exponent: number): number {
  const { mantissa, shift } = decompose(base);
  const times = BigInt(Math.abs(exponent));
  const twos = BigInt(Math.abs(shift)) * times;
  const significand = mantissa ** times;
  const [up, down] = shift < 0 ? [significand, 1n << twos] : [significand << twos, 1n];
  return exponent < 0 ? quotient(down, up) : quotient(up, down);
}

/** Infinity instead of an error where the quotient is too large: the caller's error names the operands. */
function quotient(up: bigint, down: bigint): number {
  return up.toString(16).length - down.toString(16).length > 260 ? Infinity : ratio(up, down);
}

const BITS = 192n;
const ONE = 1n << BITS;

/** ln(x / ONE) in fixed point for x in [ONE / 2, 2 · ONE], by the series of artanh. */
function logarithm(x: bigint): bigint {
  const z = ((x - ONE) << BITS) / (x + ONE);
  const square = (z * z) >> BITS;
  let [sum, term] = [0n, z];
  for (let k = 1n; term !== 0n && term !== -1n; k += 2n) {
    sum += term / k;
    term = (term * square) >> BITS;
  }
  return 2n * sum;
}

const LN2 = logarithm(2n * ONE);

function fixedPower(base: number, exponent: number): number {
  const { mantissa, shift } = decompose(base);
  const scale = mantissa.toString(2).length - 1;
  const log = logarithm((mantissa << BITS) >> BigInt(scale)) + LN2 * BigInt(shift + scale);
  const times = decompose(Math.abs(exponent));
  const product = log * times.mantissa * (exponent < 0 ? -1n : 1n);
  const y = times.shift < 0 ? product >> BigInt(-times.shift) : product << BigInt(times.shift);
  let twos = y / LN2;
  if (y < 0n) twos -= 1n;
  if (twos > 1100n) return Infinity;
  if (twos < -1200n) return 0;
  const rest = y - twos * LN2;
  let [sum, term] = [0n, ONE];
  for (let k = 1n; term !== 0n; k++) {
    sum += term;
    term = ((term * rest) >> BITS) / k;
  }
  return twos < 0n ? quotient(sum, ONE << -twos) : quotient(sum << twos, ONE);
}
