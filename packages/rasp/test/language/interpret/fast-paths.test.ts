import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aggregateRow } from "../../../src/language/atom/mean.js";
import { RaspError } from "../../../src/language/diagnostic.js";
import { lookUpListMap } from "../../../src/language/graph/elementwise.js";
import {
  aggregateNode,
  bestNode,
  constantNode,
  indicesNode,
  isSelector,
  mapNode,
  selectNode,
  selectorNotNode,
  selectorPairNode,
  tokensNode,
  topological,
  type Atom,
  type Comparison,
  type Selector,
  type SOp,
} from "../../../src/language/graph/node.js";
import { Column } from "../../../src/language/interpret/columns.js";
import { Evaluation } from "../../../src/language/interpret/evaluation.js";
import { aggregateReference, matrixReference } from "../../../src/language/interpret/reference.js";
import { Selections } from "../../../src/language/interpret/selection.js";
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

/** Up to 64 comparisons, some of which occur twice, joined in any order; some sides are one value. */
const largeProblems: fc.Arbitrary<Problem> = fc.integer({ min: 1, max: 40 }).chain((length) =>
  fc
    .record({
      length: fc.constant(length),
      columns: fc.array(fc.array(fc.bigInt({ min: 0n, max: 4n }), { minLength: length, maxLength: length }), {
        minLength: 1,
        maxLength: 4,
      }),
      compared: fc.array(fc.tuple(fc.nat(9), fc.nat(9), comparisons), { minLength: 2, maxLength: 64 }),
      joins: fc.array(fc.tuple(fc.nat(), fc.boolean(), fc.boolean()), { minLength: 64, maxLength: 64 }),
      values: fc.array(fc.bigInt({ min: 0n, max: 9n }), { minLength: length, maxLength: length }),
    })
    .map(({ columns: drawn, compared, joins, values }) => {
      const sides = [...drawn.map(column), indices, ...[0n, 1n, 2n, 3n].map((value) => constantNode(value))];
      const pool: Selector[] = compared.map(([keys, queries, op]) =>
        selectNode(sides[keys % sides.length]!, sides[queries % sides.length]!, op),
      );
      for (let j = 0; pool.length > 1; j++) {
        const [at, isAnd, negated] = joins[j]!;
        const left = pool.splice(at % pool.length, 1)[0]!;
        const joined = selectorPairNode(isAnd ? "and" : "or", left, pool.shift()!);
        pool.push(negated ? selectorNotNode(joined) : joined);
      }
      return { length, selector: pool[0]!, value: column(values) };
    }),
);

describe("selectors of many comparisons", () => {
  it("are what the reference says", () => {
    fc.assert(
      fc.property(largeProblems, ({ length, selector, value }) => {
        const plain = new Evaluation(new Array<Atom>(length).fill("x"));
        const matrix = matrixReference(selector, (sop) => plain.sop(sop));
        expect(plain.selector(selector)).toEqual(matrix);
        expect(plain.sop(aggregateNode(selector, value, -1n))).toEqual(
          aggregateReference(matrix, plain.sop(value), () => -1n),
        );
        const best = bestNode(selector, value);
        expect(plain.selector(best)).toEqual(matrixReference(best, (sop) => plain.sop(sop)));
      }),
      { numRuns: breadth({ short: 100, long: 3000 }) },
    );
  });

  const letters = Array.from({ length: 64 }, (_, j) => String.fromCodePoint(0x61 + j));
  const input = [...letters.slice(0, 40), "?", "!"];
  const among = (op: Comparison, kind: "and" | "or"): Selector =>
    letters
      .map((letter): Selector => selectNode(tokensNode("str"), constantNode(letter), op))
      .reduce((left, right) => selectorPairNode(kind, left, right));
  const boxesOf = (selector: Selector): number | undefined => {
    const values = new Evaluation(input);
    const selections = new Selections(input.length, (node) => Column.of(values.sop(node)));
    for (const node of topological(selector)) if (isSelector(node)) selections.add(node);
    return selections.boxes(selector)?.length;
  };

  it("of one value each are one box", () => {
    expect(boxesOf(among("==", "or"))).toBe(1);
    expect(boxesOf(among("!=", "and"))).toBe(1);
    expect(boxesOf(selectorNotNode(among("==", "or")))).toBe(1);
    expect(boxesOf(selectorPairNode("and", among("==", "or"), selectNode(indices, indices, "<=")))).toBe(1);
  });

  it("have at most as many boxes as the input has positions", () => {
    const columns = Array.from({ length: 20 }, (_, j) => column(input.map((_, i) => BigInt((i * (j + 3)) % 23))));
    const unequal = columns.map((values): Selector => selectNode(values, indices, "!="));
    const all = unequal.reduce((left, right) => selectorPairNode("and", left, right));
    expect(boxesOf(all)).toBeUndefined();
    const few = unequal.slice(0, 5).reduce((left, right) => selectorPairNode("and", left, right));
    expect(boxesOf(few)).toBe(32);
  });

  it("may share their parts, each of which is computed once", () => {
    let [left, right]: [Selector, Selector] = [selectNode(indices, indices, "=="), selectNode(indices, indices, "<")];
    for (let level = 0; level < 60; level++) {
      const chosen = aggregateNode(left, indices, 0n);
      const next = selectorPairNode("or", left, selectNode(indices, chosen, "!="));
      [left, right] = [selectorPairNode("and", next, selectorNotNode(right)), next];
    }
    for (const length of [5, 40]) {
      const evaluation = new Evaluation(new Array<Atom>(length).fill("x"));
      expect(evaluation.selector(left)).toHaveLength(length);
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
