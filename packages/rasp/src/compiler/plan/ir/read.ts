/**
 * Reading the residual stream. A *subspace* is a group of residual coordinates that are written together: an embedding, a head's
 * output or a feature. A *read* is an affine function of subspaces; every weight matrix that reads the residual stream is made of
 * reads. Both words are those of Elhage et al. 2021, where the residual stream is a communication channel between layers.
 */

export interface Subspace {
  /** The s-op or embedding that the coordinates hold, for people. */
  readonly label: string;
  /** One name for each coordinate. */
  readonly names: readonly string[];
  readonly writer: "embedding" | "attention" | "feed-forward";
  /** The layer after whose `writer` sublayer the subspace can be read: 0 for embeddings, 1 and up for others. */
  readonly layer: number;
  /** Whether at most one coordinate is other than 0 at any position, and that one is 1. */
  readonly oneHot: boolean;
  /** A power of two of which all exact values of the coordinates are multiples; 0 where there is none. */
  readonly grid: number;
  /** The largest absolute value that a coordinate holds. */
  readonly largest: number;
  /** The coordinates at the BOS position. They do not depend on the input, because BOS attends to itself only. */
  readonly atBos: readonly number[];
}

/** An affine function of the residual stream: what one weight column and its bias read. */
export interface Read {
  readonly constant: number;
  /** One coefficient for each coordinate of the subspace. */
  readonly terms: ReadonlyMap<Subspace, readonly number[]>;
}

/** A read with the layer whose sublayer reads; the outputs read after the last layer, at Infinity. */
export interface LayerRead {
  readonly read: Read;
  readonly layer: number;
}

export const constantRead = (constant: number): Read => ({ constant, terms: new Map() });

export const subspaceRead = (subspace: Subspace, coefficients: readonly number[], constant = 0): Read => ({
  constant,
  terms: new Map([[subspace, coefficients]]),
});

/** The sum of `weight · read`, plus `constant`. */
export function combineReads(parts: readonly (readonly [weight: number, read: Read])[], constant = 0): Read {
  const terms = new Map<Subspace, readonly number[]>();
  let total = constant;
  for (const [weight, read] of parts) {
    total += weight * read.constant;
    for (const [subspace, coefficients] of read.terms) {
      const known = terms.get(subspace);
      // Adding 0 makes 0 of -0.
      terms.set(
        subspace,
        known ? coefficients.map((c, j) => weight * c + known[j]!) : coefficients.map((c) => weight * c + 0),
      );
    }
  }
  return { constant: total, terms };
}

/** What the read gives at the BOS position. */
export function readAtBos({ constant, terms }: Read): number {
  let value = constant;
  for (const [subspace, coefficients] of terms) coefficients.forEach((c, j) => (value += c * subspace.atBos[j]!));
  return value;
}

/** The earliest layer whose attention sublayer can use all the reads. */
export function attentionLayer(reads: readonly Read[]): number {
  return 1 + latest(reads, ({ layer }) => layer);
}

/** The earliest layer whose feed-forward sublayer can use all the reads. */
export function feedForwardLayer(reads: readonly Read[]): number {
  return Math.max(
    1,
    latest(reads, ({ layer, writer }) => (writer === "feed-forward" ? layer + 1 : layer)),
  );
}

/** The largest layer of any subspace that is read, 0 for none. A loop, because reads can be too many for the arguments of one call. */
function latest(reads: readonly Read[], layerOf: (subspace: Subspace) => number): number {
  let layer = 0;
  for (const { terms } of reads) for (const subspace of terms.keys()) layer = Math.max(layer, layerOf(subspace));
  return layer;
}
