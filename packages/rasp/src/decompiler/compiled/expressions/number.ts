/** The number that float32 meant. */
import type { Atom } from "../../../language/graph/node.js";

/** An int if it is one, else the nearest fraction or decimal with few digits, else the number itself. */
export function nice(value: number): Atom {
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
