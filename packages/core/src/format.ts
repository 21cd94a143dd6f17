/** Tensor contents as nested arrays and as text for people. */
import { formatShape, type Shape } from "./shape.js";

/** A number, or arrays of them to any depth. */
export type NestedArray = number | readonly NestedArray[];

/** Splits dense row-major data into nested arrays. */
export function toNested(data: Float32Array, shape: Shape): NestedArray {
  const build = (axis: number, start: number, size: number): NestedArray => {
    if (axis === shape.length) return data[start]!;
    const length = shape[axis]!;
    const step = size / length;
    return Array.from({ length }, (_, index) => build(axis + 1, start + index * step, step));
  };
  return build(0, 0, data.length);
}

/** Of an axis longer than `2 * EDGE`, this many entries are shown at either end. */
const EDGE = 4;

/** Significant decimal digits that float32 holds. */
const DIGITS = 7;

/** `Tensor [2, 3]` and the values, in as few digits as float32 needs, long axes shortened in the middle. */
export function formatTensor(data: Float32Array, shape: Shape): string {
  const show = (nested: NestedArray, indent: string): string => {
    if (typeof nested === "number") return String(Number(nested.toPrecision(DIGITS)));
    const shorten = nested.length > 2 * EDGE;
    const shown = shorten ? [...nested.slice(0, EDGE), ...nested.slice(-EDGE)] : nested;
    const parts = shown.map((part) => show(part, indent + " "));
    if (shorten) parts.splice(EDGE, 0, "...");
    return `[${parts.join(Array.isArray(shown[0]) ? `,\n${indent} ` : ", ")}]`;
  };
  return `Tensor ${formatShape(shape)}\n${show(toNested(data, shape), "")}`;
}
