/**
 * The places in a GPT-2-style model where a value can be taken from another run. A head's output is one for all that read it. The two
 * embeddings are read by heads as well, which move them to other positions; what a program reads at its own position is the part that
 * goes past the attention of a layer, to all that comes after it.
 */
import type { Tensor } from "@selectron/core";
import type { Gpt2, Gpt2Config, Patcher } from "@selectron/nn";
import { getOrInsert } from "../../../language/maps.js";
import { swapPatcher } from "../../interchange/patcher.js";

/** A site, named as in reports: a head `0.1` (layer, head), or `tokens past 0`, `positions past 0`: past the attention of layer 0. */
export interface Site {
  readonly name: string;
  readonly layer: number;
  readonly part: "tokens" | "positions" | number;
}

/** All sites, in the order of computation. */
export function sitesOf({ layers, heads }: Gpt2Config): Site[] {
  return Array.from({ length: layers }, (_, layer) => [
    ...Array.from({ length: heads }, (_, head) => ({ name: `${layer}.${head}`, layer, part: head })),
    ...(["tokens", "positions"] as const).map((part) => ({ name: `${part} past ${layer}`, layer, part })),
  ]).flat();
}

/** The heads among sites. */
export const headsIn = (sites: readonly Site[]): Site[] => sites.filter(({ part }) => typeof part === "number");

/** Rows of a batch and what they are on the other side of the swap. */
export interface Donor {
  /** Every activation of the other run, by name. */
  readonly activations: ReadonlyMap<string, Tensor>;
  /** What the other embedding of tokens or positions has more than this run's, [B, n, D]. */
  readonly difference: Readonly<Record<"tokens" | "positions", Tensor>>;
}

/** A linear subspace of an activation [B, n, D], with an orthonormal basis [D, k]. */
export interface Subspace {
  readonly activation: string;
  readonly basis: Tensor;
}

/** What a swap changes: whole sites, or a subspace. */
export interface Swap {
  readonly parts: readonly Site[];
  readonly subspace?: Subspace | undefined;
}

/** Puts the other run's values into some sites. */
export function patcherOf({ parts, subspace }: Swap, { activations, difference }: Donor, { config }: Gpt2): Patcher {
  const masks = new Map<string, Float32Array>();
  const added = new Map<string, Tensor[]>();
  for (const { layer, part } of parts) {
    if (typeof part === "number") {
      getOrInsert(masks, `h.${layer}.attn.heads`, () => new Float32Array(config.heads))[part] = 1;
    } else {
      getOrInsert(added, `h.${layer}.attn.residual`, () => []).push(difference[part]);
    }
  }
  const subspaces = new Map(subspace ? [[subspace.activation, subspace.basis]] : []);
  return swapPatcher({ heads: masks, added, subspaces }, activations);
}

/** Keeps some sites as they are on the sequence itself: heads that are not swapped, and subspaces. Inputs past attention are as they are. */
export function keeperOf(
  kept: readonly Swap[],
  { parts }: Swap,
  own: ReadonlyMap<string, Tensor>,
  { config }: Gpt2,
): Patcher {
  const masks = new Map<string, Float32Array>();
  const swapped = new Set(parts.map(({ name }) => name));
  for (const { name, layer, part } of kept.flatMap((one) => one.parts)) {
    if (typeof part !== "number" || swapped.has(name)) continue;
    getOrInsert(masks, `h.${layer}.attn.heads`, () => new Float32Array(config.heads))[part] = 1;
  }
  const patchers = [
    swapPatcher({ heads: masks, added: new Map() }, own),
    ...kept.flatMap(({ subspace }) =>
      subspace
        ? [
            swapPatcher(
              { heads: new Map(), added: new Map(), subspaces: new Map([[subspace.activation, subspace.basis]]) },
              own,
            ),
          ]
        : [],
    ),
  ];
  return (name, value) => patchers.reduce((current, patcher) => patcher(name, current), value);
}
