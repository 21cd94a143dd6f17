/** Where the s-ops of a program are in its model: the bridge from names to residual coordinates and heads, for `trace` and patches. */
import { isSelector, topological, type GraphNode, type SOp } from "../../language/graph/node.js";
import type { Layout } from "../layout/layout.js";
import type { NormalSOp } from "../normalize/normal-form.js";
import type { NamedOutput } from "../outputs.js";
import type { Readback } from "../plan/ir/plan.js";
import type { Subspace } from "../plan/ir/read.js";
import type { Runnable } from "./runnable.js";

/** An s-op that the program names; those that were compiled are the last, under their own names or else the outputs'. */
export interface NamedSOp {
  readonly name: string;
  readonly node: SOp;
  readonly normal: NormalSOp;
}

/** Where in the model something stands: after the attention or the feed-forward sublayer of a layer, from 1. */
export interface Place {
  readonly layer: number;
  readonly sublayer: Subspace["writer"];
}

/** @throws RangeError for a model that was read from a file: what its coordinates stand for is known to `compile` alone */
export function inside(compiled: Runnable): { readonly layout: Layout; readonly sops: readonly NamedSOp[] } {
  const { layout, program, card } = compiled;
  if (!layout || !program) {
    throw new RangeError(
      `the model of "${card.name}" was read from a file; give it the s-op that it was compiled from: withProgram(model, sop)`,
    );
  }
  const roots = new Map<GraphNode, NamedOutput>(program.outputs.map((output) => [output.sop, output]));
  const named = topological(...roots.keys()).filter(
    (node): node is SOp => !isSelector(node) && !roots.has(node) && node.name !== undefined && isOwn(node),
  );
  return {
    layout,
    sops: [...named.map((sop) => ({ name: sop.name!, sop })), ...roots.values()].map(({ name, sop }) => ({
      name: sop.name ?? name,
      node: sop,
      normal: program.normal.get(sop)!,
    })),
  };
}

const isOwn = ({ span }: SOp): boolean => span?.source.file !== "<rasplib>";

/** The order of computation. */
export const rankOf = ({ layer, sublayer }: Place): number =>
  layer === 0 ? 0 : 2 * layer + Number(sublayer === "feed-forward");

export const placeOf = ({ layer, writer }: Subspace): Place => ({ layer, sublayer: writer });

/** nn's name of the residual stream there. */
export const residualName = ({ layer, sublayer }: Place): string =>
  layer === 0 ? "embedding" : `blocks.${layer - 1}.${sublayer === "attention" ? "attention" : "feedForward"}.residual`;

/** What a large constant adds to the subspace's coordinates at this place: see `anchors.ts`. */
export const anchorAt = (layout: Layout, subspace: Subspace, at: Place): number =>
  subspace.writer === "attention" && rankOf(at) === rankOf(placeOf(subspace)) ? layout.anchor(subspace) : 0;

/** What stands for the s-ops of this name. @throws RangeError that lists the names there are */
export function readbacksNamed(compiled: Runnable, name: string, writer?: Subspace["writer"]): readonly Readback[] {
  const { layout, sops } = inside(compiled);
  const wanted = new Set(sops.filter((sop) => sop.name === name).map(({ normal }) => normal));
  const fits = ({ sop, subspace }: Readback): boolean =>
    wanted.has(sop) && (writer === undefined || subspace.writer === writer);
  const found = layout.readbacks.filter(fits);
  if (found.length > 0) return found;
  const readable = sops.filter(({ normal }) =>
    layout.readbacks.some(
      (readback) => readback.sop === normal && (writer === undefined || readback.subspace.writer === writer),
    ),
  );
  const names = [...new Set(readable.map((sop) => sop.name))].join(", ");
  const known = wanted.size > 0 ? "is no part of the residual stream by itself" : "is no s-op of the program";
  throw new RangeError(
    `"${name}" ${known}${writer === "attention" ? " that a head writes" : ""}; there are: ${names || "none"}`,
  );
}
