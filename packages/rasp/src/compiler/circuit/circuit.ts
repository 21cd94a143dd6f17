/**
 * The circuit of a compiled model as plain data, for a file beside the weights: which heads and feed-forward sublayers compute what, in
 * which subspaces of the residual stream they write it, and who reads it. Layers, heads, units and coordinates count from 0, as in
 * TransformerLens; values are those of model cards, `["int", "3"]`.
 */
import type { AtomJson, CertificateJson } from "../model/card-json.js";

/** The circuit of a model. */
export interface Circuit {
  readonly format: "selectron-circuit";
  readonly version: 1;
  readonly name: string;
  /** The program's texts, by file; without any, one text that was made from the graph. */
  readonly program: readonly ProgramText[];
  readonly vocabulary: readonly AtomJson[];
  /** Without BOS. */
  readonly maxLength: number;
  readonly causal: boolean;
  readonly sizes: CircuitSizes;
  readonly subspaces: readonly CircuitSubspace[];
  readonly nodes: readonly CircuitNode[];
  readonly edges: readonly CircuitEdge[];
  /** The edges that are not constant by the names of hooks, and those inside the nodes: InterpBench's `edges.pkl`. */
  readonly hooks: readonly (readonly [from: string, to: string])[];
  readonly certificate: CertificateJson;
}

/** The RASP text that a circuit is of. */
export interface ProgramText {
  readonly file: string;
  readonly text: string;
}

/** Of the residual stream, and of each layer. */
export interface CircuitSizes {
  readonly dModel: number;
  readonly layers: readonly { readonly heads: number; readonly dHead: number; readonly dMlp: number }[];
}

/** Residual coordinates that are written together, and what they hold. */
export interface CircuitSubspace {
  readonly label: string;
  /** The s-ops whose values it holds; none for what only other nodes need, such as the mark of BOS. */
  readonly sops: readonly CircuitSOp[];
  readonly writer: "embedding" | "attention" | "feed-forward";
  /** -1 for embeddings. */
  readonly layer: number;
  readonly basis: CircuitBasis;
  /** The values that the s-op can have, each with its vector in the basis. */
  readonly values: readonly CircuitValue[];
}

/** Where a subspace is in the residual stream: coordinates of it, or one vector [dModel] for each of its dimensions. */
export type CircuitBasis =
  { readonly coordinates: readonly number[] } | { readonly vectors: readonly (readonly number[])[] };

/** An s-op of the program. */
export interface CircuitSOp {
  readonly name: string;
  /** Where it is written; absent for one that TypeScript made. */
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
  readonly text?: string;
}

/** A value of an s-op, and the vector that stands for it in the residual stream. */
export interface CircuitValue {
  readonly value: AtomJson;
  readonly vector: readonly number[];
}

/** What writes to the residual stream. */
export interface CircuitNode {
  /** `embed`, `pos_embed`, `head 0.1`, `mlp 1`. */
  readonly id: string;
  readonly kind: "embed" | "pos_embed" | "head" | "mlp";
  /** -1 for embeddings. */
  readonly layer: number;
  /** -1 unless it is a head. */
  readonly head: number;
  readonly hook: string;
  /** What it computes, in words. */
  readonly label: string;
  /** Indices of subspaces. */
  readonly writes: readonly number[];
  /** Of a feed-forward sublayer: the hidden units that write each of these subspaces. */
  readonly units?: readonly (readonly number[])[];
  /** Indices of subspaces whose coordinates it sets to 0, for others to use. */
  readonly clears?: readonly number[];
}

/** What one node reads of another. */
export interface CircuitEdge {
  readonly from: string;
  /** A node, or `unembed`. */
  readonly to: string;
  readonly input: "query" | "key" | "value" | "mlp" | "unembed";
  /** Indices of the subspaces that are read. */
  readonly subspaces: readonly number[];
  /** Whether the reader sees the same on every input. Such edges are not in `hooks`. */
  readonly constant: boolean;
  readonly hooks: readonly [from: string, to: string];
}

/**
 * The circuit of the same model in another basis of the residual stream.
 *
 * @param image - for each coordinate the vector [dModel] of the new residual stream to which 1 in it goes
 */
export function inBasis(circuit: Circuit, image: (coordinate: number) => readonly number[], dModel: number): Circuit {
  const basisOf = ({ basis }: CircuitSubspace): readonly (readonly number[])[] =>
    "coordinates" in basis
      ? basis.coordinates.map(image)
      : basis.vectors.map((vector) =>
          combined(
            vector.map((x, c) => [x, image(c)] as const),
            dModel,
          ),
        );
  return {
    ...circuit,
    sizes: { ...circuit.sizes, dModel },
    subspaces: circuit.subspaces.map((subspace) => ({ ...subspace, basis: { vectors: basisOf(subspace) } })),
  };
}

function combined(parts: readonly (readonly [weight: number, vector: readonly number[]])[], length: number): number[] {
  const sum = new Array<number>(length).fill(0);
  for (const [weight, vector] of parts) if (weight !== 0) vector.forEach((x, c) => (sum[c]! += weight * x));
  return sum;
}

/** The text of `circuit.json`. Equal circuits give equal texts. */
export const encodeCircuit = (circuit: Circuit): string => `${JSON.stringify(circuit)}\n`;
