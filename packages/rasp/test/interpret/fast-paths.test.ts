import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aggregateRow } from "../../src/atom/mean.js";
import { RaspError } from "../../src/diagnostic.js";
import type { Atom, Comparison } from "../../src/graph/node.js";
import { aggregate, aggregateReference } from "../../src/interpret/aggregate.js";
import { select, selectReference } from "../../src/interpret/select.js";
import { sequences } from "../arbitrary/atom.js";

/** A result, or the class of the error. */
function outcome<T>(compute: () => T): T | string {
  try {
    return compute();
  } catch (error) {
    if (error instanceof RaspError) return error.diagnostic.class;
    throw error;
  }
}

const comparisons = fc.constantFrom<Comparison>("==", "!=", "<", "<=", ">", ">=");

describe("the fast paths compute what the references compute", () => {
  it("select", () => {
    fc.assert(
      fc.property(comparisons, sequences, sequences, (op, keys, queries) => {
        expect(outcome(() => select(op, keys, queries))).toEqual(outcome(() => selectReference(op, keys, queries)));
      }),
      { numRuns: 2000 },
    );
  });

  it("select with nan, which equals nothing", () => {
    const values = [NaN, 1, NaN];
    for (const op of ["==", "!=", "<", ">="] as const) {
      expect(select(op, values, values)).toEqual(selectReference(op, values, values));
    }
  });

  const rows = (length: number) =>
    fc.array(
      fc.array(fc.constantFrom(0, 1), { minLength: length, maxLength: length }).map((row) => Uint8Array.from(row)),
      { maxLength: 5 },
    );
  const problem = sequences.chain((values) => fc.tuple(fc.constant(values), rows(values.length)));

  it("aggregate", () => {
    fc.assert(
      fc.property(problem, ([values, matrix]) => {
        const otherwise = (): Atom => "default";
        expect(outcome(() => aggregate(matrix, values, otherwise))).toEqual(
          outcome(() => aggregateReference(matrix, values, otherwise)),
        );
      }),
      { numRuns: 2000 },
    );
  });

  it("a row is worth what a naive mean says", () => {
    const numbers = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(numbers, (values) => {
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        expect(aggregateRow(values.map(BigInt), 0n)).toBe(mean === 0 ? 0 : mean);
      }),
    );
  });
});

describe("aggregateRow", () => {
  it.each<[readonly Atom[], Atom]>([
    [[], "default"],
    [["x"], "x"],
    [[true], true],
    [[3n], 3n],
    [[5n, 5n], 5],
    [[true, 2n], 1.5],
    [[0.1, 0.2, 0.3], 0.20000000000000004],
    [[2n ** 60n, 1n, -(2n ** 60n)], 1 / 3],
  ])("%s", (selected, expected) => {
    expect(aggregateRow(selected, "default")).toBe(expected);
  });

  it("has no mean of strings", () => {
    expect(() => aggregateRow(["a", "b"], 0n)).toThrow(RaspError);
  });
});
