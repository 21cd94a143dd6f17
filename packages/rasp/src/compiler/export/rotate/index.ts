/**
 * Compiled models of which nothing is readable by coordinate: the residual stream in a random basis, the bases of heads mixed. They are
 * compiled for that, since constants that make float32 round a sum to the exact value do not survive it, and have a certificate of
 * their own (`certify/any-basis/`).
 */
import { checks, Rng } from "@selectron/core";
import { certify, type Certificate } from "../../certify/certify.js";
import { COMPILE_OPTIONS, compiledWith, refusing, type CompileOptions } from "../../index.js";
import { CompiledModel } from "../../model/compiled-model.js";
import type { Outputs } from "../../outputs.js";
import { ANY_BASIS } from "../../plan/ir/arithmetic.js";
import { HEAD_STRETCH, rotation, superposition, type Basis } from "./basis.js";
import { inBasis } from "./change-basis.js";
import { times, transposed, type Matrix } from "./matrix.js";

/** For which inputs an s-op is compiled, and in which basis. */
export interface RotateOptions extends Omit<CompileOptions, "precision" | "mark"> {
  /** Of the basis. Equal seeds give equal weights. */
  readonly seed: number;
  /**
   * False, the default: a rotation, in which what was at right angles stays so. True: the directions of the residual stream are at other
   * angles, as far from right ones as the certificate allows.
   */
  readonly superposed?: boolean;
}

/** A compiled model in another basis. */
export interface RotatedModel {
  /** Its card has no labels and no subspaces: they are the plain model's. */
  readonly model: CompiledModel;
  /** The same model in the compiler's own basis. Its certificate is the rotated one's. */
  readonly plain: CompiledModel;
  /** [dModel][dModel]: row c is the direction in which the model has what the plain one has in coordinate c. */
  readonly directions: readonly (readonly number[])[];
  /** [dModel][dModel]: the product of a state with row c is what the plain model has in coordinate c. */
  readonly readers: readonly (readonly number[])[];
  /** The largest absolute cosine of the angle between two directions: 0 for a rotation. */
  readonly cosine: number;
}

const { vocabulary, maxLength, name, causal, onProgress, promise } = COMPILE_OPTIONS;
const OPTIONS = {
  ...{ vocabulary, maxLength, name, causal, onProgress, promise },
  seed: checks.aFinite,
  superposed: checks.aFlag,
};

/** How much of other directions one has, from the most to the least. */
const SKEWS = [1, 0.8, 0.6, 0.45, 0.35, 0.25, 0.18, 0.12, 0.08];

/**
 * Compiles an s-op as `compile` does, to a model whose residual stream is in another basis, and whose heads compute in bases of their
 * own: queries and keys in an invertible pair, values in another one.
 *
 * @throws RaspError of class `compile` where the program does not compile
 * @throws RangeError as `compile` does, and on a seed that is no whole number
 */
export function compileRotated(program: Outputs, options: RotateOptions): RotatedModel {
  checks.checkOptions("compileRotated", options, OPTIONS, ["vocabulary", "maxLength", "seed"]);
  const { seed, superposed = false, ...others } = options;
  const { model: plain, plan } = refusing(program, others, () => compiledWith(program, others, Infinity, ANY_BASIS));
  const { dModel } = plain.model.config;
  const { card } = plain;
  const provedIn = ({ stretch, readerStretch }: Basis): Certificate =>
    certify(plan, card.vocabulary, card.maxLength, { stretch, readerStretch, headStretch: HEAD_STRETCH });
  let rng = new Rng(seed);
  let basis = rotation(dModel, rng);
  let certificate = provedIn(basis);
  // Where the rotation is not proved, nothing at other angles is.
  for (const skew of superposed ? (certificate.proved ? SKEWS : SKEWS.slice(-1)) : []) {
    rng = new Rng(seed);
    basis = superposition(dModel, skew, rng);
    certificate = provedIn(basis);
    if (certificate.proved) break;
  }
  const unnamed = {
    ...card,
    labels: card.labels.map((_label, d) => `direction ${d}`),
    heads: card.heads.map((layer) => layer.map((_label, h) => `head ${h}`)),
    subspaces: [],
    certificate,
  };
  return {
    model: new CompiledModel(inBasis(plain.model, basis, rng), unnamed),
    plain,
    directions: rowsOf(basis.directions),
    readers: rowsOf(transposed(basis.readers)),
    cosine: largestCosine(basis.directions),
  };
}

/** Directions have length 1. */
function largestCosine(directions: Matrix): number {
  const { rows, data } = times(directions, transposed(directions));
  let largest = 0;
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < i; j++) largest = Math.max(largest, Math.abs(data[i * rows + j]!));
  }
  return largest;
}

const rowsOf = ({ rows, columns, data }: Matrix): number[][] =>
  Array.from({ length: rows }, (_, r) => [...data.subarray(r * columns, (r + 1) * columns)]);
