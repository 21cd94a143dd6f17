/** Attention and its gradients, all heads of a batch row at a time (assembly/attention.ts, attention-backward.ts). */
import {
  referenceKernels,
  type AttentionBackwardCall,
  type AttentionCall,
  type AttentionPattern,
  type Kernels,
} from "@selectron/core";
import { Setup } from "../abi.js";
import type { Arena } from "../arena.js";
import type { Heads, WasmCalls } from "../calls.js";
import { inRange, scoresInRange } from "./attention-range.js";
import { fillHidden, placeHidden, placeOperands, placeSetup, writeSetup } from "./attention-operands.js";

/** As many keys as there can be: the band's edge that hides nothing. */
const ALL = 2 ** 31 - 1;

const edge = (keys: number | undefined): number => (keys === undefined || keys > ALL ? ALL : Math.floor(keys));

/** The masks and the bias of one call in the arena. */
class PlacedPattern {
  readonly #arena: Arena;
  readonly #call: AttentionPattern;
  readonly #hidden: number;
  readonly #blocks: number;
  readonly #bias: number;
  #biasOffset = -1;

  constructor(arena: Arena, call: AttentionPattern) {
    this.#arena = arena;
    this.#call = call;
    this.#hidden = placeHidden(arena, call);
    this.#blocks = call.blocks ? arena.reserve(call.blocks.visible.length) : 0;
    this.#bias = call.bias ? arena.reserve(4 * this.#biasLength) : 0;
  }

  /** Elements of the bias of one head, from the first to behind the last. */
  get #biasLength(): number {
    const { queries, keys, bias } = this.#call;
    return bias ? Math.max(0, (queries - 1) * bias.rowStride + keys) : 0;
  }

  /** Fills the masks of batch row b, once everything is reserved, and writes them to its setup. */
  fill(b: number, setup: number): void {
    const { bias, blocks, before, after } = this.#call;
    fillHidden(this.#arena, this.#call, b, this.#hidden);
    if (blocks) new Uint8Array(this.#arena.floats.buffer, this.#blocks, blocks.visible.length).set(blocks.visible);
    const { ints } = this.#arena;
    const at = setup / 4;
    ints[at + Setup.hidden] = this.#hidden;
    ints[at + Setup.biasRow] = 4 * (bias?.rowStride ?? 0);
    ints[at + Setup.blocks] = this.#blocks;
    ints[at + Setup.blockSize] = blocks?.size ?? 1;
    ints[at + Setup.before] = edge(before);
    ints[at + Setup.after] = edge(after);
  }

  /** The address of the bias of one head, which is filled. */
  bias(b: number, h: number): number {
    const { bias } = this.#call;
    if (!bias) return 0;
    const start = bias.offset + b * bias.batchStride + h * bias.headStride;
    if (start !== this.#biasOffset) {
      this.#arena.floats.set(bias.data.subarray(start, start + this.#biasLength), this.#bias / 4);
      this.#biasOffset = start;
    }
    return this.#bias;
  }
}

/** Gathers the calls for the heads of a batch row. With a bias, whose copy is in one place for all, they run one by one. */
class Calls<Call> {
  readonly #runAll: Heads<Call>;
  readonly #pattern: AttentionPattern;
  #waiting: Call[] = [];

  constructor(runAll: Heads<Call>, pattern: AttentionPattern) {
    this.#runAll = runAll;
    this.#pattern = pattern;
  }

  add(call: Call): void {
    this.#waiting.push(call);
    if (this.#pattern.bias) this.run();
  }

  run(): void {
    if (this.#waiting.length > 0) this.#runAll(this.#waiting, this.#pattern);
    this.#waiting = [];
  }
}

function attention(wasm: WasmCalls, arena: Arena, call: AttentionCall): void {
  const { batch, heads, queries, keys, width, valueWidth, logSumExp } = call;
  for (let b = 0; b < batch; b++) {
    arena.reset();
    const pattern = new PlacedPattern(arena, call);
    const places = placeOperands(arena, call, b, ["query", "key", "value", "out"]);
    const setup = placeSetup(arena);
    const sums = logSumExp ? arena.reserve(4 * heads * queries) : 0;
    const workspace = arena.reserve(wasm.attentionWorkspace(queries, keys, width, valueWidth));
    const { query, key, value, out } = places;
    for (const input of [query, key, value]) input.fill();
    writeSetup(arena, setup, call, places);
    pattern.fill(b, setup);
    const calls = new Calls(wasm.attentionHeads, call);
    for (let h = 0; h < heads; h++) {
      calls.add({
        setup,
        query: query.head(h),
        key: key.head(h),
        value: value.head(h),
        out: out.head(h),
        bias: pattern.bias(b, h),
        logSums: sums && sums + 4 * h * queries,
        i0: 0,
        i1: queries,
        workspace,
      });
    }
    calls.run();
    out.fetch();
    logSumExp?.set(arena.floats.subarray(sums / 4, sums / 4 + heads * queries), b * heads * queries);
  }
}

function attentionBackward(wasm: WasmCalls, arena: Arena, call: AttentionBackwardCall): void {
  const { batch, heads, queries, keys, width, valueWidth, logSumExp } = call;
  const inputs = ["query", "key", "value", "out", "outGradient"] as const;
  const gradients = ["queryGradient", "keyGradient", "valueGradient"] as const;
  for (let b = 0; b < batch; b++) {
    arena.reset();
    const pattern = new PlacedPattern(arena, call);
    const places = placeOperands(arena, call, b, [...inputs, ...gradients]);
    const setup = placeSetup(arena);
    const sums = arena.reserve(4 * heads * queries);
    const workspace = arena.reserve(wasm.attentionBackwardWorkspace(queries, keys, width, valueWidth));
    for (const name of inputs) places[name].fill();
    arena.floats.set(logSumExp.subarray(b * heads * queries, (b + 1) * heads * queries), sums / 4);
    writeSetup(arena, setup, call, places);
    pattern.fill(b, setup);
    const calls = new Calls(wasm.attentionBackwardHeads, call);
    for (let h = 0; h < heads; h++) {
      calls.add({
        setup,
        query: places.query.head(h),
        key: places.key.head(h),
        value: places.value.head(h),
        out: places.out.head(h),
        bias: pattern.bias(b, h),
        logSums: sums + 4 * h * queries,
        outGradient: places.outGradient.head(h),
        queryGradient: places.queryGradient.head(h),
        keyGradient: places.keyGradient.head(h),
        valueGradient: places.valueGradient.head(h),
        workspace,
      });
    }
    calls.run();
    for (const name of gradients) places[name].fetch();
  }
}

/** The kernels on an instance of the module. They throw ArenaFullError if the operands do not fit. */
export const attentionKernels = (wasm: WasmCalls, arena: Arena): Pick<Kernels, "attention" | "attentionBackward"> => ({
  attention: scoresInRange(wasm, (call) => attention(wasm, arena, call), referenceKernels.attention),
  attentionBackward: inRange(wasm, (call) => attentionBackward(wasm, arena, call), referenceKernels.attentionBackward),
});
