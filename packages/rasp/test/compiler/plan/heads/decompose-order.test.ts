/** An order of sums as a disjoint union of conjunctions over single leaves, against the comparison itself, pair by pair. */
import { expect, it } from "vitest";
import { NormalForm, type NormalSOp } from "../../../../src/compiler/normalize/normal-form.js";
import { decomposeOrder } from "../../../../src/compiler/plan/heads/decompose-order.js";
import type { Block } from "../../../../src/compiler/plan/heads/selection.js";
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
