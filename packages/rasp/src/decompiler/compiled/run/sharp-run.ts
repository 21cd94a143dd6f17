/**
 * The model in the limit of sharp attention, run on the sample in 64 bits: what every head selects, and the value of every subspace at
 * every place. A selected key counts fully and any other key not at all, so a mean is exact and a count is whole.
 */
import { getOrInsert } from "../../../language/maps.js";
import type { Progress } from "../../common/search-options.js";
import { runHead, type HeadRun } from "./head-run.js";
import { headSubspaces } from "./head-subspaces.js";
import { clearedBy, runUnits, type UnitsRun } from "./hidden-units.js";
import { read, type Reading, type ResidualStream } from "./residual-stream.js";
import type { Sample } from "./sample.js";
import type { Subspace } from "./subspace.js";
import { column, row, type CompiledWeights, type Matrix } from "./weights.js";

export interface SharpRun {
  readonly subspaces: readonly Subspace[];
  readonly heads: readonly HeadRun[];
  /** The subspaces that hidden units write. */
  readonly units: ReadonlyMap<Subspace, UnitsRun>;
  /** One for each result. */
  readonly outputs: readonly Reading[];
}

/** @throws NotHardError if the attention of a head has no clear levels */
export function runSharp(weights: CompiledWeights, sample: Sample, progress: Progress): SharpRun {
  const constant = new Float64Array(weights.dModel);
  const subspaces: Subspace[] = [
    embedded("tokens", weights.tokens, sample.token, constant),
    embedded("indices", weights.positions, sample.position, constant),
  ];
  const cleared = new Map<Subspace, Set<number>>();
  const stream: ResidualStream = { subspaces, constant, cleared };
  const heads: HeadRun[] = [];
  const units = new Map<Subspace, UnitsRun>();
  weights.layers.forEach((layer, l) => {
    progress("running layers", l, weights.layers.length);
    const runs = layer.heads.map((head) =>
      runHead(head, { layer: l, head: head.head }, stream, sample, weights.causal),
    );
    heads.push(...runs);
    add(constant, layer.constant.attention);
    subspaces.push(...headSubspaces(runs, l, sample));
    const clearing = clearedBy(layer);
    const fed = runUnits({ weights, layer: l, clearing }, stream, sample);
    add(constant, layer.constant.feedForward);
    for (const c of clearing) {
      constant[c] = 0;
      for (const subspace of subspaces) getOrInsert(cleared, subspace, () => new Set()).add(c);
    }
    for (const run of fed) {
      units.set(run.subspace, run);
      subspaces.push(run.subspace);
    }
  });
  return { subspaces, heads, units, outputs: weights.outputs.map(({ unembedding }) => read(stream, unembedding)) };
}

function add(sum: Float64Array, summand: Float64Array): void {
  for (let c = 0; c < sum.length; c++) sum[c]! += summand[c]!;
}

/** The subspace of an embedding, of which row 0 is BOS's. What is the same in all other rows is added to the constant. */
function embedded(kind: "tokens" | "indices", table: Matrix, at: Int32Array, constant: Float64Array): Subspace {
  const shared = Float64Array.from({ length: table.columns }, (_, c) => {
    const values = column(table, c).subarray(1);
    return values.every((value) => value === values[0]) ? values[0]! : 0;
  });
  add(constant, shared);
  const rest = (r: number): Float64Array => row(table, r).map((value, c) => value - shared[c]!);
  return {
    writer: { kind },
    coordinates: Array.from({ length: table.columns }, (_, c) => c),
    values: Array.from({ length: table.rows - 1 }, (_, v) => rest(v + 1)),
    at,
    atBos: rest(0),
  };
}
