/** The parts of a GPT-2-style model that write to the residual stream and those that read it, by name. */
import type { Gpt2Config } from "@selectron/nn";

/** What writes to the residual stream: `tokens`, `positions`, a head `0.1` (layer, head) or a feed-forward sublayer `0.mlp`. */
export type Component = string;
/** What reads it: `0.1.query`, `0.1.key`, `0.1.value`, `0.mlp` or `logits`. */
export type Reader = string;

/** From what writes the residual stream to what reads it. */
export interface Path {
  readonly from: Component;
  readonly to: Reader;
}

export const pathName = ({ from, to }: Path): string => `${from} > ${to}`;

/** What a component is. */
export type ComponentKind =
  | { readonly kind: "tokens" }
  | { readonly kind: "positions" }
  | { readonly kind: "head"; readonly layer: number; readonly head: number }
  | { readonly kind: "feedForward"; readonly layer: number };

/** The inputs of a head. */
export const HEAD_PARTS = ["query", "key", "value"] as const;
export type HeadPart = (typeof HEAD_PARTS)[number];

export const readerOf = (head: Component, part: HeadPart): Reader => `${head}.${part}`;

/** A reader of the residual stream. */
export interface ReaderInfo {
  readonly reader: Reader;
  readonly part: HeadPart | "feedForward" | "unembedding";
  /** The component that reads; undefined for the unembedding. */
  readonly owner: Component | undefined;
  /** The name of its layer norm. */
  readonly norm: string;
  /** The components before it. */
  readonly sources: readonly Component[];
  /** The number of attention sublayers before it, whose output biases it reads as well. */
  readonly attentionBefore: number;
}

/** A model's components and readers in the order in which they are computed. */
export interface Structure {
  readonly components: ReadonlyMap<Component, ComponentKind>;
  readonly readers: readonly ReaderInfo[];
}

export function structureOf({ layers, heads }: Gpt2Config): Structure {
  const components = new Map<Component, ComponentKind>([
    ["tokens", { kind: "tokens" }],
    ["positions", { kind: "positions" }],
  ]);
  const readers: ReaderInfo[] = [];
  for (let layer = 0; layer < layers; layer++) {
    const norm = `h.${layer}.ln_1`;
    const sources = [...components.keys()];
    for (let head = 0; head < heads; head++) {
      const owner = `${layer}.${head}`;
      for (const part of HEAD_PARTS) {
        readers.push({ reader: readerOf(owner, part), part, owner, norm, sources, attentionBefore: layer });
      }
      components.set(owner, { kind: "head", layer, head });
    }
    const owner = `${layer}.mlp`;
    readers.push({
      reader: owner,
      part: "feedForward",
      owner,
      norm: `h.${layer}.ln_2`,
      sources: [...components.keys()],
      attentionBefore: layer + 1,
    });
    components.set(owner, { kind: "feedForward", layer });
  }
  readers.push({
    reader: "logits",
    part: "unembedding",
    owner: undefined,
    norm: "ln_f",
    sources: [...components.keys()],
    attentionBefore: layers,
  });
  return { components, readers };
}
