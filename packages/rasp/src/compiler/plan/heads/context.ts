/** What the planning of heads takes and gives. */
import type { NormalForm } from "../../normalize/normal-form.js";
import type { Domain } from "../../values/domain.js";
import type { Encoding, Materialize } from "../features/encoding.js";
import type { Arithmetic } from "../ir/arithmetic.js";
import type { Head, Readback } from "../ir/plan.js";
import type { Subspace } from "../ir/read.js";

export interface HeadContext {
  readonly form: NormalForm;
  readonly domain: Domain;
  readonly arithmetic: Arithmetic;
  /** Reads for the keys, queries and values of heads. */
  readonly materialize: Materialize;
  /** Whether to spend weights on smaller errors. */
  readonly careful: boolean;
  /** Heads compare more values than this as numbers, and fewer as one-hot vectors: these are small, and anything can be read of them. */
  readonly few: number;
}

/** What tells how the values of a block are compared. */
export type DomainAndFew = Pick<HeadContext, "domain" | "few">;

/** The heads that compute one leaf, and how their result encodes it. */
export interface PlannedHeads {
  readonly heads: readonly Head[];
  readonly readback: Readback;
  readonly encoding: Encoding;
}

/** A subspace that heads write. Where it is always 0 any grid is right. */
export const headSubspace = (
  subspace: Pick<Subspace, "label" | "names" | "layer" | "atBos" | "largest" | "grid">,
): Subspace => ({
  ...subspace,
  grid: subspace.grid === Infinity ? 1 : subspace.grid,
  writer: "attention",
  oneHot: subspace.names.length > 1,
});
