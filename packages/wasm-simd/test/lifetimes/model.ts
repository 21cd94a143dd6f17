/** What tensors should hold, and what is wrong with them. */
import { elementsOf, type Tensor } from "@selectron/core";

export interface Known {
  readonly x: Tensor;
  readonly cells: number[];
  /** Which of the cells are the elements, in order. */
  readonly at: readonly number[];
  /** Whether it may be gone: made inside a scope and not rescued, or released. */
  mayEnd: boolean;
}

/** An array that `data` gave. */
export interface Raw {
  readonly data: Float32Array;
  readonly known: Known;
}

/** What is wrong with one of the tensors, if anything is; counts those that are right and those that say that they are gone. */
export function wrongTensor(all: readonly Known[], seen: { right: number; gone: number }): string | undefined {
  for (const { x, cells, at, mayEnd } of all) {
    let values: ArrayLike<number>;
    try {
      values = x.isContiguous ? elementsOf(x) : (x.toArray() as number[][]).flat();
    } catch (error) {
      seen.gone++;
      if (mayEnd && String(error).includes("memory is gone")) continue;
      return String(error);
    }
    seen.right++;
    const wrong = at.findIndex((cell, i) => values[i] !== cells[cell]);
    if (wrong >= 0) return `element ${wrong} is ${values[wrong]}, not ${cells[at[wrong]!]}`;
    if (values.length !== at.length) return `${values.length} elements, not ${at.length}`;
  }
  return undefined;
}

export function wrongArray(raws: readonly Raw[]): string | undefined {
  const isWrong = ({ data, known: { cells, at } }: Raw): boolean => at.some((cell, i) => data[i] !== cells[cell]);
  return raws.some(isWrong) ? "an array that `data` gave has changed" : undefined;
}

/** Two storages in a backend's memory that overlap, if there are two. */
export function overlap(all: readonly Known[]): string | undefined {
  const lent = all.filter(({ x: { lease, held } }) => lease?.isLive && !lease.moved?.has(held));
  lent.sort((a, b) => a.x.held.byteOffset - b.x.held.byteOffset);
  const found = lent.some(({ x: { held }, cells }, i) => {
    const next = lent.slice(i + 1).find((other) => other.cells !== cells && other.x.held.buffer === held.buffer);
    return next !== undefined && next.x.held.byteOffset < held.byteOffset + held.byteLength;
  });
  return found ? "two storages overlap" : undefined;
}
