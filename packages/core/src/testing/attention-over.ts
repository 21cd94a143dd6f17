/**
 * Conformance of attention over lists of keys. The forward pass is compared with the softmax written out; the backward
 * pass with differences of that along random directions.
 */
import type { AttentionOverCall, HeadsView, Kernels } from "../kernels/kernels.js";
import { Rng } from "../random.js";
import {
  buffersOf,
  checkGradients,
  forEachQuery,
  lengthOf,
  like,
  plainRow,
  rowStart,
  sideBySide,
  type Buffers,
  type PlainRow,
  type Sizes,
} from "./heads.js";
import { assertNear, blank, normals, type ConformanceCase } from "./support.js";

/** For each query a random part of the keys in random order; for every fifth none at all. */
function lists(rng: Rng, { queries, keys }: Sizes): { starts: Int32Array; listed: Int32Array } {
  const starts = new Int32Array(queries + 1);
  const listed: number[] = [];
  for (let i = 0; i < queries; i++) {
    const own = Array.from({ length: keys }, (_, j) => j).filter(() => i % 5 !== 4 && rng.float() < 0.6);
    listed.push(...rng.shuffle(own));
    starts[i + 1] = listed.length;
  }
  return { starts, listed: Int32Array.from(listed) };
}

type Call = AttentionOverCall & { weights: Float32Array };

/** A random call and everything that it writes. */
function draw(rng: Rng, sizes: Sizes, masked: boolean): Call {
  const { batch, heads, queries, keys, width, valueWidth } = sizes;
  const pattern = lists(rng, sizes);
  const pairs = batch * heads * pattern.listed.length;
  const operand = (rows: number, columns: number): HeadsView =>
    sideBySide(sizes, rows, columns, normals(rng, lengthOf(sizes, rows, columns)));
  return {
    ...sizes,
    ...pattern,
    scale: 0.7,
    hiddenKeys: masked ? Float32Array.from({ length: batch * keys }, () => (rng.float() < 0.3 ? 1 : 0)) : undefined,
    factors: masked ? Float32Array.from({ length: pairs }, () => (rng.float() < 0.2 ? 0 : 1.25)) : undefined,
    query: operand(queries, width),
    key: operand(keys, width),
    value: operand(keys, valueWidth),
    out: sideBySide(sizes, queries, valueWidth, blank(lengthOf(sizes, queries, valueWidth))),
    weights: blank(pairs),
  };
}

/** Index of a query's first pair among all pairs. */
const firstPair = ({ heads, starts, listed }: AttentionOverCall, b: number, h: number, i: number): number =>
  (b * heads + h) * listed.length + starts[i]!;

function plain(call: AttentionOverCall, buffers: Buffers, b: number, h: number, i: number): PlainRow {
  const { keys, starts, listed, hiddenKeys, factors } = call;
  const pair = firstPair(call, b, h, i);
  return plainRow(call, buffers, [b, h, i], [...listed.subarray(starts[i], starts[i + 1])], {
    bias: (j) => (hiddenKeys && hiddenKeys[b * keys + j] !== 0 ? -Infinity : 0),
    factor: (n) => factors?.[pair + n] ?? 1,
  });
}

const described = ({ batch, heads, queries, keys, width, valueWidth }: AttentionOverCall): string =>
  `attentionOver, ${batch}×${heads} heads, ${queries} queries, ${keys} keys, widths ${width}, ${valueWidth}`;

function checkForward(kernels: Kernels, call: Call): void {
  kernels.attentionOver(call);
  const { out, weights: actual } = call;
  forEachQuery(call, (b, h, i) => {
    const { result, weights, slack } = plain(call, buffersOf(call), b, h, i);
    const label = `${described(call)}: (${b}, ${h}, ${i})`;
    const scale = 4 + Math.max(0, ...result.map(Math.abs));
    const start = rowStart(out, b, h, i);
    result.forEach((value, c) => assertNear(`${label}, column ${c}`, out.data[start + c], value, slack * scale));
    const pair = firstPair(call, b, h, i);
    weights.forEach((value, n) => assertNear(`${label}, weight ${n}`, actual[pair + n], value, slack));
  });
  const alone = { ...call, weights: undefined, out: like(out, blank) };
  kernels.attentionOver(alone);
  out.data.forEach((value, i) => assertNear(`${described(call)}, no weights: ${i}`, alone.out.data[i], value, 0));
}

function checkBackward(kernels: Kernels, call: Call, rng: Rng): void {
  kernels.attentionOver(call);
  checkGradients(
    described(call),
    call,
    (gradients) => kernels.attentionOverBackward({ ...call, ...gradients }),
    (buffers, b, h, i) => plain(call, buffers, b, h, i),
    rng,
  );
}

const shapes: readonly Sizes[] = [
  { batch: 2, heads: 3, queries: 7, keys: 7, width: 5, valueWidth: 6 },
  { batch: 1, heads: 1, queries: 1, keys: 1, width: 1, valueWidth: 1 },
  { batch: 1, heads: 2, queries: 3, keys: 0, width: 4, valueWidth: 4 },
  { batch: 1, heads: 2, queries: 0, keys: 3, width: 4, valueWidth: 4 },
  { batch: 2, heads: 1, queries: 17, keys: 41, width: 16, valueWidth: 3 },
  { batch: 1, heads: 2, queries: 13, keys: 19, width: 64, valueWidth: 64 },
  { batch: 1, heads: 1, queries: 11, keys: 23, width: 19, valueWidth: 37 },
];

export function attentionOverCases(kernels: Kernels): ConformanceCase[] {
  return [false, true].flatMap((masked) => [
    {
      name: `attentionOver${masked ? " with hidden keys and factors" : ""}`,
      run: () => {
        const rng = new Rng(11);
        for (const sizes of shapes) checkForward(kernels, draw(rng, sizes, masked));
      },
    },
    {
      name: `attentionOverBackward${masked ? " with hidden keys and factors" : ""}`,
      run: () => {
        const rng = new Rng(12);
        for (const sizes of shapes) checkBackward(kernels, draw(rng, sizes, masked), rng);
      },
    },
  ]);
}
