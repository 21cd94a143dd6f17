/**
 * Loading a GPT-2 small, 124 million weights, beside reading its file, each in a process of its own and in turns: what
 * `loadModel` adds to reading.
 */
import { closeSync, fstatSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import type { FileSource } from "@selectron/core";
import { gpt2Config, gpt2Shapes, loadModel } from "@selectron/nn";

const CONFIG = { model_type: "gpt2", n_layer: 12, n_head: 12, n_embd: 768, n_positions: 1024, vocab_size: 50257 };

/** Bytes of each type of weights. */
export const loadingTypes = { F32: 4, F16: 2, BF16: 2 } as const;
export type LoadingType = keyof typeof loadingTypes;

/** What a process does: it reads the file into bytes, or loads the model. */
export const loadingWays = ["read", "load"] as const;
export type LoadingWay = (typeof loadingWays)[number];

export interface LoadingResult {
  readonly seconds: number;
  /** Of processors: other work on the machine does not lengthen it much. */
  readonly cpuSeconds: number;
  /** What the process holds at its peak, less what it held before. */
  readonly megabytes: number;
  readonly fileMegabytes: number;
}

/** The megabytes of the weights in float32. */
export const loadedMegabytes = [...gpt2Shapes(gpt2Config(CONFIG)).values()].reduce(
  (sum, shape) => sum + shape.reduce((product, length) => product * length, 4) / 2 ** 20,
  0,
);

/** Writes a file of weights between ±1, the same megabyte again and again. */
export function writeWeights(path: string, dtype: LoadingType): void {
  const bytes = loadingTypes[dtype];
  const header: Record<string, unknown> = {};
  let end = 0;
  for (const [name, shape] of gpt2Shapes(gpt2Config(CONFIG))) {
    const size = shape.reduce((product, length) => product * length, bytes);
    header[`transformer.${name}`] = { dtype, shape, data_offsets: [end, (end += size)] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const chunk = new Uint8Array(2 ** 20);
  const words = new Uint16Array(chunk.buffer);
  // The upper half of a float32 and both half types have their exponents here, below that of 1.
  for (let i = bytes === 4 ? 1 : 0; i < words.length; i += bytes / 2) words[i] = 0x3000 + ((i * 40503) & 0x7ff);
  const file = openSync(path, "w");
  for (const part of [length, json]) writeSync(file, part);
  for (let at = 0; at < end; at += chunk.length) writeSync(file, chunk, 0, Math.min(chunk.length, end - at));
  closeSync(file);
}

function sourceOf(file: number): FileSource {
  return {
    size: fstatSync(file).size,
    readInto: (target, at) => {
      for (let done = 0; done < target.length;) {
        done += readSync(file, target, done, target.length - done, at + done);
      }
    },
  };
}

/** Does what is measured, once: a process does it once, as a user does. */
export function measureLoading(way: LoadingWay, path: string): LoadingResult {
  const before = process.resourceUsage().maxRSS;
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  const file = openSync(path, "r");
  const held = way === "read" ? readFileSync(path) : loadModel(CONFIG, sourceOf(file));
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const megabytes = (process.resourceUsage().maxRSS - before) / 1024;
  if ("forward" in held && held.parameter("wte.weight").size === 0) throw new Error("the model has no weights");
  return { seconds, cpuSeconds: (user + system) / 1e6, megabytes, fileMegabytes: fstatSync(file).size / 2 ** 20 };
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** A line for each type: the median of the rounds, and of the ratios within them. */
export function formatLoading(dtype: LoadingType, rounds: readonly Record<LoadingWay, LoadingResult>[]): string {
  const [read, load] = loadingWays.map((way) => median(rounds.map((round) => round[way].seconds))) as [number, number];
  const ratio = median(rounds.map((round) => round.load.seconds / round.read.seconds));
  const { fileMegabytes } = rounds[0]!.load;
  const cpu = median(rounds.map((round) => round.load.cpuSeconds));
  const memory = median(rounds.map((round) => round.load.megabytes)) / loadedMegabytes;
  return [
    `loading ${dtype}`.padEnd(13),
    `${fileMegabytes.toFixed(0).padStart(4)} MB: read in ${read.toFixed(2)} s, loaded in ${load.toFixed(2)} s`,
    `${ratio.toFixed(2)} times as long, ${(fileMegabytes / load).toFixed(0)} MB/s, ${(fileMegabytes / cpu).toFixed(0)} MB per second of a processor`,
    `memory ${memory.toFixed(2)} times the float32 weights`,
  ].join(", ");
}
