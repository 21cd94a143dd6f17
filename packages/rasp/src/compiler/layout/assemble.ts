/** The weights of an nn Transformer, filled in from the plan and the layout. */
import { tensor, type Tensor } from "@selectron/core";
import { TransformerEncoder, type BlockConfig, type EncoderConfig } from "@selectron/nn";
import { refuse } from "../refusal.js";
import { layersOf, type WiredUnit } from "./layers.js";
import { BOS_COORDINATE, type Layout } from "./layout.js";
import { bosDimensions, type Arithmetic } from "../plan/ir/arithmetic.js";
import type { Head, Plan } from "../plan/ir/plan.js";
import { constantRead, readAtBos, type Read } from "../plan/ir/read.js";

export interface Assembled {
  readonly model: TransformerEncoder;
  /** What each head of each layer computes, in words. */
  readonly heads: readonly (readonly string[])[];
}

/**
 * Token id 0 and position 0 are BOS. Position i of the input is row i + 1.
 *
 * @param tokenIds - the ids of the tokens, in the order of the embedding's values
 */
export function assemble(plan: Plan, layout: Layout, causal: boolean, tokenIds: readonly number[]): Assembled {
  return assembleParts([{ plan, layout }], layout.labels.length, causal, tokenIds);
}

/** A plan whose layers come after those of others, with coordinates beside theirs. */
export interface Part {
  readonly plan: Plan;
  readonly layout: Layout;
  /** Feed-forward sublayers after its layers. */
  readonly updates?: readonly Update[];
}

/** Hidden units that are no feature of a plan, and what is added to some coordinates at every position. */
export interface Update {
  readonly units: readonly WiredUnit[];
  readonly bias: ReadonlyMap<number, number>;
}

/**
 * The layers of several plans one after the other. The outputs are those of the last.
 *
 * @param dModel - the width of the residual stream, in which each plan has coordinates of its own
 */
export function assembleParts(
  parts: readonly Part[],
  dModel: number,
  causal: boolean,
  tokenIds: readonly number[],
): Assembled {
  const layers = parts.map(({ plan, layout }) => layersOf(plan, layout));
  const blocks = parts.flatMap(({ updates = [] }, p) => [
    ...layers[p]!.map(({ config }) => config),
    ...updates.map(({ units }) => ({ heads: 0, dHead: 0, dFf: Math.max(1, units.length) })),
  ]);
  const config = configOf(parts.at(-1)!.plan, dModel, blocks, causal);
  const weights = new Weights(config);
  let first = 0;
  for (const [p, { plan, layout, updates = [] }] of parts.entries()) {
    fillEmbeddings(weights, plan, layout, config.maxLength, tokenIds);
    layers[p]!.forEach(({ config: block, heads, units }, index) => {
      const path = `blocks.${first + index}`;
      if (block.heads > 0) fillAttention(weights, `${path}.attention`, heads, block, layout, plan.arithmetic);
      if (block.dFf === 0) return;
      fillFeedForward(weights, `${path}.feedForward`, units);
      removeAnchors(weights, `${path}.feedForward`, plan, layout, index + 1);
    });
    first += layers[p]!.length;
    for (const update of updates) {
      const path = `blocks.${first++}.feedForward`;
      fillFeedForward(weights, path, update.units);
      const bias = weights.matrix(`${path}.output.bias`);
      for (const [coordinate, value] of update.bias) bias.set(0, coordinate, value);
    }
  }
  const { plan, layout } = parts.at(-1)!;
  fillUnembedding(weights, plan, layout);
  return {
    model: new TransformerEncoder(config, weights.tensors()),
    heads: layers.flatMap((ofPart, p) => [
      ...ofPart.map(({ heads }) => heads.map((head) => head.label)),
      ...(parts[p]!.updates ?? []).map(() => []),
    ]),
  };
}

/** How many layers a plan has in this layout. */
export const layerCount = (plan: Plan, layout: Layout): number => layersOf(plan, layout).length;

/** How many weights the plan has in this layout. */
export function parameterCount(plan: Plan, layout: Layout): number {
  const blocks = layersOf(plan, layout).map(({ config }) => config);
  const shapes = TransformerEncoder.parameterShapes(configOf(plan, layout.labels.length, blocks, false));
  return [...shapes.values()].reduce((sum, shape) => sum + shape.reduce((size, n) => size * n, 1), 0);
}

function configOf(plan: Plan, dModel: number, blocks: readonly BlockConfig[], causal: boolean): EncoderConfig {
  return {
    vocabularySize: plan.embeddings.tokens.names.length + 1,
    maxLength: plan.embeddings.indices.names.length + 1,
    dModel,
    blocks,
    outputs: plan.outputs.reduce((sum, { reads }) => sum + reads.length, 0),
    ...(causal ? { causal } : {}),
  };
}

function fillEmbeddings(weights: Weights, plan: Plan, layout: Layout, rows: number, tokenIds: readonly number[]): void {
  const tokens = weights.matrix("embedding.token.weight");
  tokens.set(0, BOS_COORDINATE, 1);
  for (const { coordinate, values } of layout.embedding(plan.embeddings.tokens)) {
    values.forEach((value, v) => tokens.set(tokenIds[v]!, coordinate, value));
  }
  const positions = weights.matrix("embedding.position.weight");
  for (const { coordinate, values } of layout.embedding(plan.embeddings.indices)) {
    values.forEach((value, i) => positions.set(i + 1, coordinate, value));
  }
  for (const [subspace, { value }] of plan.anchors) {
    for (const c of subspace.names.keys()) {
      for (let row = 0; row < rows; row++) positions.set(row, layout.coordinate(subspace, c), value);
    }
  }
}

function fillAttention(
  weights: Weights,
  path: string,
  heads: readonly Head[],
  { dHead }: BlockConfig,
  layout: Layout,
  arithmetic: Arithmetic,
): void {
  const scale = Math.sqrt(dHead); // nn divides scores by it
  const part = (name: string): ((read: Read, atBos: number, column: number, factor: number) => void) => {
    const matrix = weights.matrix(`${path}.${name}.weight`);
    const biases = weights.matrix(`${path}.${name}.bias`);
    return (read, atBos, column, factor) => {
      const { weights: entries, bias } = layout.resolve(read);
      for (const [coordinate, weight] of entries) matrix.set(coordinate, column, factor * weight);
      matrix.set(BOS_COORDINATE, column, factor * (atBos - readAtBos(read)));
      biases.set(0, column, factor * bias);
    };
  };
  const [query, key, value] = [part("query"), part("key"), part("value")];
  const output = weights.matrix(`${path}.output.weight`);
  heads.forEach((head, h) => {
    const start = h * dHead;
    head.queries.forEach((read, d) => query(read, 0, start + d, scale));
    head.keys.forEach((read, d) => key(read, 0, start + d, 1));
    bosDimensions(head, arithmetic).forEach((dimension, d) => {
      const column = start + head.keys.length + d;
      query(constantRead(dimension.query), dimension.queryAtBos, column, scale);
      key(constantRead(dimension.key), dimension.keyAtBos, column, 1);
    });
    head.values.forEach(({ read, atBos, scale: factor, target, coordinate }, d) => {
      value(read, atBos, start + d, 1);
      output.set(start + d, layout.coordinate(target, coordinate), factor);
    });
  });
}

function fillFeedForward(weights: Weights, path: string, units: readonly WiredUnit[]): void {
  const hidden = weights.matrix(`${path}.hidden.weight`);
  const bias = weights.matrix(`${path}.hidden.bias`);
  const output = weights.matrix(`${path}.output.weight`);
  units.forEach((unit, u) => {
    for (const [coordinate, weight] of unit.input) hidden.set(coordinate, u, weight);
    bias.set(0, u, unit.bias);
    for (const [coordinate, weight] of unit.output) output.set(u, coordinate, weight);
  });
}

/** The anchors of a layer's subspaces are taken away by the bias of its feed-forward sublayer. */
function removeAnchors(weights: Weights, path: string, plan: Plan, layout: Layout, layer: number): void {
  const bias = weights.matrix(`${path}.output.bias`);
  for (const [subspace, { value }] of plan.anchors) {
    if (subspace.layer !== layer) continue;
    for (const c of subspace.names.keys()) bias.set(0, layout.coordinate(subspace, c), -value);
  }
}

function fillUnembedding(weights: Weights, plan: Plan, layout: Layout): void {
  const unembedding = weights.matrix("unembedding.weight");
  const bias = weights.matrix("unembedding.bias");
  plan.outputs
    .flatMap(({ reads }) => reads)
    .forEach((read, column) => {
      const resolved = layout.resolve(read);
      for (const [coordinate, weight] of resolved.weights) unembedding.set(coordinate, column, weight);
      bias.set(0, column, resolved.bias);
    });
}

/** Zeros for every parameter of the model, to be filled entry by entry. */
class Weights {
  readonly #shapes: Map<string, number[]>;
  readonly #data = new Map<string, Float32Array>();

  constructor(config: EncoderConfig) {
    this.#shapes = TransformerEncoder.parameterShapes(config);
    for (const [name, shape] of this.#shapes) this.#data.set(name, new Float32Array(shape.reduce((a, b) => a * b, 1)));
  }

  matrix(name: string): { set(row: number, column: number, value: number): void } {
    const data = this.#data.get(name)!;
    const columns = this.#shapes.get(name)!.at(-1)!;
    return { set: (row, column, value) => void (data[row * columns + column] = value) };
  }

  /** @throws RaspError of class `compile` if a weight is not a finite float32: no such model leaves the compiler */
  tensors(): Map<string, Tensor> {
    for (const [name, data] of this.#data) {
      const wrong = data.find((weight) => !Number.isFinite(weight));
      if (wrong !== undefined) {
        refuse(undefined, `a weight of ${name} would be ${wrong}`, "use smaller numbers: float32 ends at 3.4e+38");
      }
    }
    return new Map([...this.#data].map(([name, data]) => [name, tensor(data, this.#shapes.get(name)!)]));
  }
}
