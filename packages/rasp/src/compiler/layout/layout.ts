/**
 * Who owns each residual coordinate. Coordinate 0 is 1 at BOS and 0 elsewhere; then the embeddings, as narrow as what is
 * read of them allows, then the subspaces in the order of layers, each in new coordinates or in those that nobody reads any more.
 */
import type { Head, Plan, Readback } from "../plan/ir/plan.js";
import type { LayerRead, Read, Subspace } from "../plan/ir/read.js";
import { CoordinateReuse, type FreedCoordinate } from "./coordinate-reuse.js";

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
  readonly readbacks: readonly Readback[];
  /** @internal The coordinates that feed-forward sublayers set to 0 for other subspaces. */
  readonly reused: readonly FreedCoordinate[];
  /** The layer whose feed-forward sublayer clears a coordinate of the subspace; Infinity where all of them stay. */
  clearedAt(subspace: Subspace): number;
  /** The coordinate of a subspace that is written by a head or a feature. */
  coordinate(subspace: Subspace, index: number): number;
  /** What is on top of what a subspace stands for, from the embedding up to the feed-forward sublayer of its layer; mostly 0. */
  anchor(subspace: Subspace): number;
  /** What the embedding table of a subspace holds in each of its coordinates, for each value. */
  embedding(subspace: Subspace): readonly { readonly coordinate: number; readonly values: readonly number[] }[];
  resolve(read: Read): Resolved;
}

/** @param reuse - whether subspaces take over coordinates; that needs hidden units, and so does not always make a model smaller */
export function layOut(plan: Plan, reuse: boolean): Layout {
  const labels = ["BOS"];
  const bases = new Map<Subspace, EmbeddingBasis>();
  const places = new Map<Subspace, readonly number[]>();
  const reads = allReads(plan);
  for (const subspace of [plan.embeddings.tokens, plan.embeddings.indices]) {
    const basis = new EmbeddingBasis(
      subspace,
      reads.flatMap(({ read }) => (read.terms.has(subspace) ? [read.terms.get(subspace)!] : [])),
    );
    bases.set(subspace, basis);
    places.set(
      subspace,
      basis.labels.map((label) => labels.push(label) - 1),
    );
  }
  const written = new Set([
    ...plan.heads.flatMap((head) => head.values.map((value) => value.target)),
    ...plan.features.map((feature) => feature.subspace),
  ]);
  const coordinate = (subspace: Subspace, index: number): number => places.get(subspace)![index]!;
  const terms = (subspace: Subspace, coefficients: readonly number[]): readonly (readonly [number, number])[] =>
    bases.get(subspace)?.express(coefficients) ?? [...coefficients.entries()];
  const vacancies = new CoordinateReuse(plan, reads, terms);
  if (reuse) {
    for (const [subspace, basis] of bases) {
      basis.vectors.forEach((vector, index) =>
        vacancies.add(subspace, index, coordinate(subspace, index), isBinary(vector)),
      );
    }
  }
  for (const subspace of [...written].sort((a, b) => a.layer - b.layer)) {
    const own = subspace.names.map((name) => {
      const label = `${subspace.label}: ${name}`;
      const vacant = reuse ? vacancies.take(subspace) : undefined;
      if (vacant === undefined) return labels.push(label) - 1;
      labels[vacant] += `; from layer ${subspace.layer} ${label}`;
      return vacant;
    });
    places.set(subspace, own);
    if (reuse) own.forEach((at, index) => vacancies.add(subspace, index, at, false));
  }
  const { clearings } = vacancies;
  return {
    labels,
    readbacks: plan.readbacks,
    reused: clearings,
    clearedAt: (subspace) =>
      clearings.reduce((least, one) => (one.subspace === subspace ? Math.min(least, one.layer) : least), Infinity),
    coordinate,
    anchor: (subspace) => plan.anchors.get(subspace)?.value ?? 0,
    embedding: (subspace) =>
      bases.get(subspace)!.vectors.map((values, index) => ({ coordinate: coordinate(subspace, index), values })),
    resolve: (read) => {
      const weights = new Map<number, number>();
      const add = (at: number, weight: number): void => {
        if (weight !== 0) weights.set(at, (weights.get(at) ?? 0) + weight);
      };
      for (const [subspace, coefficients] of read.terms) {
        for (const [index, weight] of terms(subspace, coefficients)) add(coordinate(subspace, index), weight);
      }
      return { weights, bias: read.constant };
    },
  };
}

/** Everything that reads the residual stream. */
function allReads(plan: Plan): LayerRead[] {
  const ofHead = (head: Head): Read[] => [...head.keys, ...head.queries, ...head.values.map((value) => value.read)];
  return [
    ...plan.heads.flatMap((head) => ofHead(head).map((read) => ({ read, layer: head.layer }))),
    ...plan.features.flatMap(({ subspace, units }) =>
      units.map(({ input }) => ({ read: input, layer: subspace.layer })),
    ),
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

  constructor(subspace: Subspace, reads: readonly (readonly number[])[]) {
    const classes = new Map<string, number[]>();
    subspace.names.forEach((_, v) => {
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
        (f) => `${subspace.label}: function ${f.slice(0, 8).join(" ")}${f.length > 8 ? " …" : ""}`,
      );
      this.express = (coefficients) => {
        const index = functions.findIndex((known) => ratio(coefficients, known) !== undefined);
        return index < 0 ? [] : [[index, ratio(coefficients, functions[index]!)!]];
      };
    } else {
      const members = [...classes.values()];
      this.vectors = members.map((group) => subspace.names.map((_, v) => Number(group.includes(v))));
      this.labels = members.map((group) => `${subspace.label}: ${group.map((v) => subspace.names[v]!).join("|")}`);
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
