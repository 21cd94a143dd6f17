/** The short form of `npm run soak`. */
import { expect, it } from "vitest";
import { breadth } from "../../test/long.js";
import { session } from "../../packages/playground/test/session/session.js";
import { growth, soak, trend } from "../src/soak.js";
import { yardstick } from "../src/yardstick.js";

it("repeated work gives the same answers", async () => {
  const rounds = breadth({ short: 2, long: 8 });
  expect(await soak(session, (round) => round >= rounds)).toHaveLength(breadth({ short: 0, long: 5 }));
});

it("growth is told apart from garbage", () => {
  const flat = Array.from({ length: 100 }, (_, i) => 20 + (i % 5));
  expect(growth(flat)).toBe(0);
  expect(growth(flat.map((megabytes, i) => megabytes + i / 10))).toBeCloseTo(9, 0);
});

it("a round that is counted less hides no growth", () => {
  const grown = Array.from({ length: 100 }, (_, i) => 20 + i / 10);
  expect(growth(grown.map((megabytes, i) => (i === 95 ? 1 : megabytes)))).toBeGreaterThan(8);
});

it("a trend is of the last quarter beside the second, and no odd round is one", () => {
  const flat = Array.from({ length: 100 }, (_, i) => (i % 10 === 0 ? 500 : 100));
  expect(trend(flat)).toBe(0);
  expect(trend(flat.map((value, i) => value + i))).toBeCloseTo(50 / 137, 2);
  expect(trend([1, 2])).toBe(0);
});

it("the yardstick is always the same work: all cells, back to the first, and sums that approach 3", () => {
  expect(yardstick()).toEqual([0, 3]);
  expect(yardstick()).toEqual([0, 3]);
});
