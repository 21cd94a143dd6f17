/**
 * Who owns each residual coordinate. Coordinate 0 is 1 at BOS and 0 elsewhere; then the embeddings, as narrow as what is
 * read of them allows, then the streams in the order of layers, each in new coordinates or in those that nobody reads any more.
 */
import type { Head, Plan, Probe } from "../plan/ir/plan.js";
import type { Read, Stream } from "../plan/ir/read.js";
import { Vacancies, type Clearing } from "./vacancies.js";

export const BOS_COORDINATE = 0;

/** A read as matrix entries: weights by coordinate, and a bias. */
export interface Resolved {
  readonly weights: Map<number, number>;
  readonly bias: number;
}

/** Which values own which coordinates of the residual stream. */
export interface Layout {
  /** What each residual coordinate stands for. */
  readonly labels: readonly string[];
  readonly probes: readonly Probe[];
  /** @internal The coordinates that feed-forward sublayers set to 0 for other streams. */
  readonly clearings: readonly Clearing[];
  /** The layer whose feed-forward sublayer clears a coordinate of the stream; Infinity where all of them stay. */
  clearedAt(stream: Stream): number;
  /** The coordinate of a stream that is written by a head or a feature. */
  coordinate(stream: Stream, index: number): number;
  /** What is on top of what a stream stands for, from the embedding up to the feed-forward sublayer of its layer; mostly 0. */
  anchor(stream: Stream): number;
  /** What the embedding table of a stream holds in each of its coordinates, for each value. */
  embedding(stream: Stream): readonly { readonly coordinate: number; readonly values: readonly number[] }[];
  resolve(read: Read): Resolved;
}

/** @param reuse - whether streams take over coordinates; that needs hidden units, and so does not always make a model smaller */
export function layOut(plan: Plan, reuse: boolean): Layout {
  const labels = ["BOS"];
  const bases = new Map<Stream, EmbeddingBasis>();
  const places = new Map<Stream, readonly number[]>();
  const reads = allReads(plan);
  for (const stream of [plan.embeddings.tokens, plan.embeddings.indices]) {
    const basis = new EmbeddingBasis(
      stream,
      reads.flatMap(({ read }) => (read.terms.has(stream) ? [read.terms.get(stream)!] : [])),
    );
    bases.set(stream, basis);
    places.set(
      stream,
      basis.labels.map((label) => labels.push(label) - 1),
    );
  }
  const written = new Set([
    ...plan.heads.flatMap((head) => head.values.map((value) => value.target)),
    ...plan.features.map((feature) => feature.stream),
  ]);
  const coordinate = (stream: Stream, index: number): number => places.get(stream)![index]!;
  const terms = (stream: Stream, coefficients: readonly number[]): readonly (readonly [number, number])[] =>
    bases.get(stream)?.express(coefficients) ?? [...coefficients.entries()];
  const vacancies = new Vacancies(plan, reads, terms);
  if (reuse) {
    for (const [stream, basis] of bases) {
      basis.vectors.forEach((vector, index) =>
        vacancies.add(stream, index, coordinate(stream, index), isBinary(vector)),
      );
    }
  }
  for (const stream of [...written].sort((a, b) => a.layer - b.layer)) {
    const own = stream.names.map((name) => {
      const label = `${stream.label}: ${name}`;
      const vacant = reuse ? vacancies.take(stream) : undefined;
      if (vacant === undefined) return labels.push(label) - 1;
      labels[vacant] += `; from layer ${stream.layer} ${label}`;
      return vacant;
    });
    places.set(stream, own);
    if (reuse) own.forEach((at, index) => vacancies.add(stream, index, at, false));
  }
  const { clearings } = vacancies;
  return {
    labels,
    probes: plan.probes,
    clearings,
    clearedAt: (stream) =>
      clearings.reduce((least, one) => (one.stream === stream ? Math.min(least, one.layer) : least), Infinity),
    coordinate,
    anchor: (stream) => plan.anchors.get(stream)?.value ?? 0,
    embedding: (stream) =>
      bases.get(stream)!.vectors.map((values, index) => ({ coordinate: coordinate(stream, index), values })),
    resolve: (read) => {
      const weights = new Map<number, number>();
      const add = (at: number, weight: number): void => {
        if (weight !== 0) weights.set(at, (weights.get(at) ?? 0) + weight);
      };
      for (const [stream, coefficients] of read.terms) {
        for (const [index, weight] of terms(stream, coefficients)) add(coordinate(stream, index), weight);
      }
      return { weights, bias: read.constant };
    },
  };
}

/** What reads the residual stream, and in which layer; after the last one the outputs. */
export interface LayerRead {
  readonly read: Read;
  readonly layer: number;
}

function allReads(plan: Plan): LayerRead[] {
  const ofHead = (head: Head): Read[] => [...head.keys, ...head.queries, ...head.values.map((value) => value.read)];
  return [
    ...plan.heads.flatMap((head) => ofHead(head).map((read) => ({ read, layer: head.layer }))),
    ...plan.features.flatMap(({ stream, units }) => units.map(({ input }) => ({ read: input, layer: stream.layer }))),
    ...plan.outputs.flatMap(({ reads }) => reads.map((read) => ({ read, layer: Infinity }))),
  ];
}

const isBinary = (values: readonly number[]): boolean => values.every((value) => value === 0 || value === 1);

/**
 * The coordinates of an embedding table. An embedding can hold any function of its values, so either one coordinate for
 * each class of values that all reads treat alike, or one for each function that is read: whichever is fewer.
 */
class EmbeddingBasis {
  readonly vectors: readonly (readonly number[])[];
  readonly labels: readonly string[];
  readonly express: (coefficients: readonly number[]) => (readonly [index: number, weight: number])[];

  constructor(stream: Stream, reads: readonly (readonly number[])[]) {
    const classes = new Map<string, number[]>();
    stream.names.forEach((_, v) => {
      const column = reads.map((coefficients) => coefficients[v]!);
      if (column.some((c) => c !== 0)) append(classes, column.join(","), v);
    });
    const functions: (readonly number[])[] = [];
    for (const read of reads) {
      if (read.some((c) => c !== 0) && !functions.some((known) => ratio(read, known) !== undefined)) {
        functions.push(read);
      }
    }
    if (functions.length < classes.size) {
      this.vectors = functions;
      this.labels = functions.map(
        (f) => `${stream.label}: function ${f.slice(0, 8).join(" ")}${f.length > 8 ? " …" : ""}`,
      );
      this.express = (coefficients) => {
        const index = functions.findIndex((known) => ratio(coefficients, known) !== undefined);
        return index < 0 ? [] : [[index, ratio(coefficients, functions[index]!)!]];
      };
    } else {
      const members = [...classes.values()];
      this.vectors = members.map((group) => stream.names.map((_, v) => Number(group.includes(v))));
      this.labels = members.map((group) => `${stream.label}: ${group.map((v) => stream.names[v]!).join("|")}`);
      this.express = (coefficients) => members.map(([first], index) => [index, coefficients[first!]!] as const);
    }
  }
}

/** The factor by which `a` is a multiple of `b`, if it is one exactly. */
function ratio(a: readonly number[], b: readonly number[]): number | undefined {
  const pivot = b.findIndex((value) => value !== 0);
  const factor = a[pivot]! / b[pivot]!;
  return factor !== 0 && Math.fround(factor) === factor && b.every((value, v) => value * factor === a[v])
    ? factor
    : undefined;
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const known = map.get(key);
  if (known) known.push(value);
  else map.set(key, [value]);
}
