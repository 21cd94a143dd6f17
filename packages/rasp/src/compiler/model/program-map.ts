/** Where the named s-ops of a program are in its model: the residual coordinates and the sublayer that writes them. */
import { isOfLibrary } from "../../language/stdlib/rasplib.js";
import { isSelector, topological, type GraphNode, type SOp } from "../../language/graph/node.js";
import type { Layout } from "../layout/layout.js";
import type { NormalSOp } from "../normalize/normal-form.js";
import type { NamedOutput } from "../outputs.js";
import type { Readback } from "../plan/ir/plan.js";
import type { Subspace } from "../plan/ir/read.js";
import type { Runnable } from "./runnable.js";

/** An s-op that the program names. The compiled ones come last, under their own names or, without one, those of the outputs. */
export interface NamedSOp {
  readonly name: string;
  readonly node: SOp;
  readonly normal: NormalSOp;
}

/** A place in the model: after the attention or the feed-forward sublayer of a layer, from 1; or the embedding, layer 0. */
export interface Place {
  readonly layer: number;
  readonly sublayer: Subspace["writer"];
}

/** The layout and the named s-ops of a model. @throws RangeError for one that was read from a file, which has no layout */
export function programMap(compiled: Runnable): { readonly layout: Layout; readonly sops: readonly NamedSOp[] } {
  const { layout, program, card } = compiled;
  if (!layout || !program) {
    throw new RangeError(
      `the model of "${card.name}" was read from a file; give it the s-op that it was compiled from: withProgram(model, sop)`,
    );
  }
  const roots = new Map<GraphNode, NamedOutput>(program.outputs.map((output) => [output.sop, output]));
  const named = topological(...roots.keys()).filter(
    (node): node is SOp => !isSelector(node) && !roots.has(node) && node.name !== undefined && !isOfLibrary(node),
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

/** Orders places as they are computed. */
export const orderOf = ({ layer, sublayer }: Place): number =>
  layer === 0 ? 0 : 2 * layer + Number(sublayer === "feed-forward");

export const placeOf = ({ layer, writer }: Subspace): Place => ({ layer, sublayer: writer });

/** nn's name of the residual stream at a place. */
export const residualName = ({ layer, sublayer }: Place): string =>
  layer === 0 ? "embedding" : `blocks.${layer - 1}.${sublayer === "attention" ? "attention" : "feedForward"}.residual`;

/** What the anchor of a subspace adds to its coordinates at a place: see `plan/anchors.ts`. */
export const anchorAt = (layout: Layout, subspace: Subspace, place: Place): number =>
  subspace.writer === "attention" && orderOf(place) === orderOf(placeOf(subspace)) ? layout.anchor(subspace) : 0;

/** How to read the s-ops of this name. @throws RangeError that lists the names there are */
export function readbacksNamed(compiled: Runnable, name: string, writer?: Subspace["writer"]): readonly Readback[] {
  const { layout, sops } = programMap(compiled);
  const wanted = new Set(sops.filter((sop) => sop.name === name).map(({ normal }) => normal));
  const written = layout.readbacks.filter(({ subspace }) => writer === undefined || subspace.writer === writer);
  const found = written.filter(({ sop }) => wanted.has(sop));
  if (found.length > 0) return found;
  const readable = sops.filter(({ normal }) => written.some(({ sop }) => sop === normal));
  const names = [...new Set(readable.map((sop) => sop.name))].join(", ");
  const problem =
    wanted.size > 0 ? "has no coordinates of its own in the residual stream" : "is no s-op of the program";
  throw new RangeError(
    `"${name}" ${problem}${writer === "attention" ? " that a head writes" : ""}; there are: ${names || "none"}`,
  );
}
