/** The short form of `npm run soak`. */
import { expect, it } from "vitest";
import { breadth } from "../../test/long.js";
import { growth, soak } from "../src/soak.js";

it("repeated work gives the same answers", async () => {
  expect(await soak(breadth({ short: 2, long: 8 }))).toHaveLength(breadth({ short: 0, long: 5 }));
});

it("growth is told apart from garbage", () => {
  const flat = Array.from({ length: 100 }, (_, i) => 20 + (i % 7));
  expect(growth(flat)).toBe(0);
  expect(growth(flat.map((megabytes, i) => megabytes + i / 10))).toBeCloseTo(9, 0);
});
