/**
 * A compiled model without its labels: the weights, the names of the tokens, and how the outputs are read. The weights are plain matrices
 * of 64-bit numbers; the products that matter are computed once.
 */
import type { Tensor } from "@selectron/core";
import { widthOf, type Decoding } from "../../../compiler/plan/ir/decoding.js";
import type { OutputCard } from "../../../compiler/model/model-card.js";
import type { CompiledModel } from "../../../compiler/model/compiled-model.js";
import type { Atom } from "../../../language/graph/node.js";

/** Numbers row by row. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/** An affine map of the residual stream: x · weight + bias. */
export interface Affine {
  readonly weight: Matrix;
  readonly bias: Float64Array;
}

/** One head. Its scores are query(x) · key(y); `written` are the residual coordinates that it adds `value` to. */
export interface HeadWeights {
  /** The head's number in its layer; of several that attend alike, the first one's. */
  readonly head: number;
  readonly query: Affine;
  readonly key: Affine;
  /** From a key's residual stream to each written coordinate: W_V W_O. */
  readonly value: Affine;
  readonly written: readonly number[];
}

export interface LayerWeights {
  readonly heads: readonly HeadWeights[];
  readonly hidden: Affine;
  readonly output: Matrix;
  /** What the hidden units write: coordinates that one function computes. Undefined where the coordinates alone say it. */
  readonly written?: readonly (readonly number[])[];
  /** The output biases of both sublayers. */
  readonly constant: { readonly attention: Float64Array; readonly feedForward: Float64Array };
}

export interface CompiledWeights {
  readonly vocabulary: readonly Atom[];
  /** Without BOS. */
  readonly maxLength: number;
  readonly causal: boolean;
  readonly dModel: number;
  /** Row 0 is BOS. */
  readonly tokens: Matrix;
  readonly positions: Matrix;
  readonly layers: readonly LayerWeights[];
  readonly outputs: readonly OutputWeights[];
}

/** An output: how it is read off the residual stream, and what the reading means. */
export interface OutputWeights {
  readonly name: string;
  readonly decoding: Decoding;
  readonly unembedding: Affine;
}

/** The weights of a compiled model. Of its card only the vocabulary, the decoding and the sizes are used. */
export function weightsOf({ model, card }: CompiledModel): CompiledWeights {
  const { dModel, blocks } = model.config;
  const parameters = model.parameters();
  const matrix = (name: string): Matrix => matrixOf(parameters.get(name)!);
  const vector = (name: string): Float64Array => Float64Array.from(parameters.get(name)!.data);
  const affine = (path: string): Affine => ({ weight: matrix(`${path}.weight`), bias: vector(`${path}.bias`) });
  return {
    vocabulary: card.vocabulary,
    maxLength: card.maxLength,
    causal: model.config.causal === true,
    dModel,
    tokens: matrix("embedding.token.weight"),
    positions: matrix("embedding.position.weight"),
    outputs: outputsOf(affine("unembedding"), card.outputs),
    layers: blocks.map(({ heads, dHead, dFf }, layer): LayerWeights => {
      const [attention, feedForward] = [`blocks.${layer}.attention`, `blocks.${layer}.feedForward`];
      const zeros = new Float64Array(dModel);
      return {
        heads: heads === 0 ? [] : headsOf(affine, attention, heads, dHead),
        hidden: dFf === 0 ? noUnits(dModel) : affine(`${feedForward}.hidden`),
        output: dFf === 0 ? { rows: 0, columns: dModel, data: zeros } : matrix(`${feedForward}.output.weight`),
        constant: {
          attention: heads === 0 ? zeros : vector(`${attention}.output.bias`),
          feedForward: dFf === 0 ? zeros : vector(`${feedForward}.output.bias`),
        },
      };
    }),
  };
}

function outputsOf(unembedding: Affine, cards: readonly OutputCard[]): OutputWeights[] {
  let from = 0;
  return cards.map(({ name, decoding }) => {
    const width = widthOf(decoding);
    from += width;
    return { name, decoding, unembedding: columnsOf(unembedding, from - width, width) };
  });
}

function headsOf(affine: (path: string) => Affine, path: string, heads: number, dHead: number): HeadWeights[] {
  const [query, key, value, output] = ["query", "key", "value", "output"].map((name) => affine(`${path}.${name}`));
  const scale = 1 / Math.sqrt(dHead);
  const each = Array.from({ length: heads }, (_, head): HeadWeights => {
    const part = (whole: Affine): Affine => columnsOf(whole, head * dHead, dHead);
    const q = part(query!);
    const out = rowsOf(output!.weight, head * dHead, dHead);
    const written = Array.from({ length: out.columns }, (_, c) => c).filter((c) => column(out, c).some((w) => w !== 0));
    return {
      head,
      query: {
        weight: { ...q.weight, data: q.weight.data.map((w) => w * scale) },
        bias: q.bias.map((w) => w * scale),
      },
      key: part(key!),
      value: through(part(value!), out, written),
      written,
    };
  });
  return each.reduce<HeadWeights[]>((known, head) => {
    const alike = known.findIndex((other) => attendAlike(other, head));
    return alike < 0 ? [...known, head] : known.with(alike, together(known[alike]!, head));
  }, []);
}

/** Whether the heads have the same scores and write to different coordinates: a value too wide for one head is copied by several. */
const attendAlike = (a: HeadWeights, b: HeadWeights): boolean =>
  sameAffine(a.query, b.query) && sameAffine(a.key, b.key) && !b.written.some((c) => a.written.includes(c));

const sameAffine = (a: Affine, b: Affine): boolean => same(a.weight.data, b.weight.data) && same(a.bias, b.bias);

const same = (a: Float64Array, b: Float64Array): boolean => a.length === b.length && a.every((x, i) => x === b[i]);

function together(a: HeadWeights, b: HeadWeights): HeadWeights {
  const columns = a.written.length + b.written.length;
  const data = new Float64Array(a.value.weight.rows * columns);
  for (let r = 0; r < a.value.weight.rows; r++) {
    data.set(row(a.value.weight, r), r * columns);
    data.set(row(b.value.weight, r), r * columns + a.written.length);
  }
  const weight = { rows: a.value.weight.rows, columns, data };
  const bias = Float64Array.from([...a.value.bias, ...b.value.bias]);
  return { ...a, value: { weight, bias }, written: [...a.written, ...b.written] };
}

const matrixOf = ({ data, shape }: Tensor): Matrix => ({
  rows: shape[0]!,
  columns: shape[1]!,
  data: Float64Array.from(data),
});

const noUnits = (dModel: number): Affine => ({
  weight: { rows: dModel, columns: 0, data: new Float64Array(0) },
  bias: new Float64Array(0),
});

export const dot = (x: Float64Array, y: Float64Array): number => x.reduce((sum, v, d) => sum + v * y[d]!, 0);

export const row = ({ columns, data }: Matrix, r: number): Float64Array =>
  data.subarray(r * columns, (r + 1) * columns);

export const column = ({ rows, columns, data }: Matrix, c: number): Float64Array =>
  Float64Array.from({ length: rows }, (_, r) => data[r * columns + c]!);

const rowsOf = ({ columns, data }: Matrix, from: number, rows: number): Matrix => ({
  rows,
  columns,
  data: data.slice(from * columns, (from + rows) * columns),
});

function columnsOf({ weight, bias }: Affine, from: number, columns: number): Affine {
  const data = new Float64Array(weight.rows * columns);
  for (let r = 0; r < weight.rows; r++) data.set(row(weight, r).subarray(from, from + columns), r * columns);
  return { weight: { rows: weight.rows, columns, data }, bias: bias.slice(from, from + columns) };
}

/** The affine map followed by some columns of a matrix. */
function through({ weight, bias }: Affine, next: Matrix, columns: readonly number[]): Affine {
  const times = (x: Float64Array): Float64Array =>
    Float64Array.from(columns, (c) => x.reduce((sum, value, d) => sum + value * next.data[d * next.columns + c]!, 0));
  const data = new Float64Array(weight.rows * columns.length);
  for (let r = 0; r < weight.rows; r++) data.set(times(row(weight, r)), r * columns.length);
  return { weight: { rows: weight.rows, columns: columns.length, data }, bias: times(bias) };
}
