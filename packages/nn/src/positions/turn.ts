/** Turning pairs of columns by angles that may be learnt: `rotatePairs` with gradients of the frequencies. */
import { cos, ShapeError, sin, stack, tensor, type Tensor } from "@selectron/core";

/** [n, 1]: the positions start, start + 1, … */
export const places = (start: number, length: number): Tensor =>
  tensor(
    Float32Array.from({ length }, (_, i) => start + i),
    [length, 1],
  );

/**
 * x [..., n, width] with columns 2i and 2i + 1 turned by position · frequency i.
 *
 * @param frequencies - [width / 2], in radians for each position
 */
export function turnPairs(x: Tensor, start: number, frequencies: Tensor): Tensor {
  const pairs = frequencies.size;
  if (x.shape.at(-1) !== 2 * pairs) {
    throw new ShapeError(`turnPairs: x is [${x.shape.join(", ")}]; its last axis must have 2 · ${pairs} columns.`);
  }
  const angles = places(start, x.shape.at(-2)!).mul(frequencies.reshape([1, pairs]));
  const [c, s] = [cos(angles), sin(angles)];
  const split = x.reshape([...x.shape.slice(0, -1), pairs, 2]);
  const part = (column: number): Tensor => split.slice(column, column + 1, -1).reshape(split.shape.slice(0, -1));
  const [a, b] = [part(0), part(1)];
  return stack([a.mul(c).sub(b.mul(s)), a.mul(s).add(b.mul(c))], -1).reshape(x.shape);
}
