/**
 * A forward pass of a stack that keeps what each component writes, and in which each reader can be shown something else: edges are cut
 * here. Plain loops, sums in float64, each result rounded to float32 as a runtime would; a compiled model's certificate is for any order of
 * its sums, so it answers here as anywhere.
 */
import type { Affine, Norm, Stack, StackHead, StackLayer } from "./stack.js";

/** What one pass computed for one input. */
export interface Pass {
  /** [positions, columns]. */
  readonly logits: Float32Array;
  /** What each writer added to the residual stream, [positions, dModel] each. */
  readonly written: readonly Float32Array[];
}

/** What a reader sees of a writer instead of what the writer wrote. */
export interface Replaced {
  readonly writer: number;
  /** [positions, dModel]; undefined for nothing. */
  readonly by: Float32Array | undefined;
}

/** The edges that are cut: for the index of a reader. */
export type Cuts = (reader: number) => readonly Replaced[];

const NO_CUTS: Cuts = () => [];

/** @param ids - token ids, BOS first */
export function forward(stack: Stack, ids: readonly number[], cuts: Cuts = NO_CUTS): Pass {
  const run = new Run(stack, ids, cuts);
  for (const layer of stack.layers) run.layer(layer);
  return { logits: run.logits(), written: run.written };
}

/** A pass on its way. */
class Run {
  readonly written: Float32Array[];
  readonly #stack: Stack;
  readonly #cuts: Cuts;
  readonly #rows: number;
  readonly #residual: Float32Array;
  #reader = 0;

  constructor(stack: Stack, ids: readonly number[], cuts: Cuts) {
    const { dModel, tokens, positions } = stack;
    this.#stack = stack;
    this.#cuts = cuts;
    this.#rows = ids.length;
    const embed = new Float32Array(ids.length * dModel);
    ids.forEach((id, i) => embed.set(tokens.subarray(id * dModel, (id + 1) * dModel), i * dModel));
    const position = positions.slice(0, ids.length * dModel);
    this.written = [embed, position];
    this.#residual = embed.map((x, i) => x + position[i]!);
  }

  layer({ heads, attentionBias, hidden, output, norms }: StackLayer): void {
    const results = heads.map((head) => this.#head(head, norms?.[0]));
    this.written.push(...results);
    if (heads.length > 0) this.#add(results, attentionBias);
    const units = mapped(this.#read(norms?.[1]), hidden, this.#rows);
    const activated = this.#stack.activation === "relu" ? units.map((x) => Math.max(x, 0)) : units.map(gelu);
    const added = mapped(activated, output, this.#rows);
    this.written.push(added);
    this.#add([added]);
  }

  logits(): Float32Array {
    return mapped(this.#read(this.#stack.finalNorm), this.#stack.unembedding, this.#rows);
  }

  #head({ query, key, value, output }: StackHead, norm: Norm | undefined): Float32Array {
    const [q, k, v] = [query, key, value].map((map) => mapped(this.#read(norm), map, this.#rows)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const mixed = attended(q, k, v, this.#rows, this.#stack.causal);
    const dHead = value.outputs;
    const bias = new Float32Array(this.#stack.dModel);
    return mapped(mixed, { inputs: dHead, outputs: this.#stack.dModel, weight: output, bias }, this.#rows);
  }

  /** The residual stream as the next reader sees it. */
  #read(norm: Norm | undefined): Float32Array {
    const replaced = this.#cuts(this.#reader++);
    const changes = replaced.length > 0 ? this.#changes(replaced) : undefined;
    if (!norm) return changes ? this.#residual.map((x, i) => x + changes[i]!) : this.#residual;
    return normed(this.#residual, norm, changes);
  }

  /** What is added to the residual stream where writers are replaced. */
  #changes(replaced: readonly Replaced[]): Float64Array {
    const sum = new Float64Array(this.#residual.length);
    for (const { writer, by } of replaced) {
      const own = this.written[writer]!;
      for (let i = 0; i < sum.length; i++) sum[i]! += (by ? by[i]! : 0) - own[i]!;
    }
    return sum;
  }

  #add(results: readonly Float32Array[], bias?: Float32Array): void {
    const { dModel } = this.#stack;
    for (let i = 0; i < this.#residual.length; i++) {
      let sum = bias ? bias[i % dModel]! : 0;
      for (const result of results) sum += result[i]!;
      this.#residual[i]! += Math.fround(sum);
    }
  }
}

/** [rows, inputs] → [rows, outputs]. */
export function mapped(x: ArrayLike<number>, { inputs, outputs, weight, bias }: Affine, rows: number): Float32Array {
  const out = new Float32Array(rows * outputs);
  const sums = new Float64Array(outputs);
  for (let r = 0; r < rows; r++) {
    sums.set(bias);
    for (let c = 0; c < inputs; c++) {
      const value = x[r * inputs + c]!;
      if (value === 0) continue;
      for (let o = 0, at = c * outputs; o < outputs; o++) sums[o]! += value * weight[at + o]!;
    }
    out.set(sums, r * outputs);
  }
  return out;
}

/** Softmax attention of one head: [rows, dHead] each. */
function attended(q: Float32Array, k: Float32Array, v: Float32Array, rows: number, causal: boolean): Float32Array {
  const dHead = q.length / rows;
  const out = new Float32Array(q.length);
  const shares = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const keys = causal ? i + 1 : rows;
    let highest = -Infinity;
    for (let j = 0; j < keys; j++) {
      let score = 0;
      for (let d = 0; d < dHead; d++) score += q[i * dHead + d]! * k[j * dHead + d]!;
      shares[j] = Math.fround(score / Math.sqrt(dHead));
      highest = Math.max(highest, shares[j]!);
    }
    let total = 0;
    for (let j = 0; j < keys; j++) total += shares[j] = Math.exp(shares[j]! - highest);
    for (let d = 0; d < dHead; d++) {
      let sum = 0;
      for (let j = 0; j < keys; j++) sum += Math.fround(shares[j]! / total) * v[j * dHead + d]!;
      out[i * dHead + d] = sum;
    }
  }
  return out;
}

/**
 * Layer norm of each row. Changes are made after it, as large as the row's own gain makes them, so that a reader's other inputs are
 * what they were: layer norm is frozen.
 */
function normed(x: Float32Array, { gain, bias, epsilon }: Norm, changes: Float64Array | undefined): Float32Array {
  const width = gain.length;
  const out = new Float32Array(x.length);
  for (let start = 0; start < x.length; start += width) {
    const row = x.subarray(start, start + width);
    const mean = meanOf(row);
    const change = changes?.subarray(start, start + width);
    const shift = change ? meanOf(change) : 0;
    let square = 0;
    for (const value of row) square += (value - mean) ** 2;
    const scale = 1 / Math.sqrt(square / width + epsilon);
    for (let c = 0; c < width; c++) {
      const changed = row[c]! - mean + (change ? change[c]! - shift : 0);
      out[start + c] = changed * scale * gain[c]! + bias[c]!;
    }
  }
  return out;
}

function meanOf(row: ArrayLike<number>): number {
  let sum = 0;
  for (let c = 0; c < row.length; c++) sum += row[c]!;
  return sum / row.length;
}

/** GELU in its tanh form. */
const gelu = (x: number): number => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
