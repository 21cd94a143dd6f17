/** The ranges of sublayers hold every float32 that a runtime can compute: in any order, fused or not, with the residual added first or last. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mix, scoreOf } from "../../src/checker/attention.js";
import { FeedForward } from "../../src/checker/feed-forward.js";
import { gridBetween, gridOf, roundDown, roundUp } from "../../src/checker/float32.js";
import { addTo, Affine, columnSum, rangesOf, setRange, type Ranges } from "../../src/checker/ranges.js";
import { breadth } from "../../../../test/long.js";

const RUNS = breadth({ short: 300, long: 20_000 });
const round = Math.fround;

/** Numbers of a grid, anchors, and any others. */
const float32 = fc.oneof(
  fc.integer({ min: -40, max: 40 }).map((n) => n / 4),
  fc.constantFrom(0, 0, 1, -1, 12_582_912, -12_582_912, 2 ** 26, 2 ** -20),
  fc.double({ min: -100, max: 100, noNaN: true }).map(round),
);

/** A range around a number, and the number. */
const ranged = fc
  .tuple(float32, fc.constantFrom(0, 0, 2 ** -20, 2 ** -10, 0.5))
  .map(([x, width]) => ({ x, lo: round(x - width), hi: round(x + width) }));

function rangesAround(numbers: readonly { readonly lo: number; readonly hi: number }[]): Ranges {
  const ranges = rangesOf(numbers.length);
  numbers.forEach(({ lo, hi }, c) => setRange(ranges, c, lo, hi));
  return ranges;
}

/** A sum of products as a runtime may compute it: in this order, with or without fused multiply-add. */
function sumOf(terms: readonly (readonly [number, number])[], order: readonly number[], fused: boolean): number {
  let sum = 0;
  for (const t of order) {
    const [a, b] = terms[t]!;
    sum = round(sum + (fused ? a * b : round(a * b)));
  }
  return sum;
}

const shuffled = (length: number): fc.Arbitrary<number[]> =>
  fc.shuffledSubarray(
    Array.from({ length }, (_, i) => i),
    { minLength: length },
  );

const inside = (x: number, ranges: Ranges, c: number): boolean => ranges.lo[c]! <= x && x <= ranges.hi[c]!;

const matrix = (rows: number, columns: number): fc.Arbitrary<Float32Array> =>
  fc.array(float32, { minLength: rows * columns, maxLength: rows * columns }).map((data) => Float32Array.from(data));

describe("float32", () => {
  it("grids divide every float32 of a range", () => {
    expect([gridOf(12), gridOf(0.75), gridOf(-(2 ** 30)), gridOf(0)]).toEqual([4, 0.25, 2 ** 30, Infinity]);
    expect([gridBetween(8, 15), gridBetween(-3, -1), gridBetween(-1, 1)]).toEqual([2 ** -20, 2 ** -23, 0]);
  });

  it("rounds to the next float32 outwards", () => {
    fc.assert(
      fc.property(fc.double({ min: -1e30, max: 1e30, noNaN: true }), (x) => {
        const [down, up] = [roundDown(x), roundUp(x)];
        expect(down <= x && x <= up && round(down) === down && round(up) === up).toBe(true);
        expect(up - down).toBeLessThanOrEqual(Math.max(2 ** -149, Math.abs(x) * 2 ** -23));
      }),
    );
  });
});

it("columns hold every order of their sum, and are exact where nothing is rounded", () => {
  const drawn = fc.tuple(
    matrix(5, 1),
    float32,
    fc.array(ranged, { minLength: 5, maxLength: 5 }),
    shuffled(6),
    fc.boolean(),
  );
  fc.assert(
    fc.property(drawn, ([weights, bias, inputs, order, fused]) => {
      const column = Affine.of(weights, Float32Array.of(bias)).columns[0]!;
      const { lo, hi, error } = columnSum(column, rangesAround(inputs));
      const terms = [...inputs.map(({ x }, i) => [x, weights[i]!] as const), [bias, 1] as const];
      const sum = sumOf(terms, order, fused);
      expect(lo <= sum && sum <= hi).toBe(true);
      if (error === 0) expect(sum).toBe(terms.reduce((total, [a, b]) => total + a * b, 0));
    }),
    { numRuns: RUNS },
  );
});

it("residual additions hold sums that start from the residual stream", () => {
  const drawn = fc.tuple(
    matrix(3, 1),
    fc.array(ranged, { minLength: 3, maxLength: 3 }),
    ranged,
    shuffled(3),
    fc.boolean(),
  );
  fc.assert(
    fc.property(drawn, ([weights, inputs, stream, order, fused]) => {
      const map = Affine.of(weights, Float32Array.of(0));
      const input = rangesAround(inputs);
      const added = addTo(rangesAround([stream]), map, input, map.sums(input));
      const terms = inputs.map(({ x }, i) => [x, weights[i]!] as const);
      const apart = round(stream.x + sumOf(terms, order, fused));
      const fromStart = sumOf([[stream.x, 1], ...terms], [0, ...order.map((t) => t + 1)], fused);
      expect([apart, fromStart].map((x) => inside(x, added, 0))).toEqual([true, true]);
    }),
    { numRuns: RUNS },
  );
});

it("anchors round to a number in both ways of adding", () => {
  const anchor = 0.75 * 2 ** 24;
  const map = Affine.of(Float32Array.of(2 ** 26), Float32Array.of(0));
  const input = rangesAround([{ lo: round(6.9997 * 2 ** -26), hi: round(7.0003 * 2 ** -26) }]);
  const { lo, hi } = addTo(rangesAround([{ lo: anchor, hi: anchor }]), map, input, map.sums(input));
  expect([lo[0], hi[0]]).toEqual([anchor + 7, anchor + 7]);
});

it("feed-forward sublayers hold what float32 gives", () => {
  const drawn = fc.record({
    w1: matrix(3, 4),
    b1: matrix(1, 4),
    w2: matrix(4, 3),
    b2: matrix(1, 3),
    numbers: fc.array(ranged, { minLength: 3, maxLength: 3 }),
    order: shuffled(5),
    fused: fc.boolean(),
  });
  fc.assert(
    fc.property(drawn, ({ w1, b1, w2, b2, numbers, order, fused }) => {
      const sublayer = new FeedForward(Affine.of(w1, b1), Affine.of(w2, b2));
      const after = sublayer.apply(rangesAround(numbers));
      const upTo = (n: number): number[] => order.filter((t) => t < n);
      const hidden = Array.from(b1, (bias, u) => {
        const terms = [...numbers.map(({ x }, c) => [x, w1[c * 4 + u]!] as const), [bias, 1] as const];
        return Math.max(0, sumOf(terms, upTo(4), fused));
      });
      const results = Array.from(b2, (bias, c) => {
        const terms = [...hidden.map((h, u) => [h, w2[u * 3 + c]!] as const), [bias, 1] as const];
        return round(numbers[c]!.x + sumOf(terms, upTo(5), fused));
      });
      expect(results.map((x, c) => inside(x, after, c))).toEqual([true, true, true]);
    }),
    { numRuns: RUNS },
  );
});

it("a step is exact however uncertain its argument, and a cleared coordinate is 0", () => {
  // relu(x) - relu(x - 1) at about 3, and x - relu(x) + relu(-x).
  const step = new FeedForward(
    Affine.of(Float32Array.of(1, 1, 0, 0), Float32Array.of(0, -1)),
    Affine.of(Float32Array.of(0, 1, 0, -1), Float32Array.of(0, 0)),
  );
  const stepped = step.apply(
    rangesAround([
      { lo: round(2.9), hi: round(3.1) },
      { lo: 0, hi: 0 },
    ]),
  );
  expect(stepped.hi[1]! - stepped.lo[1]!).toBeLessThan(1e-5);
  const clear = new FeedForward(
    Affine.of(Float32Array.of(1, -1), Float32Array.of(0, 0)),
    Affine.of(Float32Array.of(-1, 1), Float32Array.of(0)),
  );
  const cleared = clear.apply(
    rangesAround([{ lo: -0.3, hi: round(0.7) }].map(({ lo, hi }) => ({ lo: round(lo), hi }))),
  );
  expect([cleared.lo[0], cleared.hi[0]]).toEqual([0, 0]);
});

it("heads hold the softmax of every score and value in their ranges", () => {
  const numbers = (length: number): fc.Arbitrary<{ x: number; lo: number; hi: number }[]> =>
    fc.array(ranged, { minLength: length, maxLength: length });
  const isSmall = (drawn: readonly { x: number }[]): boolean => drawn.every(({ x }) => Math.abs(x) < 20);
  const small = numbers(4).filter(isSmall);
  const drawn = fc.tuple(small, fc.array(fc.tuple(small, numbers(2)), { minLength: 1, maxLength: 5 }));
  fc.assert(
    fc.property(drawn, ([query, keys]) => {
      const parts = keys.map(([key, value]) => ({
        count: 1,
        score: scoreOf(rangesAround(query), rangesAround(key)),
        value: rangesAround(value),
      }));
      const result = mix(parts, keys.length);
      const scores = keys.map(([key]) => round(round(key.reduce((sum, { x }, d) => sum + x * query[d]!.x, 0)) / 2));
      const highest = Math.max(...scores);
      const weights = scores.map((score) => round(Math.exp(round(score - highest))));
      const total = weights.reduce((a, b) => a + b, 0);
      for (const d of [0, 1]) {
        const mean = keys.reduce((sum, [, value], k) => sum + (weights[k]! / total) * value[d]!.x, 0);
        expect(inside(round(mean), result, d)).toBe(true);
      }
    }),
    { numRuns: RUNS },
  );
});
