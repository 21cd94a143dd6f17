/** Numbers that were rounded to float32, restored. */
import type { Atom } from "../../../language/graph/node.js";

/** The first of these that is within float32's rounding: a whole number, a decimal with few digits, a fraction; otherwise the number itself. */
export function restored(value: number): Atom {
  const near = (other: number): boolean => Math.abs(other - value) <= 2e-6 * Math.max(1, Math.abs(value));
  if (near(Math.round(value))) return BigInt(Math.round(value));
  for (let digits = 1; digits <= 6; digits++) {
    const decimal = Number(value.toFixed(digits));
    if (near(decimal)) return decimal;
  }
  for (let below = 2; below <= 60; below++) {
    const fraction = Math.round(value * below) / below;
    if (near(fraction)) return fraction;
  }
  return value;
}
