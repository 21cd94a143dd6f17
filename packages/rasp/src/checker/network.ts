/**
 * The Transformer of a model file on ranges: which residual streams a position can have after each sublayer. Streams that are equal
 * have one number, and what a sublayer makes of them is computed once.
 */
import { getOrInsert } from "../language/maps.js";
import type { Budget } from "./budget.js";
import type { CheckedFile } from "./card.js";
import { FeedForward } from "./feed-forward.js";
import { Head } from "./head.js";
import { addTo, Affine, joined, Pool, rangesOf, setRange, type ColumnSum, type Ranges } from "./ranges.js";

export class Network {
  readonly streams = new Pool();
  readonly budget: Budget;
  readonly blocks: readonly Block[];
  readonly #tokens: Float32Array;
  readonly #positions: Float32Array;
  readonly #unembedding: Affine;
  readonly #logits = new Map<number, Ranges>();
  /** By sublayer, two for each block: the coordinates that something reads after it. */
  readonly #live: readonly ReadonlySet<number>[];
  readonly #dModel: number;

  /** @throws CheckFileError where a tensor is missing */
  constructor(file: CheckedFile, budget: Budget) {
    this.budget = budget;
    const { vocabulary, maxLength, dModel, columns } = file;
    this.#dModel = dModel;
    this.#tokens = file.weights("embedding.token.weight", (vocabulary.length + 1) * dModel);
    this.#positions = file.weights("embedding.position.weight", (maxLength + 1) * dModel);
    this.blocks = file.blocks.map((_, b) => new Block(file, b, this.streams, budget));
    this.#unembedding = affine(file, "unembedding", dModel, columns);
    let read = new Set(this.#unembedding.reads);
    const live = [read];
    for (const { reads } of [...this.blocks].reverse()) {
      live.push((read = new Set([...read, ...reads.feedForward])));
      live.push((read = new Set([...read, ...reads.attention])));
    }
    this.#live = live.reverse().slice(1);
    this.blocks.forEach((block, b) => block.keep([...this.#live[2 * b]!], [...this.#live[2 * b + 1]!]));
  }

  /** The stream of a token (0 is BOS) at a position (0 is that of BOS). */
  embed(token: number, position: number): number {
    const stream = rangesOf(this.#dModel);
    for (let c = 0; c < this.#dModel; c++) {
      const x = Math.fround(this.#tokens[token * this.#dModel + c]! + this.#positions[position * this.#dModel + c]!);
      setRange(stream, c, x, x);
    }
    return this.streams.add(stream);
  }

  /** Whether anything reads a coordinate after a sublayer: `stage` is 2b after the attention of block b, 2b + 1 at its end. */
  isRead(coordinate: number, stage: number): boolean {
    return this.#live[stage]!.has(coordinate);
  }

  logits(stream: number): Ranges {
    return getOrInsert(this.#logits, stream, () => this.#unembedding.apply(this.streams.all[stream]!));
  }
}

export class Block {
  readonly heads: readonly Head[];
  /** The coordinates that each sublayer reads. */
  readonly reads: { readonly attention: readonly number[]; readonly feedForward: readonly number[] };
  /** From all heads' results to the stream. */
  readonly output: Affine | undefined;
  readonly #feedForward: FeedForward | undefined;
  readonly #streams: Pool;
  readonly #budget: Budget;
  readonly #attended = new Map<string, number>();
  readonly #written = new Map<string, { readonly input: Ranges; readonly sums: readonly ColumnSum[] }>();
  readonly #fed = new Map<number, number>();
  readonly #together: { readonly columns: readonly number[]; readonly sums: readonly ColumnSum[] }[] = [];
  #halfway: readonly number[] = [];
  #end: readonly number[] = [];

  constructor(file: CheckedFile, index: number, streams: Pool, budget: Budget) {
    this.#budget = budget;
    const { heads, dHead, dFf } = file.blocks[index]!;
    const { dModel } = file;
    const path = `blocks.${index}`;
    this.#streams = streams;
    this.heads = headsOf(file, `${path}.attention`, { streams, budget }, heads, dHead);
    if (heads > 0) this.output = affine(file, `${path}.attention.output`, heads * dHead, dModel);
    let feedForward: readonly number[] = [];
    if (dFf > 0) {
      const hidden = affine(file, `${path}.feedForward.hidden`, dModel, dFf);
      this.#feedForward = new FeedForward(hidden, affine(file, `${path}.feedForward.output`, dFf, dModel));
      feedForward = hidden.reads;
    }
    this.reads = { attention: this.heads.flatMap(({ reads }) => reads), feedForward };
  }

  /** The heads that write to the same coordinates, together, with what they write. */
  writers(): { readonly heads: readonly number[]; readonly columns: readonly number[] }[] {
    const groups: { heads: number[]; columns: number[] }[] = [];
    const width = this.heads[0]?.width ?? 1;
    this.output?.columns.forEach(({ rows }, c) => {
      const heads = [...new Set(rows.map((row) => Math.floor(row / width)))];
      const shared = groups.filter((group) => group.heads.some((h) => heads.includes(h)));
      const rest = groups.filter((group) => !shared.includes(group));
      if (heads.length === 0) return;
      const columns = [...shared.flatMap((group) => group.columns), c];
      groups.splice(0, Infinity, ...rest, {
        heads: [...new Set([...shared.flatMap((g) => g.heads), ...heads])],
        columns,
      });
    });
    const idle = this.heads.map((_, h) => h).filter((h) => !groups.some(({ heads }) => heads.includes(h)));
    return idle.length > 0 ? [...groups, { heads: idle, columns: [] }] : groups;
  }

  /** What the heads' results add to each coordinate of the stream. */
  written(results: readonly number[]): readonly ColumnSum[] {
    return this.#writtenBy(results).sums;
  }

  /** The number of what some heads add together to some columns. */
  together(columns: readonly number[], sums: readonly ColumnSum[]): number {
    return this.#together.push({ columns, sums }) - 1;
  }

  #writtenBy(results: readonly number[]): { readonly input: Ranges; readonly sums: readonly ColumnSum[] } {
    return getOrInsert(this.#written, results.join(), () => {
      const input = joined(
        results.map((result, h) => this.heads[h]!.results.all[result] ?? rangesOf(this.heads[h]!.width)),
      );
      return { input, sums: this.output?.sums(input) ?? [] };
    });
  }

  /** Which coordinates are read after each sublayer. The others are 0 in the streams that it gives. */
  keep(halfway: readonly number[], end: readonly number[]): void {
    this.#halfway = halfway;
    this.#end = end;
  }

  /**
   * The stream after the attention sublayer.
   *
   * @param results - the numbers of the heads' results, -1 of those that add something together with others
   * @param together - what heads add together, by their numbers, in place of their results
   */
  attended(stream: number, results: readonly number[], together: readonly number[] = []): number {
    return getOrInsert(this.#attended, `${stream}:${results.join()}:${together.join()}`, () => {
      this.#budget.takeFor(this.output?.size ?? 0);
      const { input, sums: apart } = this.#writtenBy(results);
      const sums = [...apart];
      for (const id of together) {
        const { columns, sums: own } = this.#together[id]!;
        columns.forEach((c, i) => (sums[c] = own[i]!));
      }
      const x = this.#streams.all[stream]!;
      const output = this.output;
      return this.#streams.add(output ? addTo(x, output, input, sums, this.#halfway) : scattered(x, this.#halfway));
    });
  }

  /** The stream after the feed-forward sublayer. */
  fed(stream: number): number {
    return getOrInsert(this.#fed, stream, () => {
      this.#budget.takeFor(this.#feedForward?.size ?? 0);
      const x = this.#streams.all[stream]!;
      return this.#streams.add(this.#feedForward?.apply(x, this.#end) ?? scattered(x, this.#end));
    });
  }
}

/** These components, and 0 in the others. */
function scattered({ lo, hi, grid }: Ranges, components: readonly number[]): Ranges {
  const kept = rangesOf(lo.length);
  for (const c of components) setRange(kept, c, lo[c]!, hi[c]!, grid[c]);
  return kept;
}

const affine = (file: CheckedFile, path: string, rows: number, columns: number): Affine =>
  Affine.of(file.weights(`${path}.weight`, rows * columns), file.weights(`${path}.bias`, columns));

function headsOf(
  file: CheckedFile,
  path: string,
  shared: { readonly streams: Pool; readonly budget: Budget },
  heads: number,
  dHead: number,
): Head[] {
  if (heads === 0) return [];
  const { dModel } = file;
  const [query, key, value] = ["query", "key", "value"].map((name) =>
    affine(file, `${path}.${name}`, dModel, heads * dHead),
  );
  return Array.from({ length: heads }, (_, h) => {
    const own = (map: Affine | undefined): Affine => map!.slice(h * dHead, (h + 1) * dHead);
    return new Head({ query: own(query), key: own(key), value: own(value) }, shared);
  });
}
