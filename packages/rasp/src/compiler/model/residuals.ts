/** The residual stream of one input, after every sublayer of a forward pass. */
import type { Recorder } from "@selectron/nn";
import type { Layout } from "../layout/layout.js";
import type { Subspace } from "../plan/ir/read.js";
import { anchorAt, residualName, type Place } from "./program-map.js";

export class Residuals {
  readonly #activations = new Map<string, { readonly data: Float32Array; readonly width: number }>();

  /** Copies what it needs of each activation; for `Runnable.values` of one input. */
  readonly record: Recorder = (name, { data, shape }) => {
    if (name !== "embedding" && !name.endsWith(".residual")) return;
    this.#activations.set(name, { data: data.slice(), width: shape.at(-1)! });
  };

  /** What a subspace's coordinates hold at a place in the model and a position of the input, without the anchor. */
  numbers(layout: Layout, subspace: Subspace, place: Place, position: number): number[] {
    const { data, width } = this.#activations.get(residualName(place))!;
    const row = (position + 1) * width;
    const anchor = anchorAt(layout, subspace, place);
    return subspace.names.map((_, c) => data[row + layout.coordinate(subspace, c)]! - anchor);
  }
}
