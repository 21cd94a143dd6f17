/**
 * Which value owns each residual coordinate. Coordinate 0 is 1 at BOS and 0 elsewhere. Then come the embeddings, as narrow as what is
 * read of them allows, then the subspaces in the order of layers, each in new coordinates or in those that nothing reads any more.
 */
import type { Head, Plan, Readback } from "../plan/ir/plan.js";
import type { LayerRead, Read, Subspace } from "../plan/ir/read.js";
import { CoordinateReuse, type Entries, type FreedCoordinate } from "./coordinate-reuse.js";
import { EmbeddingBasis } from "./embedding-basis.js";

export const BOS_COORDINATE = 0;

/** A read as matrix entries: weights by coordinate, and a bias. */
export interface Resolved {
  readonly weights: Map<number, number>;
  readonly bias: number;
}

/** Which values own which coordinates of the residual stream. */
export interface Layout {
  /** What each residual coordinate holds. */
  readonly labels: readonly string[];
  readonly readbacks: readonly Readback[];
  /** @internal The coordinates that feed-forward sublayers set to 0 for other subspaces. */
  readonly reused: readonly FreedCoordinate[];
  /** The layer whose feed-forward sublayer clears a coordinate of the subspace; Infinity where all of them stay. */
  clearedAt(subspace: Subspace): number;
  /** The coordinate of a subspace that is written by a head or a feature. */
  coordinate(subspace: Subspace, index: number): number;
  /** What is added to the subspace's coordinates from the embedding to the feed-forward sublayer of its layer; 0 without an anchor. */
  anchor(subspace: Subspace): number;
  /** What the embedding table of a subspace holds in each of its coordinates, for each value. */
  embedding(subspace: Subspace): readonly { readonly coordinate: number; readonly values: readonly number[] }[];
  resolve(read: Read): Resolved;
}

/** Where the coordinates of a plan are beside those of others. */
export interface Room {
  /** The first coordinate that nobody has; 1 where there are no others. */
  readonly first: number;
  /** The coordinates of what is given to the plan. */
  readonly given: ReadonlyMap<Subspace, readonly number[]>;
}

/**
 * @param isReusing - whether subspaces take over coordinates; that needs hidden units, and so does not always make a model smaller
 * @param room - where there are plans before this one
 */
export function layOut(plan: Plan, isReusing: boolean, room?: Room): Layout {
  const labels = ["BOS"];
  const places = new Map<Subspace, readonly number[]>(room?.given);
  const before = (room?.first ?? 1) - 1;
  const newCoordinate = (label: string): number => before + labels.push(label) - 1;
  const coordinate = (subspace: Subspace, index: number): number => places.get(subspace)![index]!;

  const reads = allReads(plan);
  const bases = embeddingBases(plan, reads);
  for (const [subspace, basis] of bases) {
    places.set(subspace, basis.labels.map(newCoordinate));
  }
  if (!room) {
    for (const subspace of plan.embeddings.given.values()) places.set(subspace, subspace.names.map(newCoordinate));
  }

  const entries: Entries = (subspace, coefficients) =>
    bases.get(subspace)?.express(coefficients) ?? nonZero(coefficients);
  const reuse = new CoordinateReuse(plan, reads, entries);
  if (isReusing) {
    for (const [subspace, { vectors }] of bases) {
      vectors.forEach((vector, i) => reuse.add(subspace, i, coordinate(subspace, i), isBinary(vector)));
    }
  }
  for (const subspace of writtenSubspaces(plan)) {
    const coordinates = subspace.names.map((name) => {
      const label = `${subspace.label}: ${name}`;
      const taken = isReusing ? reuse.take(subspace) : undefined;
      if (taken === undefined) return newCoordinate(label);
      labels[taken] += `; from layer ${subspace.layer} ${label}`;
      return taken;
    });
    places.set(subspace, coordinates);
    if (isReusing) coordinates.forEach((written, i) => reuse.add(subspace, i, written, false));
  }

  const { reused } = reuse;
  return {
    labels,
    readbacks: plan.readbacks,
    reused,
    clearedAt: (subspace) =>
      reused.reduce((least, freed) => (freed.subspace === subspace ? Math.min(least, freed.layer) : least), Infinity),
    coordinate,
    anchor: (subspace) => plan.anchors.get(subspace)?.value ?? 0,
    embedding: (subspace) =>
      bases.get(subspace)!.vectors.map((values, index) => ({ coordinate: coordinate(subspace, index), values })),
    resolve: (read) => resolved(read, entries, coordinate),
  };
}

function nonZero(coefficients: readonly number[]): (readonly [index: number, weight: number])[] {
  const entries: (readonly [number, number])[] = [];
  for (let index = 0; index < coefficients.length; index++) {
    if (coefficients[index] !== 0) entries.push([index, coefficients[index]!]);
  }
  return entries;
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

function embeddingBases(
  { embeddings, arithmetic }: Plan,
  reads: readonly LayerRead[],
): ReadonlyMap<Subspace, EmbeddingBasis> {
  const coefficientsOf = (subspace: Subspace): (readonly number[])[] =>
    reads.flatMap(({ read }) => (read.terms.has(subspace) ? [read.terms.get(subspace)!] : []));
  return new Map(
    [embeddings.tokens, embeddings.indices].map((subspace) => [
      subspace,
      new EmbeddingBasis(subspace, coefficientsOf(subspace), arithmetic),
    ]),
  );
}

/** The subspaces that heads and hidden units write, in the order of layers. */
function writtenSubspaces({ heads, features }: Plan): readonly Subspace[] {
  const written = new Set([
    ...heads.flatMap((head) => head.values.map((value) => value.target)),
    ...features.map((feature) => feature.subspace),
  ]);
  return [...written].sort((a, b) => a.layer - b.layer);
}

const isBinary = (values: readonly number[]): boolean => values.every((value) => value === 0 || value === 1);

function resolved(read: Read, entries: Entries, coordinate: Layout["coordinate"]): Resolved {
  const weights = new Map<number, number>();
  for (const [subspace, coefficients] of read.terms) {
    for (const [index, weight] of entries(subspace, coefficients)) {
      if (weight === 0) continue;
      const row = coordinate(subspace, index);
      weights.set(row, (weights.get(row) ?? 0) + weight);
    }
  }
  return { weights, bias: read.constant };
}
