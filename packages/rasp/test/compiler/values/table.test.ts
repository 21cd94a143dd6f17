/** Tables have as few entries as what they hold depends on, and the same values. */
import { expect, it } from "vitest";
import {
  BOTH,
  entryCount,
  joinedDependence,
  LENGTH,
  NOTHING,
  POSITION,
  Table,
} from "../../../src/compiler/values/table.js";

const cells = { maxLength: 6, causal: false };
const functions = {
  nothing: [NOTHING, () => 7],
  length: [LENGTH, (n: number) => n % 3],
  position: [POSITION, (_: number, i: number) => i >> 1],
  both: [BOTH, (n: number, i: number) => n - i],
} as const;

it.each(Object.entries(functions))("what depends on %s", (_, [dependence, value]) => {
  // However much it is said to depend on, a table finds out what it does.
  for (const said of [dependence, BOTH]) {
    const table = Table.of(said, cells, value);
    expect(table.dependence).toEqual(dependence);
    for (let n = 1; n <= 6; n++) for (let i = 0; i < n; i++) expect(table.at(n, i)).toBe(value(n, i));
    expect(table.map((number) => 2 * number).at(5, 2)).toBe(2 * value(5, 2));
  }
});

it("in a causal model the position stands for the length", () => {
  const causal = { maxLength: 6, causal: true };
  const table = Table.of(LENGTH, causal, (n) => n);
  expect(table.dependence).toEqual(POSITION);
  expect([table.at(6, 0), table.at(6, 3), table.at(4, 3)]).toEqual([1, 4, 4]);
  expect(entryCount(BOTH, causal)).toBe(6);
});

it("entries are counted before they are made", () => {
  expect([NOTHING, LENGTH, POSITION, BOTH].map((dependence) => entryCount(dependence, cells))).toEqual([1, 6, 6, 21]);
  expect(joinedDependence([LENGTH, POSITION, NOTHING])).toEqual(BOTH);
});
