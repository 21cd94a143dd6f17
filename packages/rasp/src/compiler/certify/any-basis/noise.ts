/**
 * What is known of a residual stream in another basis: x·M of what x should be. Two kinds of errors are kept apart. Those of heads and
 * hidden units are *errors of subspaces*: so much in each coordinate that the subspace has in the plan. Rounding is *noise*: a vector of
 * any direction, of which only the length is bounded. A read with the weights w is off by the errors that it reads, by |w| times the
 * noise, and by its own rounding, which grows with |w| and the length of the whole state, because all products differ from 0.
 */
import type { Layout } from "../../layout/layout.js";
import { readAtBos, type Read, type Subspace } from "../../plan/ir/read.js";
import { gamma, norm, U } from "../rounding.js";

/** A basis, as far as the proof needs to know it. */
export interface BasisBounds {
  /** By how much a state can become longer, and by how much the vector that reads a coordinate. */
  readonly stretch: number;
  readonly readerStretch: number;
  /** By how much vectors can become longer in the bases of heads. */
  readonly headStretch: number;
}

/** The residual stream rotated, and the bases of heads mixed by at most √2. */
export const ROTATED: BasisBounds = { stretch: 1, readerStretch: 1, headStretch: Math.SQRT2 };

/** At input positions and at BOS. */
export type Where = "inputs" | "atBos";

/** How far the coordinates of a subspace can be from what they should hold. */
export type Errors = Readonly<Record<Where, number>>;

/** Roundings of the 64-bit arithmetic that made the weights, relative to float32's: far fewer than this. */
const SLACK = 1 + 2 ** -16;
/** The rounding of a weight. */
export const WEIGHT = U * SLACK;

export class Noise {
  readonly basis: BasisBounds;
  readonly layout: Layout;
  readonly dModel: number;
  readonly errors = new Map<Subspace, Errors>();
  /** The sum of the squares of the lengths of what the subspaces hold. The coordinate that marks BOS is 1 there. */
  readonly #squares: Record<Where, number>;
  readonly #noise: Record<Where, number>;

  constructor(basis: BasisBounds, layout: Layout, embeddings: readonly Subspace[]) {
    this.basis = basis;
    this.layout = layout;
    this.dModel = layout.labels.length;
    const square = embeddings.reduce((sum, subspace) => sum + longest(layout.embedding(subspace)) ** 2, 0);
    this.#squares = { inputs: square, atBos: 1 };
    this.#noise = { inputs: 0, atBos: 0 };
    // Entries of the tables, and their sum.
    this.add("inputs", 3 * WEIGHT * this.size("inputs"));
    this.add("atBos", 3 * WEIGHT * this.size("atBos"));
  }

  /** How much of the noise, as it is now, a read of one coordinate can find. */
  get perCoordinate(): number {
    return this.basis.readerStretch * this.#noise.inputs;
  }

  add(where: Where, length: number): void {
    this.#noise[where] += length;
  }

  /** Adds a subspace to the stream. */
  write(subspace: Subspace, errors: Errors): void {
    this.errors.set(subspace, errors);
    this.#squares.inputs += longestOf(subspace, errors.inputs) ** 2;
    const atBos = norm(subspace.atBos) + errors.atBos * Math.sqrt(subspace.names.length);
    this.#squares.atBos += atBos ** 2;
  }

  /** The greatest length of a state, noise included. */
  size(where: Where): number {
    return this.basis.stretch * Math.sqrt(this.#squares[where]) + this.#noise[where];
  }

  /** The errors of what a read reads. */
  carried({ terms }: Read, where: Where): number {
    let carried = 0;
    for (const [subspace, coefficients] of terms) {
      const error = this.errors.get(subspace)?.[where] ?? 0;
      if (error > 0) carried += error * coefficients.reduce((sum, c) => sum + Math.abs(c), 0);
    }
    return carried;
  }

  /** The square of the length of a column of weights: of a read that is `atBos` at BOS. */
  squareOf(read: Read, atBos: number): number {
    const { weights } = this.layout.resolve(read);
    let square = (atBos - readAtBos(read)) ** 2;
    for (const weight of weights.values()) square += weight * weight;
    return square;
  }

  /**
   * How much noise there is in products with weights of this length, in the plan's basis: that of the stream, that of the weights and that
   * of the sums.
   *
   * @param bias - the length of the biases
   * @param rounded - how often the weights have been rounded
   */
  read(length: number, bias: number, where: Where, rounded = 1): number {
    const weights = length * this.basis.readerStretch;
    const rounding = rounded * WEIGHT + gamma(this.dModel + 1);
    return weights * (this.#noise[where] + rounding * this.size(where)) + rounding * bias;
  }

  /** How far a read of the plan's own weights can be off: of the outputs. */
  error(read: Read): number {
    const atBos = readAtBos(read);
    return (
      this.carried(read, "inputs") + this.read(Math.sqrt(this.squareOf(read, atBos)), Math.abs(read.constant), "inputs")
    );
  }
}

/** The length of the longest row of an embedding table. */
function longest(coordinates: ReturnType<Layout["embedding"]>): number {
  const [first] = coordinates;
  const squares = (first?.values ?? []).map((_, v) =>
    coordinates.reduce((sum, { values }) => sum + values[v]! ** 2, 0),
  );
  return Math.sqrt(squares.reduce((most, square) => Math.max(most, square), 0));
}

/** The greatest length of what a subspace holds. */
export function longestOf({ oneHot, largest, names }: Subspace, error: number): number {
  const root = Math.sqrt(names.length);
  return (oneHot ? 1 : largest * root) + error * root;
}
