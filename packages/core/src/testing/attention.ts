/**
 * Conformance of the attention kernels. The forward pass is compared with softmax(S) V written out; the backward pass
 * with differences of that, along random directions, so that no formula for a gradient is trusted.
 */
import type { AttentionCall, AttentionPattern, HeadsView, Kernels } from "../kernels/kernels.js";
import { Rng } from "../random.js";
import { assertNear, blank, normals, ROUNDOFF, type ConformanceCase } from "./support.js";

/** Sizes and layout of a case. */
interface Sizes {
  readonly batch: number;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  readonly width: number;
  readonly valueWidth: number;
  /** Heads side by side in one row, or one after the other. */
  readonly sideBySide: boolean;
}

/** Dense data [batch, heads, rows, width] or [batch, rows, heads, width], behind a margin. */
function heads(sizes: Sizes, rows: number, width: number, data: Float32Array): HeadsView {
  const { heads: count, sideBySide } = sizes;
  const strides = sideBySide
    ? { headStride: width, rowStride: count * width }
    : { headStride: rows * width, rowStride: width };
  return { data, offset: 3, batchStride: rows * count * width, ...strides };
}

const lengthOf = ({ batch, heads: count }: Sizes, rows: number, width: number): number =>
  3 + batch * count * rows * width;

const at = (x: HeadsView, b: number, h: number, i: number): number =>
  x.offset + b * x.batchStride + h * x.headStride + i * x.rowStride;

function isVisible(call: AttentionPattern, b: number, i: number, j: number): boolean {
  const distance = j - (i + call.keys - call.queries);
  if (-distance > (call.before ?? Infinity) || distance > (call.after ?? Infinity)) return false;
  if (call.hiddenKeys && call.hiddenKeys[b * call.keys + j] !== 0) return false;
  if (!call.blocks) return true;
  const { size, visible } = call.blocks;
  return visible[Math.floor(i / size) * Math.ceil(call.keys / size) + Math.floor(j / size)] !== 0;
}

type Inputs = Pick<AttentionCall, "query" | "key" | "value">;
type Numbers = (name: "query" | "key" | "value", index: number) => number;

/** For every query: its result, the log of its sum, and how much rounding it may carry. Inputs come through `read`. */
function plainAttention(
  call: AttentionPattern & Inputs,
  read: Numbers,
  visit: (b: number, h: number, i: number, result: number[], logSum: number, slack: number) => void,
): void {
  const { batch, heads: count, queries, keys, width, valueWidth, scale, bias, query, key, value } = call;
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < count; h++) {
      for (let i = 0; i < queries; i++) {
        let size = 0;
        const scores = Array.from({ length: keys }, (_, j) => {
          if (!isVisible(call, b, i, j)) return -Infinity;
          let sum = 0;
          let magnitude = 0;
          for (let c = 0; c < width; c++) {
            const product = read("query", at(query, b, h, i) + c) * read("key", at(key, b, h, j) + c);
            sum += product;
            magnitude += Math.abs(product);
          }
          size = Math.max(size, Math.abs(scale) * magnitude);
          return scale * sum + (bias ? bias.data[at(bias, b, h, i) + j]! : 0);
        });
        const most = Math.max(...scores);
        const weights = scores.map((score) => (score === -Infinity ? 0 : Math.exp(score - most)));
        const total = weights.reduce((a, w) => a + w, 0);
        const result = Array.from({ length: valueWidth }, (_, c) =>
          total === 0
            ? 0
            : weights.reduce((a, w, j) => a + (w === 0 ? 0 : w * read("value", at(value, b, h, j) + c)), 0) / total,
        );
        const logSum = most === -Infinity ? -Infinity : most + Math.log(total);
        visit(b, h, i, result, logSum, ROUNDOFF * ((width + 4) * (1 + size) + keys + 16));
      }
    }
  }
}

/** A random call and everything it writes. */
function draw(
  rng: Rng,
  sizes: Sizes,
  pattern: Partial<AttentionPattern> = {},
): AttentionCall & { logSumExp: Float32Array } {
  const { queries, keys, width, valueWidth, batch, heads: count } = sizes;
  const operand = (rows: number, columns: number) =>
    heads(sizes, rows, columns, normals(rng, lengthOf(sizes, rows, columns)));
  return {
    ...sizes,
    scale: 1 / Math.sqrt(Math.max(1, width)),
    ...pattern,
    query: operand(queries, width),
    key: operand(keys, width),
    value: operand(keys, valueWidth),
    out: heads(sizes, queries, valueWidth, blank(lengthOf(sizes, queries, valueWidth))),
    logSumExp: blank(batch * count * queries),
  };
}

const described = (call: AttentionPattern): string =>
  `${call.batch}×${call.heads} heads, ${call.queries} queries, ${call.keys} keys, widths ${call.width}, ${call.valueWidth}`;

/** Compares a call's result with the plain one, and that nothing else was written. */
export function checkAttention(kernels: Kernels, call: AttentionCall & { logSumExp: Float32Array }): void {
  kernels.attention(call);
  const { out, queries, heads: count } = call;
  const margin = [...out.data.subarray(0, 3)];
  if (margin.some((value) => !Number.isNaN(value))) {
    throw new Error(`attention wrote before its result: ${String(margin)}.`);
  }
  plainAttention(
    call,
    (name, index) => call[name].data[index]!,
    (b, h, i, result, logSum, slack) => {
      const label = `attention, ${described(call)}: (${b}, ${h}, ${i})`;
      const scale = 4 + Math.max(0, ...result.map(Math.abs));
      result.forEach((value, c) => {
        assertNear(`${label}, column ${c}`, out.data[at(out, b, h, i) + c], value, slack * scale);
      });
      assertNear(
        `${label}, logSumExp`,
        call.logSumExp[(b * count + h) * queries + i],
        logSum,
        slack * 4 + 4 * ROUNDOFF * Math.abs(logSum),
      );
    },
  );
}

/** Compares the gradients of Σ out ⊙ weight with differences of it along random directions. */
export function checkAttentionBackward(
  kernels: Kernels,
  call: AttentionCall & { logSumExp: Float32Array },
  rng: Rng,
): void {
  const sizes = call as AttentionCall & { logSumExp: Float32Array; sideBySide: boolean };
  kernels.attention(call);
  const { queries, keys, width, valueWidth } = call;
  const weight = heads(sizes, queries, valueWidth, normals(rng, lengthOf(sizes, queries, valueWidth)));
  const gradient = (rows: number, columns: number) =>
    heads(sizes, rows, columns, blank(lengthOf(sizes, rows, columns)));
  const gradients = {
    query: gradient(queries, width),
    key: gradient(keys, width),
    value: gradient(keys, valueWidth),
  };
  kernels.attentionBackward({
    ...call,
    outGradient: weight,
    queryGradient: gradients.query,
    keyGradient: gradients.key,
    valueGradient: gradients.value,
  });
  const loss = (read: Numbers): number => {
    let total = 0;
    plainAttention(call, read, (b, h, i, result) => {
      const from = at(weight, b, h, i);
      for (let c = 0; c < valueWidth; c++) total += result[c]! * weight.data[from + c]!;
    });
    return total;
  };
  for (const name of ["query", "key", "value"] as const) {
    const { data } = gradients[name];
    const direction = normals(rng, data.length).fill(0, 0, 3);
    const step = 1e-4;
    const along = (sign: number) =>
      loss((operand, index) => call[operand].data[index]! + (operand === name ? sign * step * direction[index]! : 0));
    const expected = (along(1) - along(-1)) / (2 * step);
    let actual = 0;
    let magnitude = 0;
    for (let i = 3; i < data.length; i++) {
      actual += data[i]! * direction[i]!;
      magnitude += Math.abs(data[i]! * direction[i]!);
    }
    assertNear(`attentionBackward, ${described(call)}: along ${name}`, actual, expected, 2e-5 * (1 + magnitude));
  }
}

const small: Sizes = { batch: 2, heads: 3, queries: 7, keys: 7, width: 5, valueWidth: 6, sideBySide: true };

const shapes: readonly Sizes[] = [
  small,
  { ...small, batch: 1, heads: 1, queries: 1, keys: 1, width: 1, valueWidth: 1 },
  { ...small, keys: 0 },
  { ...small, queries: 0 },
  { ...small, queries: 1, keys: 33, width: 8, valueWidth: 8 },
  { ...small, queries: 37, keys: 67, width: 16, valueWidth: 3, sideBySide: false },
  { ...small, batch: 1, heads: 2, queries: 70, keys: 131, width: 13, valueWidth: 24 },
  { ...small, batch: 1, heads: 1, queries: 65, keys: 65, width: 64, valueWidth: 64, sideBySide: false },
  { ...small, batch: 1, heads: 1, queries: 3, keys: 1100, width: 4, valueWidth: 4 },
];

/** Masks by name, for given sizes. */
const patterns: Record<string, (sizes: Sizes, rng: Rng) => Partial<AttentionPattern>> = {
  "no mask": () => ({}),
  causal: () => ({ after: 0 }),
  "a window": () => ({ before: 5, after: 3 }),
  "a causal window": () => ({ before: 9, after: 0 }),
  "hidden keys, one row all hidden": ({ batch, keys }, rng) => ({
    hiddenKeys: Float32Array.from({ length: batch * keys }, (_, i) => (i < keys || rng.float() < 0.3 ? 1 : 0)),
  }),
  "a bias": ({ batch, heads: count, queries, keys }, rng) => ({
    bias: {
      data: normals(rng, batch * count * queries * keys),
      offset: 0,
      batchStride: count * queries * keys,
      headStride: queries * keys,
      rowStride: keys,
    },
  }),
  "one bias for all heads, causal": ({ queries, keys }, rng) => ({
    bias: { data: normals(rng, queries * keys), offset: 0, batchStride: 0, headStride: 0, rowStride: keys },
    after: 0,
  }),
  "blocks of 8": ({ queries, keys }, rng) => ({
    blocks: {
      size: 8,
      visible: Uint8Array.from({ length: Math.ceil(queries / 8) * Math.ceil(keys / 8) }, () => rng.int(2)),
    },
  }),
  "blocks of 5, causal": ({ queries, keys }, rng) => ({
    blocks: {
      size: 5,
      visible: Uint8Array.from({ length: Math.ceil(queries / 5) * Math.ceil(keys / 5) }, () => rng.int(2)),
    },
    after: 0,
  }),
};

export function attentionCases(kernels: Kernels): ConformanceCase[] {
  const cases = Object.entries(patterns).flatMap(([name, pattern]) => [
    {
      name: `attention with ${name}`,
      run: () => {
        const rng = new Rng(8);
        for (const sizes of shapes) checkAttention(kernels, draw(rng, sizes, pattern(sizes, rng)));
      },
    },
    {
      name: `attentionBackward with ${name}`,
      run: () => {
        const rng = new Rng(9);
        for (const sizes of shapes) checkAttentionBackward(kernels, draw(rng, sizes, pattern(sizes, rng)), rng);
      },
    },
  ]);
  return [
    ...cases,
    {
      name: "attention at scores of ±1000, and NaN stays in its query",
      run: () => {
        const rng = new Rng(10);
        const sizes = { ...small, batch: 1, heads: 1, queries: 9, keys: 40 };
        checkAttention(kernels, draw(rng, sizes, { scale: 300 }));
        const call = draw(rng, sizes);
        call.query.data[3 + 4 * sizes.width] = NaN;
        kernels.attention(call);
        call.out.data.subarray(3).forEach((value, index) => {
          const inside = Math.floor(index / sizes.valueWidth) === 4;
          if (Number.isNaN(value) !== inside) {
            throw new Error(`attention with a NaN query: element ${index} is ${value}.`);
          }
        });
      },
    },
  ];
}
