/** Single inputs: what the model's ranges and the program's values are, position by position. */
import type { Rng } from "@selectron/core";
import type { CheckedFile } from "./card.js";
import type { Network } from "./network.js";

/** An input as numbers of tokens: token v of the vocabulary is v + 1, and 0 is BOS. */
export type Tokens = readonly number[];

/** How many inputs there are of up to `maxLength` tokens. */
export function countInputs({ vocabulary, maxLength }: CheckedFile): number {
  let total = 0;
  for (let length = 1; length <= maxLength; length++) total += vocabulary.length ** length;
  return total;
}

/** Every input, shortest first. */
export function* everyInput({ vocabulary, maxLength }: CheckedFile): Generator<Tokens> {
  let tokens = [1];
  while (tokens.length <= maxLength) {
    yield tokens;
    let i = tokens.length - 1;
    while (i >= 0 && tokens[i] === vocabulary.length) i--;
    tokens =
      i < 0
        ? new Array<number>(tokens.length + 1).fill(1)
        : tokens.map((token, j) => (j < i ? token : j === i ? token + 1 : 1));
  }
}

/** Up to `count` different random inputs of a length. */
export function randomInputs({ vocabulary }: CheckedFile, length: number, count: number, rng: Rng): Tokens[] {
  const drawn = Array.from({ length: count }, () => Array.from({ length }, () => 1 + rng.int(vocabulary.length)));
  return [...new Map(drawn.map((tokens) => [tokens.join(), tokens])).values()];
}

/** What a position costs in each block, roughly. */
const POSITION_STEPS = 5;

/** What watches a forward pass. */
export interface Watcher {
  /** The numbers of each position's results, head by head; first BOS. */
  attended?(block: number, results: readonly (readonly number[])[]): void;
  /** The stream of a position after a sublayer. */
  see(stream: number, stage: number): void;
}

/** A forward pass: the streams at the end, of BOS and each position. */
export function forward(network: Network, isCausal: boolean, tokens: Tokens, watcher: Watcher): number[] {
  network.budget.take(POSITION_STEPS * tokens.length * network.blocks.length);
  let streams = [0, ...tokens].map((token, position) => network.embed(token, position));
  for (const [b, block] of network.blocks.entries()) {
    const results = streams.map((): number[] => []);
    for (const head of block.heads) {
      const keys = new Map<number, number>();
      const projected = streams.map((stream) => head.project(stream));
      const see = (key: number): unknown => keys.set(key, (keys.get(key) ?? 0) + 1);
      if (!isCausal) for (const { key } of projected) see(key);
      projected.forEach(({ query, key }, i) => {
        if (isCausal) see(key);
        results[i]!.push(head.mixed(query, keys));
      });
    }
    watcher.attended?.(b, results);
    streams = streams.map((stream, i) => {
      const halfway = block.attended(stream, results[i]!);
      const end = block.fed(halfway);
      if (i > 0) [halfway, end].forEach((seen, half) => watcher.see(seen, 2 * b + half));
      return end;
    });
  }
  return streams;
}
