/**
 * Which edges there are, and which of them carry anything: the content of an edge is what a reader's map makes of what a writer wrote. Where
 * it is the same on every input, at each position, the edge is constant: no input tells it from a bias. All that the position embedding
 * says is.
 */
import { componentsOf, isBefore, type Components, type Reader } from "./components.js";
import { mapped, type Pass } from "./forward.js";
import type { Affine, Norm, Stack } from "./stack.js";

/** An edge of which the reader sees something. */
export interface SeenEdge {
  /** Indices in the components. */
  readonly writer: number;
  readonly reader: number;
  readonly constant: boolean;
}

/** What differs by less is equal, of a coordinate's largest number, and of the numbers that are added up in a content. */
const [EQUAL, CANCELLED] = [2 ** -16, 2 ** -12];

/** @param passes - of the inputs that contents are compared on */
export function seenEdges(stack: Stack, passes: readonly Pass[]): SeenEdge[] {
  const components = componentsOf(stack);
  const { dModel } = stack;
  const written = components.writers.map((_, writer) => {
    const ofInputs = passes.map((pass) => pass.written[writer]!);
    return { ofInputs, differences: differencesOf(ofInputs, dModel) };
  });
  return pairsOf(components).flatMap(({ writer, reader }) => {
    const map = new Content(mapOf(stack, components.readers[reader]!), dModel);
    const { ofInputs, differences } = written[writer]!;
    const constant = !map.isAnything(differences);
    return constant && !map.isAnything(ofInputs) ? [] : [{ writer, reader, constant }];
  });
}

/** By how much what a writer wrote differs from what it wrote on the first input that is as long, without what rounding leaves. */
function differencesOf(written: readonly Float32Array[], dModel: number): Float32Array[] {
  const first = written.reduce(
    (longest, other) => (other.length > longest.length ? other : longest),
    new Float32Array(0),
  );
  const largest = new Float32Array(dModel);
  for (const one of written) one.forEach((x, i) => (largest[i % dModel] = Math.max(largest[i % dModel]!, Math.abs(x))));
  return written.map((one) =>
    one.map((x, i) => {
      const difference = x - first[i]!;
      return Math.abs(difference) > EQUAL * largest[i % dModel]! ? difference : 0;
    }),
  );
}

type Pair = Pick<SeenEdge, "writer" | "reader">;

/** All pairs of a writer and a reader after it. */
export const pairsOf = ({ writers, readers }: Components): Pair[] =>
  readers.flatMap((to, reader) => writers.flatMap((from, writer) => (isBefore(from, to) ? [{ writer, reader }] : [])));

/** How a reader reads: its norm, of which the gain matters, and its map. */
interface ReaderMap {
  readonly map: Affine;
  readonly norm: Norm | undefined;
}

/** The map by which a reader reads. */
function mapOf({ layers, unembedding, finalNorm }: Stack, { kind, layer, head }: Reader): ReaderMap {
  if (kind === "unembed") return { map: unembedding, norm: finalNorm };
  const { hidden, heads, norms } = layers[layer]!;
  return kind === "mlp" ? { map: hidden, norm: norms?.[1] } : { map: heads[head]![kind], norm: norms?.[0] };
}

/** What a reader makes of something in the residual stream. */
class Content {
  readonly #map: Affine;
  readonly #sizes: Affine;
  readonly #isCentred: boolean;
  readonly #dModel: number;

  constructor({ map, norm }: ReaderMap, dModel: number) {
    const weight = norm ? map.weight.map((w, i) => w * norm.gain[Math.floor(i / map.outputs)]!) : map.weight;
    this.#map = { ...map, weight, bias: new Float32Array(map.outputs) };
    this.#sizes = { ...this.#map, weight: weight.map(Math.abs) };
    this.#isCentred = norm !== undefined;
    this.#dModel = dModel;
  }

  /** Whether it makes something other than 0 of any of these, [positions, dModel] each: sums that cancel are 0. */
  isAnything(vectors: readonly Float32Array[]): boolean {
    let [largest, size] = [0, 0];
    for (const vector of vectors) {
      if (vector.every((x) => x === 0)) continue;
      const seen = this.#isCentred ? centred(vector, this.#dModel) : vector;
      const rows = vector.length / this.#dModel;
      for (const x of mapped(seen, this.#map, rows)) largest = Math.max(largest, Math.abs(x));
      for (const x of mapped(seen.map(Math.abs), this.#sizes, rows)) size = Math.max(size, x);
    }
    return largest > CANCELLED * size;
  }
}

/** Each row without its mean, as layer norm sees it. */
function centred(x: Float32Array, width: number): Float32Array {
  const out = new Float32Array(x.length);
  for (let start = 0; start < x.length; start += width) {
    const row = x.subarray(start, start + width);
    const mean = row.reduce((sum, value) => sum + value, 0) / width;
    for (let c = 0; c < width; c++) out[start + c] = row[c]! - mean;
  }
  return out;
}
