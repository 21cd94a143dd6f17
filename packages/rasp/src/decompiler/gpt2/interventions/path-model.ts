/**
 * A GPT-2-style model as components and the paths between them: every reader of the residual stream (a head's query, key or value, a
 * feed-forward sublayer, the unembedding) sums up the components it reads by itself, so that a path can be cut for one reader alone. A
 * cut path carries a constant in place of its component. With nothing cut the logits are the model's. Gates, constants and scales may
 * require gradients.
 */
import { attention, concat, noGrad, scope, type Tensor } from "@selectron/core";
import type { Gpt2 } from "@selectron/nn";
import type { Sequence } from "../data/sequences.js";
import { batchOf, type Batch } from "./batch.js";
import {
  HEAD_PARTS,
  readerOf,
  structureOf,
  type Component,
  type HeadPart,
  type ReaderInfo,
  type Reader,
  type Structure,
} from "./components.js";
import type { Hooks, Intervention } from "./intervention.js";
import { ResidualStream } from "./residual-stream.js";

/** An affine map: x · weight + bias. */
export interface AffineMap {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

export class PathModel {
  readonly model: Gpt2;
  readonly structure: Structure;
  /** What a cut path carries if an intervention does not say, [1, 1, D] for each component. */
  readonly #means: ReadonlyMap<Component, Tensor>;

  constructor(model: Gpt2, means: ReadonlyMap<Component, Tensor> = new Map()) {
    this.model = model;
    this.structure = structureOf(model.config);
    this.#means = means;
  }

  get components(): Component[] {
    return [...this.structure.components.keys()];
  }

  get readers(): readonly ReaderInfo[] {
    return this.structure.readers;
  }

  /** @throws RangeError if the model has no such reader */
  reader(name: Reader): ReaderInfo {
    const found = this.readers.find(({ reader }) => reader === name);
    if (!found) throw new RangeError(`PathModel: the model has no reader ${name}.`);
    return found;
  }

  /** The map of a head's query, key or value, [D, D / heads]. */
  headMap(layer: number, head: number, part: HeadPart): AffineMap {
    const { dModel, heads } = this.model.config;
    const from = HEAD_PARTS.indexOf(part) * dModel + (head * dModel) / heads;
    const to = from + dModel / heads;
    return {
      weight: this.model.parameter(`h.${layer}.attn.c_attn.weight`).slice(from, to, 1),
      bias: this.model.parameter(`h.${layer}.attn.c_attn.bias`).slice(from, to),
    };
  }

  /** A head's output map, [D / heads, D]. */
  headOutput(layer: number, head: number): Tensor {
    const width = this.model.config.dModel / this.model.config.heads;
    return this.model.parameter(`h.${layer}.attn.c_proj.weight`).slice(head * width, (head + 1) * width);
  }

  /** A feed-forward sublayer after its layer norm. */
  feedForward(layer: number, x: Tensor): Tensor {
    const get = (name: string): Tensor => this.model.parameter(`h.${layer}.mlp.${name}`);
    const hidden = x.matmul(get("c_fc.weight")).add(get("c_fc.bias"))[this.model.config.activation ?? "gelu"]();
    return hidden.matmul(get("c_proj.weight")).add(get("c_proj.bias"));
  }

  /** The logits [n, V] of one sequence under an intervention. */
  logits(sequence: Sequence, intervention: Intervention, hooks: Hooks = {}): Float32Array {
    const batch = batchOf([sequence], this.model.config.maxLength);
    return scope(() => noGrad(() => this.forward(batch, intervention, hooks).data.slice()));
  }

  /** The logits [B, n, V] of a batch under an intervention. */
  forward(batch: Batch, intervention: Intervention, hooks: Hooks = {}): Tensor {
    const { layers, heads } = this.model.config;
    const get = (name: string): Tensor => this.model.parameter(name);
    const stream = new ResidualStream(this.model, intervention, this.#means, hooks);
    stream.write("tokens", get("wte.weight").gather(batch.ids));
    stream.write("positions", get("wpe.weight").gather(batch.positions));
    for (let layer = 0; layer < layers; layer++) {
      const outputs = Array.from({ length: heads }, (_, head) =>
        this.#headOutput(layer, head, stream, batch, intervention.product),
      );
      outputs.forEach((output, head) => stream.write(`${layer}.${head}`, output));
      stream.shift(get(`h.${layer}.attn.c_proj.bias`));
      stream.write(`${layer}.mlp`, this.feedForward(layer, stream.read(`${layer}.mlp`, `h.${layer}.ln_2`)));
    }
    return stream.read("logits", "ln_f").matmul(this.model.unembedding);
  }

  /** What a head adds to the residual stream, [B, n, D]. */
  #headOutput(
    layer: number,
    head: number,
    stream: ResidualStream,
    { size, length }: Batch,
    product: Intervention["product"],
  ): Tensor {
    const { dModel, heads } = this.model.config;
    const width = dModel / heads;
    const [name, norm] = [`${layer}.${head}`, `h.${layer}.ln_1`];
    const maps = HEAD_PARTS.map((part) => this.headMap(layer, head, part));
    const [query, key, value] = HEAD_PARTS.map((part, p) =>
      stream.read(readerOf(name, part), norm).matmul(maps[p]!.weight).add(maps[p]!.bias),
    );
    const pairs = product && products(stream, product, name, norm, maps);
    const asHeads = (x: Tensor): Tensor => x.reshape([size, 1, length, x.shape.at(-1)!]);
    const mixed = attention(asHeads(pairs?.query ?? query!), asHeads(pairs?.key ?? key!), asHeads(value!), {
      causal: true,
      scale: 1 / Math.sqrt(width),
    });
    return mixed.reshape([size, length, width]).matmul(this.headOutput(layer, head));
  }
}

/**
 * Queries and keys side by side, a block of columns for each product that the score keeps, so that their scalar product is the sum of
 * these products.
 */
function products(
  stream: ResidualStream,
  product: NonNullable<Intervention["product"]>,
  head: Component,
  norm: string,
  [query, key]: readonly AffineMap[],
): { readonly query: Tensor; readonly key: Tensor } {
  const keys = stream.partsOf(readerOf(head, "key"), norm);
  const queries = stream.partsOf(readerOf(head, "query"), norm);
  const constant = queries.constant.matmul(query!.weight).add(query!.bias);
  const pairs = keys.parts.flatMap(({ from: to, part: onKey }) => {
    const k = onKey.matmul(key!.weight);
    const own = queries.parts
      .filter(({ from }) => product(head, from, to))
      .map(({ part }) => ({ query: part.matmul(query!.weight), key: k }));
    return product(head, "", to) ? [...own, { query: constant.broadcastTo(k.shape), key: k }] : own;
  });
  if (pairs.length === 0) {
    const zero = stream.zero.matmul(key!.weight);
    return { query: zero, key: zero };
  }
  const sideBySide = (columns: readonly Tensor[]): Tensor => concat([...columns], -1);
  return { query: sideBySide(pairs.map((pair) => pair.query)), key: sideBySide(pairs.map((pair) => pair.key)) };
}
