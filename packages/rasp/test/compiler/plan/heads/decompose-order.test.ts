/** An order of sums as a disjoint union of conjunctions over single leaves, against the comparison itself, pair by pair. */
import { Rng } from "@selectron/core";
import { expect, it } from "vitest";
import { NormalForm, type NormalSOp } from "../../../../src/compiler/normalize/normal-form.js";
import { decomposeOrder } from "../../../../src/compiler/plan/heads/decompose-order.js";
import { COMPARE } from "../../../../src/compiler/plan/heads/compared-numbers.js";
import { FEW } from "../../../../src/compiler/plan/heads/number-match.js";
import type { Block, BlockConjunction } from "../../../../src/compiler/plan/heads/selection.js";
import { Domain } from "../../../../src/compiler/values/domain.js";
import { compareAtoms } from "../../../../src/language/atom/compare.js";
import type { Atom, Elementwise } from "../../../../src/language/graph/node.js";

const tokens = [0n, 1n, 2n];
const positions = [0n, 1n, 2n];

/** `tokens · factor + indices`: for a factor from 3 up the order is first by token, then by position. */
function orderOf(factor: number): { block: Block; valueAt: (sop: NormalSOp, token: bigint, position: bigint) => Atom } {
  const form = new NormalForm();
  const sum: Elementwise = {
    name: "sum",
    key: `sum ${factor}`,
    apply: ([token, position]) => Number(token) * factor + Number(position),
  };
  const sop = form.map(sum, [form.tokens(), form.indices()]);
  const valueAt = (at: NormalSOp, token: bigint, position: bigint): Atom =>
    at.kind === "tokens" ? token : at.kind === "indices" ? position : sum.apply([token, position]);
  return { block: { keys: sop, queries: sop, test: (key, query) => compareAtoms("<", key, query) }, valueAt };
}

it("first by token, then by position: two disjoint conjunctions over the leaves", () => {
  const { block, valueAt } = orderOf(3);
  const parts = decomposeOrder([block], { domain: new Domain(tokens, 3), few: 32 });
  expect(parts).toHaveLength(2);
  expect(parts.flat().every(({ keys, queries }) => keys.kind !== "map" && queries.kind !== "map")).toBe(true);
  for (const keyToken of tokens) {
    for (const keyPosition of positions) {
      for (const queryToken of tokens) {
        for (const queryPosition of positions) {
          const held = parts.filter((part) =>
            part.every(({ keys, queries, test }) =>
              test(valueAt(keys, keyToken, keyPosition), valueAt(queries, queryToken, queryPosition)),
            ),
          );
          const isBefore = 3n * keyToken + keyPosition < 3n * queryToken + queryPosition;
          expect(held).toHaveLength(Number(isBefore));
        }
      }
    }
  }
});

it("an order that would take too many conjunctions is left as it is", () => {
  const { block } = orderOf(1);
  expect(decomposeOrder([block], { domain: new Domain(tokens, 3), few: 32 })).toEqual([[block]]);
});

it("a comparison of numbers gives the same conjunctions as a test of all pairs, and blocks that compare numbers", () => {
  const rng = new Rng(4);
  let compared = 0;
  for (let run = 0; run < 120; run++) {
    const { block } = orderOf([1, 2, 3, 3, 4, 0][rng.int(6)]!);
    const op = (["<", "<=", ">", ">=", "=="] as const)[rng.int(5)]!;
    const shift = rng.int(3);
    const numbers = { op, key: Number, query: (query: Atom) => Number(query) + shift };
    const test = (key: Atom, query: Atom): boolean => COMPARE[op](numbers.key(key), numbers.query(query));
    const domain = new Domain(tokens, 1 + rng.int(4));
    const context = { domain, few: FEW };
    const plain = decomposeOrder([{ ...block, test }], context);
    const found = decomposeOrder([{ ...block, test, compared: numbers }], context);
    const answersOf = (blocks: BlockConjunction, of: (block: Block) => Block["test"]): unknown[] =>
      blocks.map((one) => {
        const [keys, queries] = [domain.values(one.keys), domain.values(one.queries)];
        return [one.keys, one.queries, keys.map((key) => queries.map((query) => of(one)(key, query)))];
      });
    const byTest = found.map((part) => answersOf(part, (one) => one.test));
    expect(byTest).toEqual(plain.map((part) => answersOf(part, (one) => one.test)));
    const byNumbers = found.map((part) =>
      answersOf(part, ({ compared: known, test: asked }) => {
        if (!known) return asked;
        compared++;
        return (key, query) => COMPARE[known.op](known.key(key), known.query(query));
      }),
    );
    expect(byNumbers).toEqual(byTest);
  }
  expect(compared).toBeGreaterThan(100);
});
