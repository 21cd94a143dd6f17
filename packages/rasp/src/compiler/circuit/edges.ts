/**
 * Which edges there are, and which of them carry anything: the content of an edge is what a reader's map makes of what a writer wrote. Where
 * it is the same on every input, at each position, the edge is constant: no input tells it from a bias. All that the position embedding
 * says is.
 */
import { componentsOf, isBefore, type Components, type Reader } from "./components.js";
import type { Pass } from "./forward.js";
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
    return { rows: distinctRows(ofInputs, dModel), differences: distinctRows(differencesOf(ofInputs, dModel), dModel) };
  });
  const maps = components.readers.map((reader) => new Content(mapOf(stack, reader)));
  return pairsOf(components).flatMap(({ writer, reader }) => {
    const { rows, differences } = written[writer]!;
    const constant = !maps[reader]!.isAnything(differences);
    return constant && !maps[reader]!.isAnything(rows) ? [] : [{ writer, reader, constant }];
  });
}

/** By how much what a writer wrote differs from what it wrote on the first input that is as long, without what rounding leaves. */
function differencesOf(written: readonly Float32Array[], dModel: number): Float32Array[] {
  const first = written.reduce(
    (longest, other) => (other.length > longest.length ? other : longest),
    new Float32Array(0),
  );
  const largest = new Float32Array(dModel);
  for (const one of written) {
    for (let i = 0; i < one.length; i++) largest[i % dModel] = Math.max(largest[i % dModel]!, Math.abs(one[i]!));
  }
  return written.map((one) => {
    const differences = new Float32Array(one.length);
    for (let i = 0; i < one.length; i++) {
      const difference = one[i]! - first[i]!;
      if (Math.abs(difference) > EQUAL * largest[i % dModel]!) differences[i] = difference;
    }
    return differences;
  });
}

/** A row of the residual stream: the coordinates that are not 0, and what they hold. */
interface Row {
  readonly coordinates: readonly number[];
  readonly values: readonly number[];
}

/** The rows of these, [positions, dModel] each, every one once, without those that are 0. */
function distinctRows(written: readonly Float32Array[], dModel: number): Row[] {
  const found = new Map<string, Row>();
  for (const one of written) {
    for (let start = 0; start < one.length; start += dModel) {
      const coordinates: number[] = [];
      const values: number[] = [];
      for (let c = 0; c < dModel; c++) {
        if (one[start + c] === 0) continue;
        coordinates.push(c);
        values.push(one[start + c]!);
      }
      if (values.length > 0) found.set(`${coordinates.join()} ${values.join()}`, { coordinates, values });
    }
  }
  return [...found.values()];
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
  /** Whether the reader's layer norm takes the mean away. */
  readonly #isCentred: boolean;

  constructor({ map, norm }: ReaderMap) {
    const weight = norm ? map.weight.map((w, i) => w * norm.gain[Math.floor(i / map.outputs)]!) : map.weight;
    this.#map = { ...map, weight };
    this.#isCentred = norm !== undefined;
  }

  /** Whether it makes something other than 0 of any row: sums that cancel are 0. */
  isAnything(rows: readonly Row[]): boolean {
    const { outputs, weight } = this.#map;
    const [sums, sizes] = [new Float64Array(outputs), new Float64Array(outputs)];
    let [largest, size] = [0, 0];
    for (const { coordinates, values } of rows) {
      sums.fill(0);
      sizes.fill(0);
      const mean = this.#isCentred ? values.reduce((a, b) => a + b) / this.#map.inputs : 0;
      const add = (coordinate: number, value: number): void => {
        for (let o = 0, at = coordinate * outputs; o < outputs; o++, at++) {
          sums[o]! += value * weight[at]!;
          sizes[o]! += Math.abs(value * weight[at]!);
        }
      };
      coordinates.forEach((coordinate, i) => add(coordinate, values[i]!));
      if (mean !== 0) for (let c = 0; c < this.#map.inputs; c++) add(c, -mean);
      for (let o = 0; o < outputs; o++) {
        largest = Math.max(largest, Math.abs(sums[o]!));
        size = Math.max(size, sizes[o]!);
      }
    }
    return largest > CANCELLED * size;
  }
}
