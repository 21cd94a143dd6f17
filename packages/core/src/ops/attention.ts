/** Scaled dot-product attention (Vaswani et al. 2017, arXiv 1706.03762, section 3.2.1) without storing its pattern. */
import { aFinite, aFlag, anInteger, anObjectWith, aTensor, check, checkOptions, misfit, numbers } from "../checks.js";
import { elementsOf, readAgain, storageOf } from "../elements.js";
import { ShapeError } from "../errors.js";
import type { AttentionBlocks, AttentionPattern, HeadsView } from "../kernels/kernels.js";
import { referenceAttention, referenceAttentionBackward, seesKey } from "../reference/attention.js";
import { allocate, kernelsOr } from "../registry.js";
import { formatShape, sizeOf, type Shape } from "../shape.js";
import { isRecorded, Made, recorded, type Backward } from "../tape.js";
import { Tensor } from "../tensor.js";
import { broadcastTo } from "./movement.js";

/** Options of `attention`. */
export interface AttentionOptions {
  /** Factor on the scores, 1 / √width by default. */
  readonly scale?: number | undefined;
  /** Whether a query sees no later key; false by default. Query i is at position i + keys − queries. */
  readonly causal?: boolean | undefined;
  /** A query sees at most this many keys before its position, and after it unless causal. */
  readonly window?: number | undefined;
  /** Broadcasts to [B, keys]; not 0 where a key is hidden from every query. */
  readonly hiddenKeys?: Tensor | undefined;
  /** Broadcasts to [B, H, queries, keys]; added to the scaled scores. */
  readonly bias?: Tensor | undefined;
  /** Which blocks of the pattern are computed; all by default. */
  readonly blocks?: AttentionBlocks | undefined;
}

const reference = { attention: referenceAttention, attentionBackward: referenceAttentionBackward };

const optionKinds = {
  scale: aFinite,
  causal: aFlag,
  window: anInteger(0),
  hiddenKeys: aTensor,
  bias: aTensor,
  blocks: anObjectWith("blocks: their size, and which are visible", "size", "visible"),
};

/** A [B, H, n, width] tensor whose rows are adjacent in memory, as the kernels read it. */
export function headsView(x: Tensor): HeadsView {
  const dense = x.strides[3] === 1 || x.shape[3]! <= 1 ? x : new Tensor(elementsOf(x), x.shape);
  const [batchStride, headStride, rowStride] = dense.strides as [number, number, number, number];
  return { data: storageOf(dense), offset: dense.offset, batchStride, headStride, rowStride };
}

/** Throws a ShapeError unless query, key and value fit together. */
export function checkAttentionShapes(operation: string, query: Tensor, key: Tensor, value: Tensor): void {
  for (const [name, x] of Object.entries({ query, key, value })) {
    if (!aTensor.fits(x)) throw misfit(`${operation}: ${name}`, x, aTensor);
  }
  const ranks = [query, key, value].every(({ rank }) => rank === 4);
  const fits =
    ranks &&
    [0, 1].every((axis) => query.shape[axis] === key.shape[axis] && key.shape[axis] === value.shape[axis]) &&
    query.shape[3] === key.shape[3] &&
    key.shape[2] === value.shape[2];
  if (!fits) {
    throw new ShapeError(
      `${operation}: query ${formatShape(query.shape)}, key ${formatShape(key.shape)} and value ${formatShape(value.shape)} ` +
        `do not fit; they must be [B, H, queries, width], [B, H, keys, width] and [B, H, keys, valueWidth].`,
    );
  }
}

/**
 * softmax(scale · query keyᵀ + bias) · value per batch row and head. A query that sees no key gets 0. Keys and values
 * must be finite even where they are masked.
 *
 * @param query - [B, H, queries, width]; like key and value, heads may lie side by side in memory (a permuted view)
 * @param key - [B, H, keys, width]
 * @param value - [B, H, keys, valueWidth]
 * @returns [B, H, queries, valueWidth], the heads of a position side by side in memory
 * @throws ShapeError if the shapes do not fit
 */
export function attention(query: Tensor, key: Tensor, value: Tensor, options: AttentionOptions = {}): Tensor {
  checkAttentionShapes("attention", query, key, value);
  checkOptions("attention", options, optionKinds);
  const [batch, heads, queries, width] = query.shape as [number, number, number, number];
  const [keys, valueWidth] = value.shape.slice(2) as [number, number];
  const { causal = false, window, hiddenKeys, bias, blocks, scale = 1 / Math.sqrt(width) } = options;
  const shape = [batch, heads, queries, valueWidth];
  if (blocks) {
    check("attention: blocks.size", blocks.size, anInteger(1));
    check("attention: blocks.visible", blocks.visible, numbers);
  }
  const blockCount = blocks && Math.ceil(queries / blocks.size) * Math.ceil(keys / blocks.size);
  if (blocks && blocks.visible.length !== blockCount) {
    throw new ShapeError(
      `attention: ${blocks.visible.length} blocks of ${blocks.size} do not cover ${queries} queries and ${keys} keys; pass ${blockCount}.`,
    );
  }
  if (bias?.requiresGrad && isRecorded([bias])) return unfused(query, key, value, options);
  const pattern: AttentionPattern = {
    batch,
    heads,
    queries,
    keys,
    width,
    valueWidth,
    scale,
    before: window,
    after: causal ? 0 : window,
    hiddenKeys: hiddenKeys && elementsOf(broadcastTo(hiddenKeys, [batch, keys])),
    bias: bias && headsView(broadcastTo(bias, [batch, heads, queries, keys])),
    blocks,
  };
  readAgain(key); // those of a decoder's cache
  readAgain(value);
  const operands = { query: headsView(query), key: headsView(key), value: headsView(value) };
  const result = sideBySide(shape);
  const out = headsView(result);
  const inputs = [query, key, value];
  const logSumExp = isRecorded(inputs) ? allocate(batch * heads * queries) : undefined;
  kernelsOr(reference).attention({ ...pattern, ...operands, out, logSumExp });
  const backward: Backward = (gradient) => {
    const gradients = inputs.map((input) => sideBySide(input.shape));
    const [queryGradient, keyGradient, valueGradient] = gradients.map(headsView) as [HeadsView, HeadsView, HeadsView];
    const outGradient = headsView(gradient);
    kernelsOr(reference).attentionBackward({
      ...pattern,
      ...operands,
      out,
      logSumExp: logSumExp!,
      outGradient,
      queryGradient,
      keyGradient,
      valueGradient,
    });
    return gradients;
  };
  return recorded("attention", inputs, storageOf(result), shape, backward, new Made(result.strides));
}

/**
 * A tensor [B, H, n, width], contents undefined, with the heads of a position side by side in memory, as linear maps
 * have them.
 */
export function sideBySide(shape: Shape): Tensor {
  const [, heads, length, width] = shape as [number, number, number, number];
  const rowStride = heads * width;
  return new Tensor(allocate(sizeOf(shape)), shape, new Made([length * rowStride, width, rowStride, 1]));
}

/** The same with the pattern in memory, for the gradient of the bias, which the kernels do not compute. */
function unfused(query: Tensor, key: Tensor, value: Tensor, options: AttentionOptions): Tensor {
  const [batch, , queries, width] = query.shape as [number, number, number, number];
  const keys = key.shape[2]!;
  const { causal = false, window = Infinity, hiddenKeys, bias, blocks, scale = 1 / Math.sqrt(width) } = options;
  const hidden = hiddenKeys && elementsOf(broadcastTo(hiddenKeys, [batch, keys]));
  const pattern = { queries, keys, before: window, after: causal ? 0 : window, hiddenKeys: hidden, blocks };
  const masked = allocate(batch * queries * keys);
  for (let b = 0, at = 0; b < batch; b++) {
    for (let i = 0; i < queries; i++) for (let j = 0; j < keys; j++) masked[at++] = seesKey(pattern, b, i, j) ? 0 : 1;
  }
  const scores = query.matmul(key.transpose(), { alpha: scale }).add(bias!);
  const visible = scores.maskedFill(new Tensor(masked, [batch, 1, queries, keys]), -Infinity);
  return visible.softmax().matmul(value);
}
