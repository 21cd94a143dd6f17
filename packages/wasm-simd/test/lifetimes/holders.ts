/** What can hold a tensor. */
import { tensor, type Tensor } from "@selectron/core";

/** A class instance, as far as a scope is concerned. */
class Holder {
  readonly held: unknown;
  constructor(held: unknown) {
    this.held = held;
  }
}

export const holders: readonly ((x: Tensor) => unknown)[] = [
  (x) => x,
  (x) => [[x]],
  (x) => new Map([["key", x]]),
  (x) => new Map([[x, 1]]),
  (x) => new Set([x]),
  (x) => new Holder({ x }),
  (x) => Object.freeze({ [Symbol("held")]: Object.freeze([x]) }),
  (x) => Object.create(null, { hidden: { value: x } }) as unknown,
  (x) => {
    const circle: Record<string, unknown> = { x };
    return (circle["self"] = circle);
  },
  (x) => {
    const leaf = tensor(new Float32Array(x.size), x.shape);
    leaf.grad = x;
    return leaf;
  },
];
