/** Plain nested-index loops that the tests compare tensors with. They know nothing of strides or kernels. */
import type { Tensor } from "@selectron/core";

/** All positions of a shape in row-major order. */
export function positions(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (found, length) => found.flatMap((start) => Array.from({ length }, (_, index) => [...start, index])),
    [[]],
  );
}

/** The element at a position, found through the nested arrays. */
export function at(x: Tensor, position: readonly number[]): number {
  let nested = x.toArray();
  for (const index of position) nested = (nested as readonly (typeof nested)[])[index]!;
  return nested as number;
}

/** A position of a broadcast result as a position of one of its operands. */
export function project(position: readonly number[], shape: readonly number[]): number[] {
  const missing = position.length - shape.length;
  return shape.map((length, axis) => (length === 1 ? 0 : position[axis + missing]!));
}
