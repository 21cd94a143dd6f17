/**
 * Padding anywhere in a row. Where a row's real tokens come first, every positional encoding counts them as in the row alone, no query
 * sees a neighbour across padding, and hiding the padded keys is all that is left to do. So rows that are padded on the left, as for
 * generation, or in the middle are packed: put into that order, and their results back into their own.
 */
import { checks, ShapeError, type Tensor } from "@selectron/core";
import { checkFlags, plainRows } from "./checks.js";
import type { Patcher } from "./recorder.js";

/** [B][n], true where a token is real. */
export type Padding = readonly (readonly boolean[])[];

/** The order in which each row has its real tokens first. */
export class Packing {
  static {
    checks.guardMethods(this as unknown as new () => Packing);
  }

  /** [B][n], the place in its row of what is packed at i. */
  readonly #orders: readonly (readonly number[])[];

  private constructor(orders: readonly (readonly number[])[]) {
    this.#orders = orders;
  }

  /** Undefined if all padding comes last already. */
  static of(given: Padding): Packing | undefined {
    const padding = plainRows("padding", given);
    checkFlags(padding);
    const orders = padding.map((row) => {
      const places = row.map((_, i) => i);
      return [...places.filter((i) => row[i]), ...places.filter((i) => !row[i])];
    });
    return orders.some((order) => order.some((from, i) => from !== i)) ? new Packing(orders) : undefined;
  }

  /** Rows of the same lengths, packed. Throws a RangeError where the lengths differ from the padding's. */
  rows<T>(rows: readonly (readonly T[])[]): T[][] {
    checks.check("Packing.rows: rows", rows, checks.aList("an array of as many rows as the padding", checks.numbers));
    if (rows.length !== this.#orders.length || rows.some((row, b) => row.length !== this.#orders[b]!.length)) {
      throw new RangeError("Packing.rows: the rows have other lengths than the padding.");
    }
    return this.#orders.map((order, b) => order.map((from) => rows[b]![from]!));
  }

  /** x [B, …, n, …] with the packed positions along an axis back in their places. */
  unpack(x: Tensor, axis = 1): Tensor {
    return reordered("Packing.unpack", x, axis, this.#orders.map(inverse));
  }

  /** x [B, …, n, …] with the positions along an axis packed. */
  pack(x: Tensor, axis = 1): Tensor {
    return reordered("Packing.pack", x, axis, this.#orders);
  }
}

/** A packing; its constructor is private. */
export const aPacking = checks.anObjectWith("a Packing", "rows", "unpack");

/** A callback on activations whose positions are packed, which gets them, and gives them back, in the order of the rows given. */
export function unpackedWatch(watch: Patcher | undefined, packing: Packing | undefined): Patcher | undefined {
  if (!watch || !packing) return watch;
  return (name, value) => {
    const axes = positionAxes(name);
    const own = axes.reduce((x, axis) => packing.unpack(x, axis), value);
    return axes.reduce((x, axis) => packing.pack(x, axis), watch(name, own));
  };
}

/** The axes of a named activation along which its own sequence's positions are. */
function positionAxes(name: string): readonly number[] {
  if (name.endsWith(".heads")) return [2];
  if (!name.endsWith(".pattern")) return [1];
  // The keys of cross-attention are a memory's, which has an order of its own.
  return name.endsWith(".crossAttention.pattern") ? [2] : [2, 3];
}

function inverse(order: readonly number[]): number[] {
  const places = new Array<number>(order.length);
  order.forEach((from, i) => (places[from] = i));
  return places;
}

/** Position i along the axis is what row b of the batch has at `orders[b][i]`. */
function reordered(operation: string, x: Tensor, axis: number, orders: readonly (readonly number[])[]): Tensor {
  checks.check(`${operation}: x`, x, checks.aTensor);
  checks.check(`${operation}: axis`, axis, checks.anInteger(1, x.rank - 1));
  if (x.shape[0] !== orders.length || x.shape[axis] !== orders[0]!.length) {
    throw new ShapeError(
      `${operation}: x is [${x.shape.join(", ")}], but the padding has ${orders.length} rows of ${orders[0]!.length}.`,
    );
  }
  const axes = x.shape.map((_, i) => i);
  const order = [0, axis, ...axes.filter((i) => i !== 0 && i !== axis)];
  const front = x.permute(order);
  const [batch, length, ...rest] = front.shape as [number, number, ...number[]];
  const places = orders.flatMap((row, b) => row.map((from) => b * length + from));
  const moved = front
    .reshape([batch * length, ...rest])
    .gather(places)
    .reshape(front.shape);
  return moved.permute(axes.map((i) => order.indexOf(i)));
}
