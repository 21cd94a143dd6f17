/** Work beside time; no test asserts a time. */
import { expect, it } from "vitest";
import { correlation, workOf, workTable, type WorkRun } from "../../src/chapter/work.js";

it("counts the work of a model and times it", () => {
  const run = workOf(16, 1, 8);
  // 8 tokens: 4 maps of 16 × 16 and a feed-forward sublayer of 64, patterns of 8 × 8, and 50 outputs.
  const multiplyAdds = 8 * (4 * 16 * 16 + 2 * 16 * 64) + 2 * 8 * 8 * 16 + 8 * 16 * 50;
  expect([run.width, run.length, run.millions]).toEqual([16, 8, Number((multiplyAdds / 1e6).toPrecision(3))]);
  expect(run.milliseconds).toBeGreaterThanOrEqual(0);
});

it("correlates logarithms", () => {
  const run = (millions: number, milliseconds: number): WorkRun => ({
    width: 1,
    layers: 1,
    length: 1,
    millions,
    milliseconds,
  });
  expect(correlation([run(1, 2), run(10, 200), run(100, 20_000)])).toBeCloseTo(1, 12);
  expect(correlation([run(1, 4), run(10, 2), run(100, 1)])).toBeCloseTo(-1, 12);
  expect(workTable([run(3, 2)])).toContain("| 1 | 1 | 1 | 3 | 2 | 1.5 |");
});
