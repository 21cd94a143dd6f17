/**
 * The basis of a residual stream, from what is written to it. A model whose residual stream was rotated, or whose directions are not even at
 * right angles, has no zeros to read. But its embeddings, heads and hidden units still write few different vectors, those of
 * other writers are independent of them, and products such as W_Q·W_Kᵀ and W_V·W_O do not depend on the bases of heads. So vectors
 * that are written become the coordinates.
 */
import type { CompiledWeights, HeadWeights, LayerWeights, Matrix } from "../run/weights.js";
import { column } from "../run/weights.js";
import { inCoordinates, rowsOf } from "./change.js";
import { partsOf } from "./parts.js";
import { areAtRightAngles, dot, lengthOf, NOTHING, Span, times } from "./span.js";

/** Whether BOS, which has a coordinate of its own in a compiled model's own basis, is in all coordinates. */
export function isInOtherBasis({ tokens, positions, dModel }: CompiledWeights): boolean {
  const embeddings = [...rowsOf(tokens), ...rowsOf(positions)];
  const live = Array.from({ length: dModel }, (_, c) => c).filter((c) => embeddings.some((vector) => vector[c] !== 0));
  const ofBos = live.filter((c) => tokens.data[c] !== 0).length;
  // One coordinate may have been added that is 1 everywhere.
  return ofBos > 1 && ofBos >= live.length - 1;
}

/** The same model in coordinates of which its parts write few each, and the vectors of these coordinates. */
export function inRecoveredBasis(weights: CompiledWeights): { readonly weights: CompiledWeights; readonly span: Span } {
  const [bos, ...tokens] = rowsOf(weights.tokens);
  const positions = rowsOf(weights.positions);
  const stream = new Stream();
  stream.write([[bos!], tokens, positions]);
  const isRotated = areAtRightAngles([bos!, ...positions.slice(1)]);
  const written = weights.layers.map((layer) => {
    stream.write(basisOfHeads(layer, stream.span, weights, isRotated));
    return stream.write(basisOfUnits(layer, stream, isRotated));
  });
  return { weights: inCoordinates(weights, stream.span, written), span: stream.span };
}

/** What has been written so far. */
class Stream {
  readonly span = new Span();
  /** For each vector of the span the part that it was written with. BOS is part 0. */
  readonly #parts: number[] = [];
  #count = 0;

  /** Adds what is written together, one list after the other. Returns the coordinates of each. */
  write(parts: readonly (readonly Float64Array[])[]): number[][] {
    return parts.map((vectors) => {
      const from = this.span.size;
      for (const vector of vectors) if (this.span.add(vector)) this.#parts.push(this.#count);
      this.#count++;
      return Array.from({ length: this.span.size - from }, (_, c) => from + c);
    });
  }

  /** The parts that a column of weights reads, other than BOS. */
  readBy(weights: Float64Array): number[] {
    const sizes = this.span.vectors.map((vector, v) => (this.#parts[v] === 0 ? 0 : Math.abs(dot(vector, weights))));
    const largest = sizes.reduce((most, x) => Math.max(most, x), 0);
    return [...new Set(sizes.flatMap((size, v) => (size > NOTHING * largest ? [this.#parts[v]!] : [])))];
  }
}

/** Directions have length 1, so that a number is what it was. */
function direction(vector: Float64Array): Float64Array {
  const length = lengthOf(vector);
  return vector.map((x) => x / length);
}

function basisOfHeads(layer: LayerWeights, span: Span, weights: CompiledWeights, isRotated: boolean): Float64Array[][] {
  const responses = layer.heads.flatMap((head) => responsesOf(head, span));
  return partsOf(responses, { isRotated }).map((part) =>
    part.pivots.length === 1
      ? [direction(part.vectors[0]!)]
      : (byReaders(part.pivots, readersFrom(layer, weights)) ?? part.pivots),
  );
}

/** What a head writes of its bias and of each known vector of the stream; not what is 0 up to rounding. */
function responsesOf({ value, written }: HeadWeights, span: Span): Float64Array[] {
  const dModel = span.vectors[0]!.length;
  const parts = [value.bias, ...span.vectors.map((vector) => times(vector, value.weight))];
  const vectors = parts.map((part) => {
    const vector = new Float64Array(dModel);
    written.forEach((c, j) => (vector[c] = part[j]!));
    return vector;
  });
  const longest = vectors.reduce((most, vector) => Math.max(most, lengthOf(vector)), 0);
  return vectors.filter((vector) => lengthOf(vector) > NOTHING * longest);
}

/** Units that read the same parts of the stream write one part. */
function basisOfUnits({ hidden, output }: LayerWeights, stream: Stream, isRotated: boolean): Float64Array[][] {
  const writing = rowsOf(output).flatMap((vector, u) => (lengthOf(vector) > 0 ? [{ vector, u }] : []));
  const inputs = writing.map(({ u }) => stream.readBy(column(hidden.weight, u)));
  const parts = partsOf(
    writing.map(({ vector }) => vector),
    { isRotated, inputs },
  );
  return parts.map(({ pivots }) => (pivots.length === 1 ? pivots.map(direction) : pivots));
}

/** The columns of weights with which hidden units and outputs read the stream from a layer on. */
function readersFrom(layer: LayerWeights, { layers, outputs }: CompiledWeights): Float64Array[] {
  const maps = [
    ...layers.slice(layers.indexOf(layer)).map(({ hidden }) => hidden),
    ...outputs.map(({ unembedding }) => unembedding),
  ];
  return maps.flatMap(({ weight }) => columnsOf(weight));
}

const columnsOf = (matrix: Matrix): Float64Array[] =>
  Array.from({ length: matrix.columns }, (_, c) => column(matrix, c));

/**
 * The vectors of a part of which hidden units read one each, as they do where heads write numbers: the dual basis of the columns of weights that
 * read the part most often. Undefined where these are too few.
 */
function byReaders(pivots: readonly Float64Array[], readers: readonly Float64Array[]): Float64Array[] | undefined {
  const found = new Map<string, { readonly seen: Float64Array; count: number }>();
  const longest = pivots.reduce((most, pivot) => Math.max(most, lengthOf(pivot)), 0);
  for (const reader of readers) {
    const seen = Float64Array.from(pivots, (pivot) => dot(pivot, reader));
    if (lengthOf(seen) <= NOTHING * longest * lengthOf(reader)) continue;
    const largest = seen.reduce((most, x) => (Math.abs(x) > Math.abs(most) ? x : most), 0);
    const scaled = seen.map((x) => x / largest);
    const key = scaled.map((x) => Math.round(x * 1000)).join();
    const known = found.get(key);
    if (known) known.count++;
    else found.set(key, { seen: scaled, count: 1 });
  }
  const chosen = new Span();
  for (const { seen } of [...found.values()].sort((a, b) => b.count - a.count)) chosen.add(seen);
  if (chosen.size < pivots.length) return undefined;
  // Pivot p is seen by reader j as much as the p-th unit vector has of it.
  const parts = pivots.map((_, p) => chosen.coordinates(Float64Array.from(pivots, (__, q) => Number(p === q))));
  return pivots.map((_, j) => {
    const sum = new Float64Array(pivots[0]!.length);
    pivots.forEach((pivot, p) => pivot.forEach((x, d) => (sum[d]! += parts[p]![j]! * x)));
    return direction(sum);
  });
}
