/** What is concluded from a block that compares numbers, against what trying all pairs gives. */
import { Rng } from "@selectron/core";
import { expect, it } from "vitest";
import { NormalForm } from "../../../../src/compiler/normalize/normal-form.js";
import { classesOf } from "../../../../src/compiler/plan/heads/classes.js";
import { COMPARE, type NumberComparison } from "../../../../src/compiler/plan/heads/compared-numbers.js";
import { equalityOf, FEW } from "../../../../src/compiler/plan/heads/number-match.js";
import { orderOf } from "../../../../src/compiler/plan/heads/order.js";
import type { Block } from "../../../../src/compiler/plan/heads/selection.js";
import { Domain } from "../../../../src/compiler/values/domain.js";
import type { Atom, Comparison } from "../../../../src/language/graph/node.js";

const OPS: readonly Comparison[] = ["==", "!=", "<", "<=", ">", ">="];
/** Numbers of values by their places: ascending, descending, in ties, in any order, and with a value that fails. */
const SHAPES: readonly ((place: number, rng: Rng) => number)[] = [
  (place) => place,
  (place) => 3 - place,
  (place) => Math.floor(place / 3),
  (_, rng) => rng.int(6),
  (place, rng) => (rng.int(8) === 0 ? NaN : place),
  (place) => (place % 2 === 0 ? place : -1),
];

interface Case {
  readonly domain: Domain;
  readonly block: Block;
  /** The same block as a test alone. */
  readonly plain: Block;
  readonly keys: readonly Atom[];
  readonly queries: readonly Atom[];
}

/** @param size - how many values each side has, at least */
function randomCase(rng: Rng, size: number, ops = OPS): Case {
  const form = new NormalForm();
  const step = 1 + rng.int(2);
  const domain = new Domain(
    Array.from({ length: size + rng.int(4) }, (_, v) => BigInt(step * v)),
    size + rng.int(4),
  );
  const [keys, queries] = [form.tokens(), form.indices()];
  const numbersOf = (values: readonly Atom[]): ((atom: Atom) => number) => {
    const shape = SHAPES[rng.int(SHAPES.length)]!;
    const numbers = new Map(values.map((atom, place) => [atom, shape(place, rng)]));
    return (atom) => numbers.get(atom)!;
  };
  const [keyValues, queryValues] = [domain.values(keys), domain.values(queries)];
  const compared: NumberComparison = {
    op: ops[rng.int(ops.length)]!,
    key: numbersOf(keyValues),
    query: numbersOf(queryValues),
  };
  const test = (key: Atom, query: Atom): boolean => COMPARE[compared.op](compared.key(key), compared.query(query));
  const plain = { keys, queries, test };
  return { domain, plain, block: { ...plain, compared }, keys: keyValues, queries: queryValues };
}

/** Some relation for all pairs. */
const table = <T>({ keys, queries }: Case, of: (key: Atom, query: Atom) => T): T[] =>
  keys.flatMap((key) => queries.map((query) => of(key, query)));

it("the same classes", () => {
  const rng = new Rng(1);
  for (let run = 0; run < 300; run++) {
    const { domain, block, plain } = randomCase(rng, 1 + rng.int(20));
    const [found, expected] = [classesOf(block, domain), classesOf(plain, domain)];
    expect({ keys: found.keys, queries: found.queries }).toEqual({ keys: expected.keys, queries: expected.queries });
    const holds = found.keys.map((_, k) => found.queries.map((__, q) => found.holds(k, q)));
    expect(holds).toEqual(expected.keys.map((_, k) => expected.queries.map((__, q) => expected.holds(k, q))));
  }
});

it("the same order, and one where values neither ascend nor descend", () => {
  const rng = new Rng(2);
  const kinds = { same: 0, more: 0, none: 0 };
  for (let run = 0; run < 400; run++) {
    const one = randomCase(rng, 5 + rng.int(8));
    const few = 3;
    const [found, expected] = [orderOf(one.block, one.domain, few), orderOf(one.plain, one.domain, few)];
    kinds[expected ? "same" : found ? "more" : "none"]++;
    if (expected) {
      expect(found!.below).toBe(expected.below);
      expect(one.keys.map(found!.x)).toEqual(one.keys.map(expected.x));
      expect(one.queries.map(found!.y)).toEqual(one.queries.map(expected.y));
    }
    if (!found) continue;
    const isBelow = (key: Atom, query: Atom): boolean => (found.x(key) ?? Infinity) < found.y(query);
    expect(table(one, isBelow)).toEqual(table(one, one.plain.test));
  }
  expect(Math.min(...Object.values(kinds))).toBeGreaterThan(5);
});

it("the same equality, and one of numbers that are not those of the values", () => {
  const rng = new Rng(3);
  const kinds = { same: 0, more: 0, none: 0 };
  for (let run = 0; run < 120; run++) {
    const one = randomCase(rng, 33, ["==", "==", "<", "!="]);
    const [found, expected] = [one.block, one.plain].map((block) => equalityOf(one.keys, one.queries, block, FEW));
    const isEquality = one.block.compared!.op === "==";
    kinds[isEquality && expected ? "same" : found ? "more" : "none"]++;
    if (expected && isEquality) {
      expect(one.keys.map(found!.key)).toEqual(one.keys.map(expected.key));
      expect(one.queries.map(found!.query)).toEqual(one.queries.map(expected.query));
    }
    expect(found !== undefined).toBe(isEquality);
    if (found) {
      expect(table(one, (key, query) => found.key(key) === found.query(query))).toEqual(table(one, one.plain.test));
    }
  }
  expect(Math.min(...Object.values(kinds))).toBeGreaterThan(0);
});
