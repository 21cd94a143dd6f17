/**
 * Conformance of the attention kernels. The forward pass is compared with softmax(S) V written out; the backward pass
 * with differences of that, along random directions, so that no formula for a gradient is trusted.
 */
import type { AttentionBlocks, AttentionCall, AttentionPattern, HeadsView, Kernels } from "../kernels/kernels.js";
import { Rng } from "../random.js";
import {
  apart,
  buffersOf,
  checkGradients,
  forEachQuery,
  lengthOf,
  MARGIN,
  plainRow,
  rowStart,
  sideBySide,
  type Buffers,
  type PlainRow,
  type Sizes,
} from "./heads.js";
import { assertNear, blank, normals, ROUNDOFF, type ConformanceCase } from "./support.js";

/** Sizes and layout of a case. */
interface Shape extends Sizes {
  readonly layout: typeof sideBySide;
}

function isVisible(call: AttentionPattern, b: number, i: number, j: number): boolean {
  const distance = j - (i + call.keys - call.queries);
  if (-distance > (call.before ?? Infinity) || distance > (call.after ?? Infinity)) return false;
  if (call.hiddenKeys && call.hiddenKeys[b * call.keys + j] !== 0) return false;
  if (!call.blocks) return true;
  const { size, visible } = call.blocks;
  return visible[Math.floor(i / size) * Math.ceil(call.keys / size) + Math.floor(j / size)] !== 0;
}

function plain(call: AttentionCall, buffers: Buffers, b: number, h: number, i: number): PlainRow {
  const { keys, bias } = call;
  const visible = Array.from({ length: keys }, (_, j) => j).filter((j) => isVisible(call, b, i, j));
  return plainRow(call, buffers, [b, h, i], visible, {
    bias: (j) => (bias ? bias.data[rowStart(bias, b, h, i) + j]! : 0),
  });
}

type Call = AttentionCall & { logSumExp: Float32Array };

/** A random call and everything that it writes. */
function draw(rng: Rng, { layout, ...sizes }: Shape, pattern: Partial<AttentionPattern> = {}): Call {
  const { queries, keys, width, valueWidth, batch, heads } = sizes;
  const operand = (rows: number, columns: number): HeadsView =>
    layout(sizes, rows, columns, normals(rng, lengthOf(sizes, rows, columns)));
  return {
    ...sizes,
    scale: 1 / Math.sqrt(Math.max(1, width)),
    ...pattern,
    query: operand(queries, width),
    key: operand(keys, width),
    value: operand(keys, valueWidth),
    out: layout(sizes, queries, valueWidth, blank(lengthOf(sizes, queries, valueWidth))),
    logSumExp: blank(batch * heads * queries),
  };
}

const described = (call: AttentionPattern): string =>
  `${call.batch}×${call.heads} heads, ${call.queries} queries, ${call.keys} keys, widths ${call.width}, ${call.valueWidth}`;

/** Compares a call's result with the plain one, and checks that nothing was written before it. */
export function checkAttention(kernels: Kernels, call: Call): void {
  kernels.attention(call);
  const { out, queries, heads } = call;
  const margin = [...out.data.subarray(0, MARGIN)];
  if (margin.some((value) => !Number.isNaN(value))) {
    throw new Error(`attention wrote before its result: ${String(margin)}.`);
  }
  forEachQuery(call, (b, h, i) => {
    const { result, logSum, slack } = plain(call, buffersOf(call), b, h, i);
    const label = `attention, ${described(call)}: (${b}, ${h}, ${i})`;
    const scale = 4 + Math.max(0, ...result.map(Math.abs));
    const start = rowStart(out, b, h, i);
    result.forEach((value, c) => assertNear(`${label}, column ${c}`, out.data[start + c], value, slack * scale));
    const actual = call.logSumExp[(b * heads + h) * queries + i];
    assertNear(`${label}, logSumExp`, actual, logSum, slack * 4 + 4 * ROUNDOFF * Math.abs(logSum));
  });
}

/** Compares the gradients of query, key and value with differences along random directions. */
export function checkAttentionBackward(kernels: Kernels, call: Call, rng: Rng): void {
  kernels.attention(call);
  checkGradients(
    `attentionBackward, ${described(call)}`,
    call,
    (gradients) => kernels.attentionBackward({ ...call, ...gradients }),
    (buffers, b, h, i) => plain(call, buffers, b, h, i),
    rng,
  );
}

const small: Shape = { batch: 2, heads: 3, queries: 7, keys: 7, width: 5, valueWidth: 6, layout: sideBySide };

const shapes: readonly Shape[] = [
  small,
  { ...small, batch: 1, heads: 1, queries: 1, keys: 1, width: 1, valueWidth: 1 },
  { ...small, keys: 0 },
  { ...small, queries: 0 },
  { ...small, queries: 1, keys: 33, width: 8, valueWidth: 8 },
  { ...small, queries: 37, keys: 67, width: 16, valueWidth: 3, layout: apart },
  { ...small, batch: 1, heads: 2, queries: 70, keys: 131, width: 13, valueWidth: 24 },
  { ...small, batch: 1, heads: 1, queries: 65, keys: 65, width: 64, valueWidth: 64, layout: apart },
  { ...small, batch: 1, heads: 1, queries: 3, keys: 1100, width: 4, valueWidth: 4 },
];

function randomBlocks({ queries, keys }: Sizes, size: number, rng: Rng): AttentionBlocks {
  const count = Math.ceil(queries / size) * Math.ceil(keys / size);
  return { size, visible: Uint8Array.from({ length: count }, () => rng.int(2)) };
}

/** Masks by name, for given sizes. */
const patterns: Record<string, (sizes: Sizes, rng: Rng) => Partial<AttentionPattern>> = {
  "no mask": () => ({}),
  causal: () => ({ after: 0 }),
  "a window": () => ({ before: 5, after: 3 }),
  "a causal window": () => ({ before: 9, after: 0 }),
  "hidden keys, one row all hidden": ({ batch, keys }, rng) => ({
    hiddenKeys: Float32Array.from({ length: batch * keys }, (_, i) => (i < keys || rng.float() < 0.3 ? 1 : 0)),
  }),
  "a bias": ({ batch, heads, queries, keys }, rng) => ({
    bias: {
      data: normals(rng, batch * heads * queries * keys),
      offset: 0,
      batchStride: heads * queries * keys,
      headStride: queries * keys,
      rowStride: keys,
    },
  }),
  "one bias for all heads, causal": ({ queries, keys }, rng) => ({
    bias: { data: normals(rng, queries * keys), offset: 0, batchStride: 0, headStride: 0, rowStride: keys },
    after: 0,
  }),
  "blocks of 8": (sizes, rng) => ({ blocks: randomBlocks(sizes, 8, rng) }),
  "blocks of 5, causal": (sizes, rng) => ({ blocks: randomBlocks(sizes, 5, rng), after: 0 }),
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
        call.query.data[MARGIN + 4 * sizes.width] = NaN;
        kernels.attention(call);
        call.out.data.subarray(MARGIN).forEach((value, index) => {
          const inside = Math.floor(index / sizes.valueWidth) === 4;
          if (Number.isNaN(value) !== inside) {
            throw new Error(`attention with a NaN query: element ${index} is ${value}.`);
          }
        });
      },
    },
  ];
}
