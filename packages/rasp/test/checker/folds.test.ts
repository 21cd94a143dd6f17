/** Rows key by key hold what softmax gives for the keys that they took, whatever is left out on the way. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { Budget } from "../../src/checker/budget.js";
import { Head } from "../../src/checker/head.js";
import { HeadFold } from "../../src/checker/head-fold.js";
import { Affine, Pool, rangesOf, setRange } from "../../src/checker/ranges.js";
import { SumFold } from "../../src/checker/sum-fold.js";
import { breadth } from "../../../../test/long.js";

const RUNS = breadth({ short: 200, long: 20_000 });
const round = Math.fround;
const WIDTH = 4;
/** Coordinates of a stream: those of a query, of a key, and a value. */
const SIZE = 2 * WIDTH + 1;

/** A head whose query, key and value are the coordinates of the stream. */
function headOver(streams: Pool): Head {
  const picks = (rows: readonly number[]): Affine => {
    const weight = new Float32Array(SIZE * WIDTH);
    rows.forEach((row, d) => (weight[row * WIDTH + d] = 1));
    return Affine.of(weight, new Float32Array(WIDTH));
  };
  const maps = { query: picks([0, 1, 2, 3]), key: picks([4, 5, 6, 7]), value: picks([8]) };
  return new Head(maps, { streams, budget: new Budget(1e9) });
}

function streamOf(streams: Pool, numbers: readonly number[]): number {
  const stream = rangesOf(SIZE);
  numbers.forEach((x, c) => setRange(stream, c, x, x));
  return streams.add(stream);
}

/** A key as a list of its coordinates and its value. */
type Key = readonly number[];

/** The float32s that a head gives. */
function attended(query: Key, keys: readonly Key[]): number {
  const scores = keys.map((key) => round(query.reduce((sum, x, d) => round(sum + x * key[d]!), 0) / 2));
  const highest = Math.max(...scores);
  const weights = scores.map((score) => round(Math.exp(round(score - highest))));
  const total = weights.reduce((a, b) => a + b, 0);
  return keys.reduce((sum, key, k) => sum + round(weights[k]! / total) * key[WIDTH]!, 0);
}

const vector = (item: fc.Arbitrary<number>): fc.Arbitrary<number[]> =>
  fc.array(item, { minLength: WIDTH, maxLength: WIDTH });
const positionsOf = (key: fc.Arbitrary<Key>): fc.Arbitrary<{ keys: Key[]; at: number }[]> =>
  fc.array(fc.record({ keys: fc.array(key, { minLength: 1, maxLength: 3 }), at: fc.nat(2) }), {
    minLength: 1,
    maxLength: 6,
  });
/** The key that an input has at a position. */
const chosen = ({ keys, at }: { keys: readonly Key[]; at: number }): number => at % keys.length;

it("of one head, with scores near each other and far apart", () => {
  const small = fc.integer({ min: -3, max: 3 });
  const query = vector(fc.constantFrom(0, 1, -1, 0.3, 8, -32, 1000).map(round));
  const key = fc
    .tuple(
      vector(fc.oneof(small, small, fc.constantFrom(0.1, 17).map(round))),
      fc.constantFrom(0, 1, 1, 1, -2, round(0.7)),
    )
    .map(([coordinates, value]) => [...coordinates, value]);
  fc.assert(
    fc.property(query, key, positionsOf(key), (asked, bos, positions) => {
      const streams = new Pool();
      const head = headOver(streams);
      const fold = new HeadFold(head, positions.length + 1);
      const keyOf = (own: Key): number => head.project(streamOf(streams, [0, 0, 0, 0, ...own])).key;
      const q = head.project(streamOf(streams, [...asked, 0, 0, 0, 0, 0])).query;
      const b = keyOf(bos);
      const scored = positions.map(({ keys }) => keys.map((own) => fold.scored(q, keyOf(own), b)));
      const contribution = fold.contributions(fold.scored(q, b, b), scored);
      let state = fold.start(fold.scored(q, b, b));
      positions.forEach((position, j) => (state = fold.step(state, contribution(scored[j]![chosen(position)]!))));
      const values = rangesOf(1);
      const all = [bos, ...positions.flatMap(({ keys }) => keys)].map((own) => own[WIDTH]!);
      setRange(values, 0, Math.min(...all), Math.max(...all));
      const result = head.results.all[fold.result(state, { id: 0, values })]!;
      const given = attended(asked, [bos, ...positions.map((position) => position.keys[chosen(position)]!)]);
      expect(result.lo[0]! <= round(given) && round(given) <= result.hi[0]!).toBe(true);
    }),
    { numRuns: RUNS },
  );
});

it("of one head in which the last position takes all: all but the last keys are as one", () => {
  const streams = new Pool();
  const head = headOver(streams);
  const fold = new HeadFold(head, 201);
  const keyOf = (own: Key): number => head.project(streamOf(streams, [0, 0, 0, 0, ...own])).key;
  const q = head.project(streamOf(streams, [1, 0, 0, 0, 0, 0, 0, 0, 0])).query;
  const b = keyOf([0, 0, 0, 0, 0]);
  const scored = Array.from({ length: 200 }, (_, j) => fold.scored(q, keyOf([128 * (j + 1), 0, 0, 0, j]), b));
  const contribution = fold.contributions(
    fold.scored(q, b, b),
    scored.map((key) => [key]),
  );
  expect(new Set(scored.map(contribution)).size).toBe(2);
  const last = scored.reduce((state, key) => fold.step(state, contribution(key)), fold.start(fold.scored(q, b, b)));
  const values = rangesOf(1);
  setRange(values, 0, 0, 199);
  const { lo, hi } = head.results.all[fold.result(last, { id: 0, values })]!;
  expect([Math.round(lo[0]! * 100), Math.round(hi[0]! * 100)]).toEqual([19_900, 19_900]);
});

it("of heads that count together", () => {
  const heads = fc.integer({ min: 2, max: 3 });
  const key = fc
    .tuple(vector(fc.constantFrom(0, 0, 1)), fc.constantFrom(1, 1, 0, -2, 3))
    .map(([[a, b, c], value]) => [a!, b!, c!, 0, value]);
  const drawn = heads.chain((count) =>
    fc.record({
      queries: fc.array(
        vector(fc.constantFrom(0, 28, 28, 56, round(27.3))).map(([a, b]) => [a!, b!, 0, 2]),
        { minLength: count, maxLength: count },
      ),
      level: fc.constantFrom(36, 54, 60.5),
      positions: positionsOf(key),
    }),
  );
  let [summed, apart] = [0, 0];
  fc.assert(
    fc.property(drawn, ({ queries, level, positions }) => {
      const bos = [0, 0, 0, level, 0];
      const streams = new Pool();
      const all = queries.map(() => headOver(streams));
      // The first component of every head's value, to one coordinate.
      const weight = new Float32Array(all.length * WIDTH);
      all.forEach((_, h) => (weight[h * WIDTH] = 2 ** 26));
      const fold = new SumFold(all, [...all.keys()], Affine.of(weight, Float32Array.of(0)), [0], positions.length + 1);
      const keysOf = (own: Key): number[] =>
        all.map((head) => head.project(streamOf(streams, [0, 0, 0, 0, ...own])).key);
      const asked = all.map((head, h) => head.project(streamOf(streams, [...queries[h]!, 0, 0, 0, 0, 0])).query);
      expect(fold.startsFrom(keysOf(bos))).toBe(true);
      const summands = positions.map(({ keys }) => keys.map((own) => fold.summand(asked, keysOf(own), keysOf(bos))));
      if (summands.flat().includes(-1)) {
        apart++;
        return;
      }
      summed++;
      const { of, context } = fold.contributions(summands.flat());
      let state = fold.start;
      positions.forEach((position, j) => (state = fold.step(state, of(summands[j]![chosen(position)]!))));
      const [{ lo, hi, near }] = fold.result(state, context) as [ReturnType<typeof fold.result>[number]];
      const row = [bos, ...positions.map((position) => position.keys[chosen(position)]!)];
      const products = queries.map((query) => 2 ** 26 * round(attended(query, row)));
      const sum = products.reduce((total, product) => round(total + product), 0);
      expect(lo <= sum && sum <= hi).toBe(true);
      const step = Math.min(near!.step, 2 ** 40);
      const off = products.reduce((total, product) => total + Math.abs(product - Math.round(product / step) * step), 0);
      if (step > 0) expect(off).toBeLessThanOrEqual(near!.off);
    }),
    { numRuns: RUNS },
  );
  expect(Math.min(summed, apart)).toBeGreaterThan(RUNS / 20);
});
