/**
 * Conformance of attention over lists of keys. The forward pass is compared with the softmax written out; the backward
 * pass with differences of that along random directions.
 */
import type { AttentionOverCall, HeadsView, Kernels } from "../kernels/kernels.js";
import { Rng } from "../random.js";
import { assertNear, blank, normals, ROUNDOFF, type ConformanceCase } from "./support.js";

interface Sizes {
  readonly batch: number;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  readonly width: number;
  readonly valueWidth: number;
}

/** [batch, rows, heads, width], the heads side by side, behind a margin of 3. */
const view = ({ heads }: Sizes, rows: number, width: number, data: Float32Array): HeadsView => ({
  data,
  offset: 3,
  batchStride: rows * heads * width,
  headStride: width,
  rowStride: heads * width,
});
const lengthOf = ({ batch, heads }: Sizes, rows: number, width: number): number => 3 + batch * heads * rows * width;
const at = (x: HeadsView, b: number, h: number, i: number): number =>
  x.offset + b * x.batchStride + h * x.headStride + i * x.rowStride;

/** For each query a random part of the keys in random order, every fifth none at all. */
function lists(rng: Rng, { queries, keys }: Sizes): { starts: Int32Array; listed: Int32Array } {
  const starts = new Int32Array(queries + 1);
  const listed: number[] = [];
  for (let i = 0; i < queries; i++) {
    const own = Array.from({ length: keys }, (_, j) => j).filter(() => i % 5 !== 4 && rng.float() < 0.6);
    for (let j = own.length - 1; j > 0; j--) {
      const other = rng.int(j + 1);
      [own[j], own[other]] = [own[other]!, own[j]!];
    }
    listed.push(...own);
    starts[i + 1] = listed.length;
  }
  return { starts, listed: Int32Array.from(listed) };
}

type Call = AttentionOverCall & { weights: Float32Array };

function draw(rng: Rng, sizes: Sizes, masked: boolean): Call {
  const { batch, heads, queries, keys, width, valueWidth } = sizes;
  const pattern = lists(rng, sizes);
  const pairs = batch * heads * pattern.listed.length;
  const operand = (rows: number, columns: number): HeadsView =>
    view(sizes, rows, columns, normals(rng, lengthOf(sizes, rows, columns)));
  return {
    ...sizes,
    ...pattern,
    scale: 0.7,
    hiddenKeys: masked ? Float32Array.from({ length: batch * keys }, () => (rng.float() < 0.3 ? 1 : 0)) : undefined,
    factors: masked ? Float32Array.from({ length: pairs }, () => (rng.float() < 0.2 ? 0 : 1.25)) : undefined,
    query: operand(queries, width),
    key: operand(keys, width),
    value: operand(keys, valueWidth),
    out: view(sizes, queries, valueWidth, blank(lengthOf(sizes, queries, valueWidth))),
    weights: blank(pairs),
  };
}

type Read = (name: "query" | "key" | "value", index: number) => number;

/** For every query: its result and the weights of its pairs, in float64. */
function plain(
  call: AttentionOverCall,
  read: Read,
  visit: (b: number, h: number, i: number, result: number[], weights: number[], slack: number) => void,
): void {
  const { batch, heads, queries, keys, width, valueWidth, scale, starts, listed, hiddenKeys, factors } = call;
  for (let b = 0; b < batch; b++) {
    for (let h = 0; h < heads; h++) {
      for (let i = 0; i < queries; i++) {
        const own = [...listed.subarray(starts[i], starts[i + 1])];
        let size = 0;
        const scores = own.map((j) => {
          if (hiddenKeys && hiddenKeys[b * keys + j] !== 0) return -Infinity;
          let sum = 0;
          let magnitude = 0;
          for (let c = 0; c < width; c++) {
            const product = read("query", at(call.query, b, h, i) + c) * read("key", at(call.key, b, h, j) + c);
            sum += product;
            magnitude += Math.abs(product);
          }
          size = Math.max(size, scale * magnitude);
          return scale * sum;
        });
        const most = Math.max(...scores);
        const exponentials = scores.map((score) => (score === -Infinity ? 0 : Math.exp(score - most)));
        const total = exponentials.reduce((sum, e) => sum + e, 0);
        const weights = exponentials.map((e) => (total === 0 ? 0 : e / total));
        const pairs = (b * heads + h) * listed.length + starts[i]!;
        const result = Array.from({ length: valueWidth }, (_, c) =>
          own.reduce(
            (sum, j, n) => sum + weights[n]! * (factors?.[pairs + n] ?? 1) * read("value", at(call.value, b, h, j) + c),
            0,
          ),
        );
        visit(b, h, i, result, weights, ROUNDOFF * ((width + 4) * (1 + size) + keys + 16));
      }
    }
  }
}

const described = ({ batch, heads, queries, keys, width, valueWidth }: AttentionOverCall): string =>
  `attentionOver, ${batch}×${heads} heads, ${queries} queries, ${keys} keys, widths ${width}, ${valueWidth}`;

function checkForward(kernels: Kernels, call: Call): void {
  kernels.attentionOver(call);
  const { out, heads, starts, listed, weights: actual } = call;
  plain(
    call,
    (name, index) => call[name].data[index]!,
    (b, h, i, result, weights, slack) => {
      const label = `${described(call)}: (${b}, ${h}, ${i})`;
      const scale = 4 + Math.max(0, ...result.map(Math.abs));
      result.forEach((value, c) => {
        assertNear(`${label}, column ${c}`, out.data[at(out, b, h, i) + c], value, slack * scale);
      });
      const pairs = (b * heads + h) * listed.length + starts[i]!;
      weights.forEach((value, n) => assertNear(`${label}, weight ${n}`, actual[pairs + n], value, slack));
    },
  );
  const alone = { ...call, weights: undefined, out: { ...out, data: blank(out.data.length) } };
  kernels.attentionOver(alone);
  out.data.forEach((value, i) => assertNear(`${described(call)}, no weights: ${i}`, alone.out.data[i], value, 0));
}

function checkBackward(kernels: Kernels, call: Call, rng: Rng): void {
  kernels.attentionOver(call);
  const { queries, keys, width, valueWidth } = call;
  const slopes = view(call, queries, valueWidth, normals(rng, lengthOf(call, queries, valueWidth)));
  const gradient = (rows: number, columns: number): HeadsView =>
    view(call, rows, columns, blank(lengthOf(call, rows, columns)));
  const gradients = { query: gradient(queries, width), key: gradient(keys, width), value: gradient(keys, valueWidth) };
  const { query: queryGradient, key: keyGradient, value: valueGradient } = gradients;
  kernels.attentionOverBackward({ ...call, outGradient: slopes, queryGradient, keyGradient, valueGradient });
  const loss = (read: Read): number => {
    let total = 0;
    plain(call, read, (b, h, i, result) => {
      result.forEach((value, c) => (total += value * slopes.data[at(slopes, b, h, i) + c]!));
    });
    return total;
  };
  for (const name of ["query", "key", "value"] as const) {
    const { data } = gradients[name];
    const direction = normals(rng, data.length).fill(0, 0, 3);
    const step = 1e-4;
    const along = (sign: number): number =>
      loss((operand, index) => call[operand].data[index]! + (operand === name ? sign * step * direction[index]! : 0));
    const expected = (along(1) - along(-1)) / (2 * step);
    const terms = [...data.subarray(3)].map((value, i) => value * direction[i + 3]!);
    const [actual, magnitude] = terms.reduce(([sum, size], term) => [sum! + term, size! + Math.abs(term)], [0, 0]);
    assertNear(`${described(call)}: gradient along ${name}`, actual, expected, 2e-5 * (1 + magnitude!));
  }
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
