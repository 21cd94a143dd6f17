import { describe, expect, it } from "vitest";
import { ranges, shares } from "../src/threads/ranges.js";

describe("ranges", () => {
  // prettier-ignore
  it.each([
    [128, 4, 32, [[0, 32], [32, 64], [64, 96], [96, 128]]],
    [63, 4, 4, [[0, 16], [16, 32], [32, 48], [48, 63]]],
    [100, 2, 4, [[0, 52], [52, 100]]],
    [200, 3, 32, [[0, 96], [96, 200]]],
    [9, 2, 4, [[0, 9]]],
    [5, 4, 32, [[0, 5]]],
    [0, 4, 32, [[0, 0]]],
  ])("of %i in %i parts, at multiples of %i", (length, parts, step, expected) => {
    expect(ranges(length, parts, step)).toEqual(expected);
  });
});

describe("shares", () => {
  // prettier-ignore
  it.each([
    [512, 2, 16, [[0, 32], [32, 64], [64, 288], [288, 512]]],
    [500, 2, 16, [[0, 32], [32, 64], [64, 288], [288, 500]]],
    [128, 2, 16, [[0, 16], [16, 80], [80, 128]]],
    [65, 2, 16, [[0, 16], [16, 48], [48, 65]]],
    [63, 2, 16, [[0, 32], [32, 63]]],
    [3, 2, 16, [[0, 3]]],
    [0, 2, 16, [[0, 0]]],
  ])("of %i for %i threads, at multiples of %i", (length, threads, step, expected) => {
    expect(shares(length, threads, step)).toEqual(expected);
  });
});
