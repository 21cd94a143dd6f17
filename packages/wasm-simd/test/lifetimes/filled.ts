import { ones, type Tensor } from "@selectron/core";
import { scope } from "@selectron/wasm-simd";
import { expect } from "vitest";

export const GONE = /this tensor's memory is gone: it was made inside a scope that has ended/;
export const RELEASED = /this tensor's memory is gone: it was released/;

export const SIZE = 64;

/** Something in linear memory, if inside a scope. */
export const filled = (value: number): Tensor => ones([SIZE]).mul(value);

/** Overwrites what was given back. */
export function disturb(): void {
  scope(() => {
    for (let i = 0; i < 100; i++) filled(-1);
  });
}

export function expectAll(x: Tensor, value: number): void {
  disturb();
  expect([...x.data]).toEqual(new Array(SIZE).fill(value));
}
