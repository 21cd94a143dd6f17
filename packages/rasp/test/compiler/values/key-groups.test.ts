/** Keys that are one to a query are all keys, each once, and what they are asked is answered alike. */
import { Rng } from "@selectron/core";
import { expect, it } from "vitest";
import { AlikeKeys, KeysInOrder, type KeyOrder } from "../../../src/compiler/values/key-groups.js";

interface Key {
  readonly shape: string;
  readonly number: number;
}

const order: KeyOrder<number, Key> = { placeOf: (key) => key, askedBy: (query) => query };
/** What a query can tell of a key. */
const seen = ({ shape, number }: Key, query: number): string => `${shape} ${Math.sign(number - query)}`;

it("groups have as many keys as a query tells apart, without its own", () => {
  const rng = new Rng(3);
  for (let run = 0; run < 200; run++) {
    const known = Array.from({ length: 6 }, () => ({ shape: rng.pick(["a", "b"]), number: rng.pick([0, 1, 2, 5]) }));
    const keys = Array.from({ length: rng.pick([1, 4, 9]) }, () => rng.pick(known));
    const [query, own] = [rng.pick([-1, 0, 1, 3, 5, 6]), rng.pick([undefined, keys[0]])];
    const expected = new Map<string, number>();
    for (const key of keys) expected.set(seen(key, query), (expected.get(seen(key, query)) ?? 0) + 1);
    if (own) expected.set(seen(own, query), expected.get(seen(own, query))! - 1);
    for (const groups of [KeysInOrder.of(keys, order)!, new AlikeKeys<number, Key>(keys)]) {
      const found = new Map<string, number>();
      groups.each(query, own, (key, count) => found.set(seen(key, query), (found.get(seen(key, query)) ?? 0) + count));
      for (const [what, count] of expected) expect(found.get(what) ?? 0, `${run} ${what}`).toBe(count);
      expect([...found.keys()].every((what) => expected.has(what))).toBe(true);
    }
  }
});

it("keys without a number are in no order", () => {
  const placeOf = (key: Key): Key | undefined => (key.shape === "a" ? key : undefined);
  const keys = [
    { shape: "a", number: 1 },
    { shape: "b", number: 1 },
  ];
  expect(KeysInOrder.of(keys, { ...order, placeOf })).toBeUndefined();
});
