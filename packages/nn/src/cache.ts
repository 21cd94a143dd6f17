/**
 * What a decoder keeps between steps of generation, so that a step costs what its new tokens cost: the keys and values
 * of every layer, and whatever a positional encoding has to remember. Every slot is a tensor whose first axis is the batch.
 */
import { concat, type Tensor } from "@selectron/core";

export class DecodingCache {
  #length = 0;
  #slots = new Map<string, Tensor>();

  /** How many positions have been decoded. */
  get length(): number {
    return this.#length;
  }

  /** Called by the model once a pass over `count` new positions is complete. */
  advance(count: number): void {
    this.#length += count;
  }

  /** What stands in a slot. */
  get(name: string): Tensor | undefined {
    return this.#slots.get(name);
  }

  /** Replaces a slot. */
  set(name: string, value: Tensor): void {
    this.#slots.set(name, value);
  }

  /** The slot with `value` after it along an axis; kept and returned. */
  append(name: string, value: Tensor, axis: number): Tensor {
    const before = this.#slots.get(name);
    const whole = before ? concat([before, value], axis) : value;
    this.#slots.set(name, whole);
    return whole;
  }

  /** The slot, computed the first time. */
  once(name: string, compute: () => Tensor): Tensor {
    let value = this.#slots.get(name);
    if (!value) this.#slots.set(name, (value = compute()));
    return value;
  }

  /** A cache whose batch row r is this one's row `rows[r]`: beams that go on from other beams. */
  reordered(rows: readonly number[]): DecodingCache {
    const copy = new DecodingCache();
    copy.#length = this.#length;
    copy.#slots = new Map([...this.#slots].map(([name, value]) => [name, value.gather(rows)]));
    return copy;
  }
}
