/** Attention and its gradients, all heads of a batch row at a time. */
import type { AttentionBackwardCall, AttentionCall, AttentionPattern, Kernels } from "@selectron/core";
import type { Arena } from "../arena.js";
import type { WasmCalls } from "../exports.js";
import { fetchHeads, fillHeads, placedHeads, type PlacedHeads } from "./operands.js";

/** As many keys as there can be: the band's edge that hides nothing. */
const ALL = 2 ** 31 - 1;

const edge = (keys: number | undefined): number => (keys === undefined || keys > ALL ? ALL : Math.floor(keys));

/** The masks and the bias of one call in the arena. */
class PlacedPattern {
  readonly #arena: Arena;
  readonly #call: AttentionPattern;
  readonly #hidden: number;
  readonly #bias: number;
  #biasOffset = -1;
  readonly blocks: number;
  readonly blockSize: number;
  readonly before: number;
  readonly after: number;

  constructor(arena: Arena, call: AttentionPattern) {
    const { queries, keys, hiddenKeys, bias, blocks } = call;
    this.#arena = arena;
    this.#call = call;
    this.#hidden = hiddenKeys ? arena.reserve(4 * (keys + 8)) : 0;
    this.#bias = bias ? arena.reserve(4 * (queries * bias.rowStride + keys + 8)) : 0;
    this.blocks = blocks ? arena.reserve(blocks.visible.length) : 0;
    this.blockSize = blocks?.size ?? 1;
    this.before = edge(call.before);
    this.after = edge(call.after);
  }

  /** Once everything is reserved. */
  fillBlocks(): void {
    const { blocks } = this.#call;
    if (blocks) new Uint8Array(this.#arena.floats.buffer, this.blocks, blocks.visible.length).set(blocks.visible);
  }

  /** The address of the key mask of a batch row: i32 −1 where hidden. */
  hidden(b: number): number {
    const { hiddenKeys, keys } = this.#call;
    if (!hiddenKeys) return 0;
    const mask = new Int32Array(this.#arena.floats.buffer, this.#hidden, keys + 8).fill(0);
    for (let j = 0; j < keys; j++) mask[j] = hiddenKeys[b * keys + j] === 0 ? 0 : -1;
    return this.#hidden;
  }

  /** The address of the bias of one head. */
  bias(b: number, h: number): number {
    const { bias, queries, keys } = this.#call;
    if (!bias) return 0;
    const start = bias.offset + b * bias.batchStride + h * bias.headStride;
    if (start !== this.#biasOffset) {
      const end = start + Math.max(0, (queries - 1) * bias.rowStride + keys);
      this.#arena.floats.set(bias.data.subarray(start, end), this.#bias / 4);
      this.#biasOffset = start;
    }
    return this.#bias;
  }
}

/** Gathers the calls for the heads of a batch row. With a bias, which stands in one place for all, they run one by one. */
class Calls<Call extends number[]> {
  readonly #runAll: (calls: readonly Call[]) => void;
  readonly #oneByOne: boolean;
  #waiting: Call[] = [];

  constructor(runAll: (calls: readonly Call[]) => void, { bias }: AttentionPattern) {
    this.#runAll = runAll;
    this.#oneByOne = bias !== undefined;
  }

  add(call: Call): void {
    this.#waiting.push(call);
    if (this.#oneByOne) this.run();
  }

  run(): void {
    if (this.#waiting.length > 0) this.#runAll(this.#waiting);
    this.#waiting = [];
  }
}

/** The attention kernels on an instance of the module. They throw ArenaFullError if the operands do not fit. */
export function attentionKernels(wasm: WasmCalls, arena: Arena): Pick<Kernels, "attention" | "attentionBackward"> {
  function attention(call: AttentionCall): void {
    const { batch, heads, queries, keys, width, valueWidth, query, key, value, out, scale, logSumExp } = call;
    for (let b = 0; b < batch; b++) {
      arena.reset();
      const pattern = new PlacedPattern(arena, call);
      const q = placedHeads(arena, query, b, heads, queries, width);
      const k = placedHeads(arena, key, b, heads, keys, width);
      const v = placedHeads(arena, value, b, heads, keys, valueWidth);
      const o = placedHeads(arena, out, b, heads, queries, valueWidth);
      const sums = logSumExp ? arena.reserve(4 * heads * queries) : 0;
      const workspace = arena.reserve(wasm.attentionWorkspace(queries, keys, width, valueWidth));
      pattern.fillBlocks();
      fillHeads(arena, query, b, heads, queries, width, q);
      fillHeads(arena, key, b, heads, keys, width, k);
      fillHeads(arena, value, b, heads, keys, valueWidth, v);
      const hidden = pattern.hidden(b);
      const calls = new Calls(wasm.attentionHeads, call);
      for (let h = 0; h < heads; h++) {
        // prettier-ignore
        calls.add([
          q.address + h * q.head, q.row, k.address + h * k.head, k.row, v.address + h * v.head, v.row,
          o.address + h * o.head, o.row, pattern.bias(b, h), 4 * (call.bias?.rowStride ?? 0), hidden, pattern.blocks,
          pattern.blockSize, sums && sums + 4 * h * queries, queries, keys, width, valueWidth, pattern.before,
          pattern.after, scale, 0, queries, workspace,
        ]);
      }
      calls.run();
      fetchHeads(arena, out, b, heads, queries, valueWidth, o);
      logSumExp?.set(arena.floats.subarray(sums / 4, sums / 4 + heads * queries), b * heads * queries);
    }
  }

  function attentionBackward(call: AttentionBackwardCall): void {
    const { batch, heads, queries, keys, width, valueWidth, scale, logSumExp } = call;
    // Each operand with its rows and columns; the last three are written.
    const operands = [
      [call.query, queries, width],
      [call.key, keys, width],
      [call.value, keys, valueWidth],
      [call.out, queries, valueWidth],
      [call.outGradient, queries, valueWidth],
      [call.queryGradient, queries, width],
      [call.keyGradient, keys, width],
      [call.valueGradient, keys, valueWidth],
    ] as const;
    const written = 5;
    for (let b = 0; b < batch; b++) {
      arena.reset();
      const pattern = new PlacedPattern(arena, call);
      const places = operands.map(([view, rows, columns]) => placedHeads(arena, view, b, heads, rows, columns));
      const sums = arena.reserve(4 * heads * queries);
      const workspace = arena.reserve(wasm.attentionBackwardWorkspace(queries, keys, width, valueWidth));
      pattern.fillBlocks();
      operands.slice(0, written).forEach(([view, rows, columns], index) => {
        fillHeads(arena, view, b, heads, rows, columns, places[index]!);
      });
      arena.floats.set(logSumExp.subarray(b * heads * queries, (b + 1) * heads * queries), sums / 4);
      const hidden = pattern.hidden(b);
      const [q, k, v, o, dO, dQ, dK, dV] = places as [
        PlacedHeads, PlacedHeads, PlacedHeads, PlacedHeads, PlacedHeads, PlacedHeads, PlacedHeads, PlacedHeads,
      ]; // prettier-ignore
      const calls = new Calls(wasm.attentionBackwardHeads, call);
      for (let h = 0; h < heads; h++) {
        // prettier-ignore
        calls.add([
          q.address + h * q.head, q.row, k.address + h * k.head, k.row, v.address + h * v.head, v.row,
          o.address + h * o.head, o.row, pattern.bias(b, h), 4 * (call.bias?.rowStride ?? 0), hidden, pattern.blocks,
          pattern.blockSize, sums + 4 * h * queries, queries, keys, width, valueWidth, pattern.before, pattern.after,
          scale, dO.address + h * dO.head, dO.row, dQ.address + h * dQ.head, dQ.row, dK.address + h * dK.head, dK.row,
          dV.address + h * dV.head, dV.row, workspace,
        ]);
      }
      calls.run();
      operands.slice(written).forEach(([view, rows, columns], index) => {
        fetchHeads(arena, view, b, heads, rows, columns, places[written + index]!);
      });
    }
  }

  return { attention, attentionBackward };
}
