/** Attention over lists of keys and its gradients, one head after the other (assembly/attention-over.ts). */
import {
  referenceKernels,
  type AttentionOverBackwardCall,
  type AttentionOverCall,
  type AttentionOverPattern,
  type Kernels,
} from "@selectron/core";
import { Setup } from "../abi.js";
import type { Arena } from "../arena.js";
import type { WasmCalls } from "../calls.js";
import { inRange, scoresInRange } from "./attention-range.js";
import { fillHidden, placeHidden, placeOperands, placeSetup, writeSetup } from "./attention-operands.js";
import { fillInts } from "./operands.js";

/** Lists, hidden keys and factors of a call in the arena. */
class PlacedLists {
  readonly #arena: Arena;
  readonly #call: AttentionOverPattern;
  readonly #starts: number;
  readonly #listed: number;
  readonly #hidden: number;
  /** Of one head. */
  readonly #factors: number;

  constructor(arena: Arena, call: AttentionOverPattern) {
    this.#arena = arena;
    this.#call = call;
    this.#starts = arena.reserve(call.starts.byteLength);
    this.#listed = arena.reserve(call.listed.byteLength);
    this.#hidden = placeHidden(arena, call);
    this.#factors = call.factors ? arena.reserve(call.listed.byteLength) : 0;
  }

  /** Fills the lists and the hidden keys of batch row b, once everything is reserved, and writes them to its setup. */
  fill(b: number, setup: number): void {
    fillInts(this.#arena, this.#call.starts, this.#starts);
    fillInts(this.#arena, this.#call.listed, this.#listed);
    fillHidden(this.#arena, this.#call, b, this.#hidden);
    const { ints } = this.#arena;
    const at = setup / 4;
    ints[at + Setup.starts] = this.#starts;
    ints[at + Setup.listed] = this.#listed;
    ints[at + Setup.hidden] = this.#hidden;
  }

  /** The address of the factors of a head, which are filled, or 0. */
  factors(head: number): number {
    const { factors, listed } = this.#call;
    const first = head * listed.length;
    if (factors) this.#arena.floats.set(factors.subarray(first, first + listed.length), this.#factors / 4);
    return this.#factors;
  }
}

function attentionOver(wasm: WasmCalls, arena: Arena, call: AttentionOverCall): void {
  const { batch, heads, listed, weights } = call;
  for (let b = 0; b < batch; b++) {
    arena.reset();
    const lists = new PlacedLists(arena, call);
    const places = placeOperands(arena, call, b, ["query", "key", "value", "out"]);
    const setup = placeSetup(arena);
    const weightsAt = arena.reserve(listed.byteLength);
    const { query, key, value, out } = places;
    for (const input of [query, key, value]) input.fill();
    writeSetup(arena, setup, call, places);
    lists.fill(b, setup);
    for (let h = 0; h < heads; h++) {
      const head = b * heads + h;
      const addresses = [query.head(h), key.head(h), value.head(h), out.head(h)] as const;
      wasm.attentionOver(setup, ...addresses, weightsAt, lists.factors(head));
      weights?.set(arena.floats.subarray(weightsAt / 4, weightsAt / 4 + listed.length), head * listed.length);
    }
    out.fetch();
  }
}

function attentionOverBackward(wasm: WasmCalls, arena: Arena, call: AttentionOverBackwardCall): void {
  const { batch, heads, listed, weights } = call;
  const inputs = ["query", "key", "value", "outGradient"] as const;
  const gradients = ["queryGradient", "keyGradient", "valueGradient"] as const;
  for (let b = 0; b < batch; b++) {
    arena.reset();
    const lists = new PlacedLists(arena, call);
    const places = placeOperands(arena, call, b, [...inputs, ...gradients]);
    const setup = placeSetup(arena);
    const weightsAt = arena.reserve(listed.byteLength);
    const slopes = arena.reserve(listed.byteLength);
    for (const name of inputs) places[name].fill();
    writeSetup(arena, setup, call, places);
    lists.fill(b, setup);
    for (let h = 0; h < heads; h++) {
      const head = b * heads + h;
      arena.floats.set(weights.subarray(head * listed.length, (head + 1) * listed.length), weightsAt / 4);
      wasm.attentionOverBackward(
        setup,
        places.query.head(h),
        places.key.head(h),
        places.value.head(h),
        weightsAt,
        lists.factors(head),
        slopes,
        places.outGradient.head(h),
        places.queryGradient.head(h),
        places.keyGradient.head(h),
        places.valueGradient.head(h),
      );
    }
    for (const name of gradients) places[name].fetch();
  }
}

/** The kernels on an instance of the module. They throw ArenaFullError if the operands do not fit. */
export const attentionOverKernels = (
  wasm: WasmCalls,
  arena: Arena,
): Pick<Kernels, "attentionOver" | "attentionOverBackward"> => ({
  attentionOver: scoresInRange(wasm, (call) => attentionOver(wasm, arena, call), referenceKernels.attentionOver),
  attentionOverBackward: inRange(
    wasm,
    (call) => attentionOverBackward(wasm, arena, call),
    referenceKernels.attentionOverBackward,
  ),
});
