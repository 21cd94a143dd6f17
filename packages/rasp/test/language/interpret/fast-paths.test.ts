import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aggregateRow } from "../../../src/language/atom/mean.js";
import { RaspError } from "../../../src/language/diagnostic.js";
import { lookUpListMap } from "../../../src/language/graph/elementwise.js";
import {
  aggregateNode,
  bestNode,
  indicesNode,
  mapNode,
  selectNode,
  selectorNotNode,
  selectorPairNode,
  type Atom,
  type Comparison,
  type Selector,
  type SOp,
} from "../../../src/language/graph/node.js";
import { Evaluation } from "../../../src/language/interpret/evaluation.js";
import { aggregateReference, matrixReference } from "../../../src/language/interpret/reference.js";
import { sequences } from "../../arbitrary/atom.js";
import { breadth } from "../../../../../test/long.js";

/** A result, or the error. */
function outcome<T>(compute: () => T): T | string {
  try {
    return compute();
  } catch (error) {
    if (error instanceof RaspError) return `${error.diagnostic.code} ${error.message}`;
    throw error;
  }
}

const indices = indicesNode();

/** An s-op with these values on every input. */
const column = (values: readonly Atom[]): SOp => mapNode(lookUpListMap("list", values), [indices]);

/** Inputs so long that rows differ and repeat, with so few values that some are equal. */
const columns = (length: number): fc.Arbitrary<SOp> => {
  const of = (atom: fc.Arbitrary<Atom>) => fc.array(atom, { minLength: length, maxLength: length }).map(column);
  return fc.oneof(
    { weight: 3, arbitrary: of(fc.bigInt({ min: -2n, max: 3n })) },
    { weight: 2, arbitrary: fc.constant(indices) },
    of(fc.constantFrom("a", "b", "\u{1f600}", "\uffff")),
    of(fc.boolean()),
    of(fc.constantFrom<Atom>(0, -0, 0.1, 1n, 1, true, 2n ** 70n, NaN, Infinity)),
  );
};

interface Problem {
  readonly length: number;
  readonly selector: Selector;
  readonly value: SOp;
}

const comparisons = fc.constantFrom<Comparison>("==", "==", "!=", "<", "<=", ">", ">=");

const problems: fc.Arbitrary<Problem> = fc.integer({ min: 1, max: 12 }).chain((length) =>
  fc.array(columns(length), { minLength: 3, maxLength: 3 }).chain((pool) => {
    const side = fc.constantFrom(indices, ...pool);
    const { selector } = fc.letrec<{ selector: Selector }>((tie) => ({
      selector: fc.oneof(
        { depthSize: "small", maxDepth: 4 },
        fc.tuple(side, side, comparisons).map(([keys, queries, op]) => selectNode(keys, queries, op)),
        tie("selector").map((s) => selectorNotNode(s)),
        fc
          .tuple(fc.constantFrom("and" as const, "or" as const), tie("selector"), tie("selector"))
          .map(([kind, left, right]) => selectorPairNode(kind, left, right)),
        fc.tuple(tie("selector"), side).map(([s, score]) => bestNode(s, score)),
      ),
    }));
    return fc.record({ length: fc.constant(length), selector, value: side });
  }),
);

describe("the fast paths compute the same as the references", () => {
  it("aggregate over any selector, of any values, with the same errors", () => {
    const runs = breadth({ short: 1200, long: 6000 });
    let [values, errors] = [0, 0];
    fc.assert(
      fc.property(problems, ({ length, selector, value }) => {
        const plain = new Evaluation(new Array<Atom>(length).fill("x"));
        const valuesOf = (sop: SOp) => plain.sop(sop);
        const expected = outcome(() =>
          aggregateReference(matrixReference(selector, valuesOf), valuesOf(value), () => {
            throw new RaspError({ code: "default", class: "value", message: "asked for" });
          }),
        );
        const node = aggregateNode(selector, value, 0n, undefined, "asked for");
        const actual = outcome(() => new Evaluation(plain.input).sop(node));
        if (typeof expected !== "string") {
          expect(actual).toEqual(expected);
          values++;
        } else if (expected.startsWith("default")) {
          expect(actual).toContain("asked for");
        } else {
          expect(actual).toBe(expected);
          errors++;
        }
      }),
      { numRuns: runs },
    );
    expect(values).toBeGreaterThan(runs / 6);
    expect(errors).toBeGreaterThan(runs / 60);
  });

  it("give any selector's matrix", () => {
    fc.assert(
      fc.property(problems, ({ length, selector }) => {
        const evaluation = new Evaluation(new Array<Atom>(length).fill("x"));
        expect(outcome(() => evaluation.selector(selector))).toEqual(
          outcome(() => matrixReference(selector, (sop) => evaluation.sop(sop))),
        );
      }),
      { numRuns: breadth({ short: 500, long: 2000 }) },
    );
  });

  it("forget only values that are no longer needed", () => {
    fc.assert(
      fc.property(problems, ({ length, selector, value }) => {
        const input = new Array<Atom>(length).fill("x");
        const inner = aggregateNode(selector, value, 1n);
        const node = aggregateNode(selectorPairNode("or", selector, selectNode(value, inner, "!=")), inner, 2n);
        const once = outcome(() => new Evaluation(input).sopOnce(node));
        expect(once).toEqual(outcome(() => new Evaluation(input).sop(node)));
      }),
      { numRuns: 500 },
    );
  });

  it("add floats from left to right, as Python does, for any selector", () => {
    const values = [0.1, 0.2, 0.3, 1e16, 1, -1e16, 0.7, 0.1];
    const groups = column([1n, 2n, 1n, 1n, 2n, 1n, 1n, 2n]);
    const backwards = column([8n, 7n, 6n, 5n, 4n, 3n, 2n, 1n]);
    const selectors = [
      selectNode(groups, groups, "=="),
      selectNode(indices, indices, "<="),
      selectNode(indices, indices, ">"),
      selectNode(backwards, backwards, "<="),
      selectorPairNode("and", selectNode(groups, groups, "=="), selectNode(indices, indices, "<=")),
      selectorPairNode("or", selectNode(groups, groups, "=="), selectNode(indices, indices, "<")),
    ];
    for (const selector of selectors) {
      const evaluation = new Evaluation(values);
      expect(evaluation.sop(aggregateNode(selector, column(values), 0n))).toEqual(
        aggregateReference(
          matrixReference(selector, (sop) => evaluation.sop(sop)),
          values,
          () => 0n,
        ),
      );
    }
  });
});

describe("aggregateRow", () => {
  it("equals a naive mean", () => {
    const numbers = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(numbers, (values) => {
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        expect(aggregateRow(values.map(BigInt), 0n)).toBe(mean === 0 ? 0 : mean);
      }),
    );
  });

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

  it("throws for the mean of strings", () => {
    expect(() => aggregateRow(["a", "b"], 0n)).toThrow(RaspError);
  });

  it("takes sequences of one type", () => {
    fc.assert(
      fc.property(sequences, (values) => {
        const node = aggregateNode(selectNode(indices, indices, "=="), column(values), 0n);
        expect(outcome(() => new Evaluation(values).sop(node))).toEqual(values);
      }),
    );
  });
});
