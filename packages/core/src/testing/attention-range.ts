/** Conformance of attention whose scores, sums or gradients leave the range of float32 on the way, and come back. */
import type { HeadsView, Kernels } from "../kernels/kernels.js";
import { assertAllNear, blank, ROUNDOFF, type ConformanceCase } from "./support.js";

/** One head of rows, from numbers. */
const head = (rows: readonly (readonly number[])[]): HeadsView => {
  const width = rows[0]!.length;
  return { data: Float32Array.from(rows.flat()), offset: 0, batchStride: 0, headStride: 0, rowStride: width };
};

/** What a query sees of some keys, and what it gives. All have a scale of 1. */
const seen: readonly {
  readonly name: string;
  readonly query: readonly number[];
  readonly keys: readonly (readonly number[])[];
  readonly values: readonly (readonly number[])[];
  readonly expected: readonly number[];
}[] = [
  { name: "large scores", query: [1e20], keys: [[1e20], [3e20], [-1e20]], values: [[1], [2], [3]], expected: [2] },
  { name: "large negative scores", query: [-1e20], keys: [[1e20], [3e20]], values: [[1], [2]], expected: [1] },
  {
    name: "scores that cancel",
    query: [3e38, 3e38, 1],
    keys: [
      [2, -2, 1],
      [-2, 2, 1],
      [2, -2, -100],
    ],
    values: [[1], [2], [50]],
    expected: [1.5],
  },
  { name: "large values", query: [0], keys: [[1], [1], [1]], values: [[3e38], [3e38], [3e38]], expected: [3e38] },
];

const sizesOf = ({ query, keys, values }: (typeof seen)[number]) => ({
  batch: 1,
  heads: 1,
  queries: 1,
  keys: keys.length,
  width: query.length,
  valueWidth: values[0]!.length,
  scale: 1,
});

const near = (expected: number): number => 8 * ROUNDOFF * Math.abs(expected);

function forwardCase(kernels: Kernels): ConformanceCase {
  return {
    name: "scores that leave the range of float32, in attention and attentionOver",
    run: () => {
      for (const each of seen) {
        const { name, query, keys, values, expected } = each;
        const call = { ...sizesOf(each), query: head([query]), key: head(keys), value: head(values) };
        const out = { ...head([expected]), data: blank(expected.length) };
        kernels.attention({ ...call, out });
        assertAllNear(`attention with ${name}`, out.data, expected, near);
        const all = { starts: Int32Array.of(0, keys.length), listed: Int32Array.from(keys, (_, j) => j) };
        out.data.fill(NaN);
        kernels.attentionOver({ ...call, ...all, out });
        assertAllNear(`attentionOver with ${name}`, out.data, expected, near);
      }
    },
  };
}

/** Two queries with the same large key and opposite gradients: dK is 3e38 − 3e38 times what is left. */
function backwardCase(kernels: Kernels): ConformanceCase {
  return {
    name: "gradients that leave the range of float32, in attention and attentionOver",
    run: () => {
      const sizes = { batch: 1, heads: 1, queries: 3, keys: 1, width: 1, valueWidth: 1, scale: 1 };
      const call = { ...sizes, query: head([[0], [0], [0]]), key: head([[1]]), value: head([[1]]) };
      const outGradient = head([[3e38], [3e38], [-3e38]]);
      const gradients = (): { queryGradient: HeadsView; keyGradient: HeadsView; valueGradient: HeadsView } => ({
        queryGradient: { ...head([[0], [0], [0]]), data: blank(3) },
        keyGradient: { ...head([[0]]), data: blank(1) },
        valueGradient: { ...head([[0]]), data: blank(1) },
      });
      const out = { ...head([[0], [0], [0]]), data: blank(3) };
      const logSumExp = blank(3);
      kernels.attention({ ...call, out, logSumExp });
      const dense = gradients();
      kernels.attentionBackward({ ...call, out, logSumExp, outGradient, ...dense });
      assertAllNear("attentionBackward: value", dense.valueGradient.data, [3e38], near);
      const listed = gradients();
      const lists = { starts: Int32Array.of(0, 1, 2, 3), listed: Int32Array.of(0, 0, 0) };
      const weights = Float32Array.of(1, 1, 1);
      kernels.attentionOverBackward({ ...call, ...lists, weights, outGradient, ...listed });
      assertAllNear("attentionOverBackward: value", listed.valueGradient.data, [3e38], near);
    },
  };
}

export const attentionRangeCases = (kernels: Kernels): ConformanceCase[] => [
  forwardCase(kernels),
  backwardCase(kernels),
];
