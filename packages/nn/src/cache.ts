/**
 * What a decoder keeps between steps of generation, so that each step computes its new positions only: the keys and
 * values of every layer, and the state of a positional encoding. Every slot is a tensor whose first axis is the batch. It outlives the
 * `scope` in which it was computed, since each step may run in one of its own.
 */
import { checks, concat, keep, type Tensor } from "@selectron/core";
import { Growing } from "./growing.js";

/** The state of a decoder for one batch of sequences. */
export class DecodingCache {
  static {
    checks.guardMethods(this);
  }

  #length = 0;
  #slots = new Map<string, Tensor>();
  /** Where slots grow, which copies of a cache share. */
  readonly #growing = new Map<string, { readonly store: Growing; readonly axis: number }>();
  /** Slots whose rows are all the same one, which is here. */
  #same = new Map<string, Tensor>();

  /** How many positions have been decoded. */
  get length(): number {
    return this.#length;
  }

  /** Called by the model once a pass over `count` new positions is complete. */
  advance(count: number): void {
    checks.check("DecodingCache.advance: count", count, checks.anInteger(0));
    this.#length += count;
  }

  /** The tensor in a slot, if any. */
  get(name: string): Tensor | undefined {
    checks.check("DecodingCache.get: name", name, checks.aText);
    return this.#slots.get(name);
  }

  /** Replaces a slot, by a tensor of any shape whose first axis is the batch. */
  set(name: string, value: Tensor): void {
    checks.check("DecodingCache.set: name", name, checks.aText);
    checks.check("DecodingCache.set: value", value, checks.aTensor);
    this.#same.delete(name);
    this.#growing.delete(name);
    this.#slots.set(name, keep(value));
  }

  /** Appends `value` to a slot along an axis, and returns the whole, which may be a view. Elsewhere the shapes must agree. */
  append(name: string, value: Tensor, axis: number): Tensor {
    checks.check("DecodingCache.append: name", name, checks.aText);
    checks.check("DecodingCache.append: value", value, checks.aTensor);
    checks.check("DecodingCache.append: axis", axis, checks.anInteger(-value.rank, value.rank - 1));
    const before = this.#slots.get(name);
    this.#same.delete(name);
    const whole = before ? this.#appended(name, before, value, axis) : value;
    this.#slots.set(name, keep(whole));
    return whole;
  }

  #appended(name: string, before: Tensor, value: Tensor, given: number): Tensor {
    const axis = given < 0 ? given + value.rank : given;
    const fits = before.rank === value.rank && value.shape.every((n, i) => i === axis || n === before.shape[i]);
    // The tape needs tensors of their own; what does not fit is an error there.
    if (!fits || before.requiresGrad || value.requiresGrad) {
      this.#growing.delete(name);
      return concat([before, value], axis);
    }
    const [length, growing] = [before.shape[axis]!, this.#growing.get(name)];
    const whole = growing?.axis === axis ? growing.store.append(value, length) : undefined;
    if (whole) return whole;
    const store = new Growing(before, axis, length + value.shape[axis]!);
    this.#growing.set(name, { store, axis });
    return store.append(value, length)!;
  }

  /** The tensor in a slot, of any shape, computed if the slot is empty. */
  once(name: string, compute: () => Tensor): Tensor {
    checks.check("DecodingCache.once: name", name, checks.aText);
    checks.check("DecodingCache.once: compute", compute, checks.aFunction("a function that gives a tensor"));
    let value = this.#slots.get(name);
    if (!value) this.#slots.set(name, (value = keep(compute())));
    return value;
  }

  /** A cache whose batch row r is this one's row `rows[r]`, for beams that continue other beams. */
  reordered(rows: readonly number[]): DecodingCache {
    checks.check("DecodingCache.reordered: rows", rows, checks.numbers);
    const copy = new DecodingCache();
    copy.#length = this.#length;
    for (const [name, value] of this.#slots) {
      // Rows that stay where they are, and rows that are all one row, are not copied.
      const one = value.shape[0] === 1 ? value : this.#same.get(name);
      const stay = rows.length === value.shape[0] && rows.every((row, r) => row === r);
      if (one) copy.#same.set(name, one);
      if (stay) {
        const growing = this.#growing.get(name);
        if (growing) copy.#growing.set(name, growing); // whoever appends first goes on in it
        copy.#slots.set(name, value);
      } else {
        copy.#slots.set(name, keep(one ? one.broadcastTo([rows.length, ...one.shape.slice(1)]) : value.gather(rows)));
      }
    }
    return copy;
  }
}
