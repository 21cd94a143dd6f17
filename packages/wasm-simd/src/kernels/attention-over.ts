/** Attention over lists of keys and its gradients, the heads of a batch row one after the other. */
import type { AttentionOverBackwardCall, AttentionOverCall, AttentionOverPattern, Kernels } from "@selectron/core";
import type { Arena } from "../arena.js";
import type { WasmExports } from "../exports.js";
import { fetchHeads, fillHeads, fillInts, placedHeads, type PlacedHeads } from "./operands.js";

/** Lists, hidden keys and factors of a call in the arena. */
class PlacedLists {
  readonly #arena: Arena;
  readonly #call: AttentionOverPattern;
  readonly starts: number;
  readonly listed: number;
  readonly hidden: number;
  /** Of one head. */
  readonly #factors: number;

  constructor(arena: Arena, call: AttentionOverPattern) {
    const { starts, listed, hiddenKeys, factors, keys } = call;
    this.#arena = arena;
    this.#call = call;
    this.starts = arena.reserve(starts.byteLength);
    this.listed = arena.reserve(listed.byteLength);
    this.hidden = hiddenKeys ? arena.reserve(4 * keys) : 0;
    this.#factors = factors ? arena.reserve(4 * listed.length) : 0;
  }

  /** Once everything is reserved. */
  fill(b: number): void {
    const { starts, listed, hiddenKeys, keys } = this.#call;
    fillInts(this.#arena, starts, this.starts);
    fillInts(this.#arena, listed, this.listed);
    if (!hiddenKeys) return;
    const own = hiddenKeys.subarray(b * keys, (b + 1) * keys);
    fillInts(
      this.#arena,
      Int32Array.from(own, (hidden) => (hidden === 0 ? 0 : -1)),
      this.hidden,
    );
  }

  /** The address of the factors of a head, or 0. */
  factors(head: number): number {
    const { factors, listed } = this.#call;
    if (factors) this.#arena.floats.set(factors.subarray(head * listed.length, (head + 1) * listed.length), this.#factors / 4); // prettier-ignore
    return this.#factors;
  }
}

/** The kernels on an instance of the module. They throw ArenaFullError if the operands do not fit. */
export function attentionOverKernels(
  wasm: WasmExports,
  arena: Arena,
): Pick<Kernels, "attentionOver" | "attentionOverBackward"> {
  function attentionOver(call: AttentionOverCall): void {
    const { batch, heads, queries, keys, width, valueWidth, query, key, value, out, listed, weights } = call;
    for (let b = 0; b < batch; b++) {
      arena.reset();
      const lists = new PlacedLists(arena, call);
      const q = placedHeads(arena, query, b, heads, queries, width);
      const k = placedHeads(arena, key, b, heads, keys, width);
      const v = placedHeads(arena, value, b, heads, keys, valueWidth);
      const o = placedHeads(arena, out, b, heads, queries, valueWidth);
      const weightsAt = arena.reserve(4 * listed.length);
      lists.fill(b);
      fillHeads(arena, query, b, heads, queries, width, q);
      fillHeads(arena, key, b, heads, keys, width, k);
      fillHeads(arena, value, b, heads, keys, valueWidth, v);
      for (let h = 0; h < heads; h++) {
        const head = b * heads + h;
        // prettier-ignore
        wasm.attentionOver(
          q.address + h * q.head, q.row, k.address + h * k.head, k.row, v.address + h * v.head, v.row,
          o.address + h * o.head, o.row, lists.starts, lists.listed, lists.hidden, weightsAt, lists.factors(head),
          queries, width, valueWidth, call.scale,
        );
        weights?.set(arena.floats.subarray(weightsAt / 4, weightsAt / 4 + listed.length), head * listed.length);
      }
      fetchHeads(arena, out, b, heads, queries, valueWidth, o);
    }
  }

  function attentionOverBackward(call: AttentionOverBackwardCall): void {
    const { batch, heads, queries, keys, width, valueWidth, scale, listed, weights } = call;
    // Each operand with its rows and columns; the last three are written.
    const operands = [
      [call.query, queries, width],
      [call.key, keys, width],
      [call.value, keys, valueWidth],
      [call.outGradient, queries, valueWidth],
      [call.queryGradient, queries, width],
      [call.keyGradient, keys, width],
      [call.valueGradient, keys, valueWidth],
    ] as const;
    const written = 4;
    for (let b = 0; b < batch; b++) {
      arena.reset();
      const lists = new PlacedLists(arena, call);
      const places = operands.map(([view, rows, columns]) => placedHeads(arena, view, b, heads, rows, columns));
      const weightsAt = arena.reserve(4 * listed.length);
      const slopes = arena.reserve(4 * listed.length);
      lists.fill(b);
      operands.slice(0, written).forEach(([view, rows, columns], index) => {
        fillHeads(arena, view, b, heads, rows, columns, places[index]!);
      });
      const [q, k, v, dO, dQ, dK, dV] = places as [
        PlacedHeads, PlacedHeads, PlacedHeads, PlacedHeads, PlacedHeads, PlacedHeads, PlacedHeads,
      ]; // prettier-ignore
      for (let h = 0; h < heads; h++) {
        const head = b * heads + h;
        arena.floats.set(weights.subarray(head * listed.length, (head + 1) * listed.length), weightsAt / 4);
        // prettier-ignore
        wasm.attentionOverBackward(
          q.address + h * q.head, q.row, k.address + h * k.head, k.row, v.address + h * v.head, v.row,
          dO.address + h * dO.head, dO.row, dQ.address + h * dQ.head, dQ.row, dK.address + h * dK.head, dK.row,
          dV.address + h * dV.head, dV.row, lists.starts, lists.listed, weightsAt, lists.factors(head), slopes, queries,
          keys, width, valueWidth, scale,
        );
      }
      operands.slice(written).forEach(([view, rows, columns], index) => {
        fetchHeads(arena, view, b, heads, rows, columns, places[written + index]!);
      });
    }
  }

  return { attentionOver, attentionOverBackward };
}
