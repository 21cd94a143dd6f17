/**
 * The nodes of a circuit: what writes to the residual stream, and what reads it. They are those of TransformerLens' hooks, with layers and
 * heads from 0: a head reads thrice, by its query, its key and its value.
 */
import type { Stack } from "./stack.js";

/** What writes to the residual stream. */
export interface Writer {
  readonly kind: "embed" | "pos_embed" | "head" | "mlp";
  /** -1 for the embeddings. */
  readonly layer: number;
  /** -1 unless it is a head. */
  readonly head: number;
}

/** What reads it. */
export interface Reader {
  readonly kind: "query" | "key" | "value" | "mlp" | "unembed";
  /** The number of layers for the unembedding. */
  readonly layer: number;
  /** -1 unless it is a head. */
  readonly head: number;
}

/** All of a stack, each in the order of computation. Their indices are what the rest of the folder calls them by. */
export interface Components {
  readonly writers: readonly Writer[];
  readonly readers: readonly Reader[];
}

export function componentsOf({ layers }: Pick<Stack, "layers">): Components {
  const writers: Writer[] = [
    { kind: "embed", layer: -1, head: -1 },
    { kind: "pos_embed", layer: -1, head: -1 },
  ];
  const readers: Reader[] = [];
  layers.forEach(({ heads }, layer) => {
    for (const head of heads.keys()) {
      for (const kind of ["query", "key", "value"] as const) readers.push({ kind, layer, head });
    }
    for (const head of heads.keys()) writers.push({ kind: "head", layer, head });
    readers.push({ kind: "mlp", layer, head: -1 });
    writers.push({ kind: "mlp", layer, head: -1 });
  });
  readers.push({ kind: "unembed", layer: layers.length, head: -1 });
  return { writers, readers };
}

/** Whether a reader sees what a writer wrote: the feed-forward sublayer reads after the heads of its own layer. */
export const isBefore = (writer: Writer, reader: Reader): boolean =>
  writer.layer < reader.layer || (writer.layer === reader.layer && writer.kind === "head" && reader.kind === "mlp");

/** A node's name, such as `embed`, `head 0.1` or `mlp 1`. */
export const nameOf = ({ kind, layer, head }: Writer | Reader): string =>
  kind === "mlp" ? `mlp ${layer}` : head >= 0 ? `head ${layer}.${head}` : kind;

/** The hook at which TransformerLens and InterpBench find what a writer writes. */
export function writerHook({ kind, layer, head }: Writer): string {
  if (kind === "head") return `blocks.${layer}.attn.hook_result[${head}]`;
  return kind === "mlp" ? `blocks.${layer}.hook_mlp_out` : `hook_${kind}`;
}

/** The hook of what a reader reads. */
export function readerHook({ kind, layer, head }: Reader): string {
  if (kind === "mlp") return `blocks.${layer}.hook_mlp_in`;
  return kind === "unembed" ? `blocks.${layer - 1}.hook_resid_post` : `blocks.${layer}.hook_${kind[0]}_input[${head}]`;
}

/** The edges inside the node that a reader belongs to, from what it reads to what the node writes. */
export function innerEdges({ kind, layer, head }: Reader): (readonly [from: string, to: string])[] {
  if (kind === "unembed") return [];
  if (kind === "mlp") return [[`blocks.${layer}.hook_mlp_in`, `blocks.${layer}.hook_mlp_out`]];
  const letter = kind[0]!;
  const inner = `blocks.${layer}.attn.hook_${letter}[${head}]`;
  return [
    [`blocks.${layer}.hook_${letter}_input[${head}]`, inner],
    [inner, `blocks.${layer}.attn.hook_result[${head}]`],
  ];
}
