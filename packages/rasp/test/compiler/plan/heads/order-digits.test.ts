/** Orders split into digits: the union of the digits is the order, and each pair is in one of them. */
import { Rng } from "@selectron/core";
import { expect, it } from "vitest";
import { splitIntoDigits } from "../../../../src/compiler/plan/heads/order-digits.js";
import type { Block, BlockConjunction } from "../../../../src/compiler/plan/heads/selection.js";
import type { NormalSOp } from "../../../../src/compiler/normalize/normal-form.js";
import { embedded, type Embedded } from "./embedded.js";

const OPS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

const numbers = (size: number): bigint[] => Array.from({ length: size }, (_, n) => BigInt(n));

/** `select(indices, tokens + offset, op)` */
function orderBeside({ form }: Embedded, op: string, offset: number): Block {
  const [keys, queries] = [form.indices(), form.tokens()];
  return { keys, queries, test: (key, query) => OPS[op]!(Number(key), Number(query) + offset) };
}

/** In how many of the conjunctions all blocks hold. */
const holding = (conjunctions: readonly BlockConjunction[], key: bigint, query: bigint): number =>
  conjunctions.filter((blocks) => blocks.every(({ test }) => test(key, query))).length;

it("each pair of an order is in one digit, and no other pair is in any", () => {
  const rng = new Rng(1);
  for (let run = 0; run < 60; run++) {
    const few = 2 + rng.int(3);
    const of = embedded(numbers(few + 1 + rng.int(30)), few + 1 + rng.int(30), undefined, few);
    const op = Object.keys(OPS)[run % 4]!;
    const block = orderBeside(of, op, rng.int(7) - 3);
    const digits = splitIntoDigits([[block]], of.context);
    const [keys, queries] = [of.context.domain.values(block.keys), of.context.domain.values(block.queries)];
    for (const key of keys) {
      for (const query of queries) {
        expect(holding(digits, key as bigint, query as bigint), `${key} ${op} ${query}`).toBe(
          Number(block.test(key, query)),
        );
      }
    }
    for (const [digit] of digits) {
      if (!digit!.equal) continue;
      const { key: k, query: q } = digit!.equal;
      for (const key of keys) for (const query of queries) expect(k(key) === q(query)).toBe(digit!.test(key, query));
    }
    if (digits.length > 1) expect(2 ** (digits.length - 1)).toBeLessThanOrEqual(keys.length);
  }
});

it("a head for each binary digit of up to 4,096 numbers", () => {
  for (const [size, digits] of [
    [40, 6],
    [63, 6],
    [65, 7],
    [4096, 12],
  ] as const) {
    const of = embedded(["a"], size);
    const block: Block = {
      keys: of.form.indices(),
      queries: of.form.indices(),
      test: (key, query) => key! < query!,
      compared: { op: "<", key: Number, query: Number },
    };
    const split = splitIntoDigits([[block]], of.context);
    expect(split.length).toBe(digits);
    const rng = new Rng(size);
    for (let n = 0; n < 300; n++) {
      const [key, query] = [BigInt(rng.int(size)), BigInt(rng.int(size))];
      expect(holding(split, key, query)).toBe(Number(key < query));
    }
  }
});

it("computed numbers have digits that are small, and so are their heads", () => {
  for (const [size, heads] of [
    [40, 2],
    [95, 2],
    [96, 3],
    [600, 3],
    [1024, 4],
  ] as const) {
    const of = embedded(numbers(size), size);
    const width = { id: 10, origin: undefined, kind: "width" } as NormalSOp;
    const block: Block = {
      keys: width,
      queries: of.form.tokens(),
      test: (key, query) => key! > query!,
      compared: { op: ">", key: Number, query: Number },
    };
    const split = splitIntoDigits([[block]], of.context);
    expect(split.length, `${size}`).toBe(heads);
    const rng = new Rng(size);
    for (let n = 0; n < 300; n++) {
      const [key, query] = [BigInt(1 + rng.int(size - 2)), BigInt(rng.int(size))];
      expect(holding(split, key, query), `${key} ${query}`).toBe(Number(key > query));
    }
    const digitsOf = split.map((part) => part.at(-1)!.compared!);
    const largest = digitsOf.map(({ key }) => Math.max(...of.context.domain.values(width).map(key)));
    expect(Math.max(...largest), `${size}`).toBeLessThanOrEqual(12);
  }
});

it("other blocks stay beside each digit, and orders of few values stay as they are", () => {
  const of = embedded(numbers(40), 40);
  const order = orderBeside(of, "<", 0);
  const other: Block = { keys: order.queries, queries: order.queries, test: (key, query) => key === query };
  const split = splitIntoDigits([[other, order]], of.context);
  expect(split.length).toBe(6);
  for (const [first] of split) expect(first).toBe(other);
  const small = embedded(numbers(40), 32);
  const few: BlockConjunction[] = [[orderBeside(small, "<", 0)], [other]];
  expect(splitIntoDigits(few, small.context)).toEqual(few);
  expect(splitIntoDigits([[other]], of.context)).toEqual([[other]]);
});
