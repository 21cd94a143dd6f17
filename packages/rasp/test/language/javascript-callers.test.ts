/** Combinators and evaluation with what their types forbid. */
import { jsonOf } from "@selectron/core";
import {
  aggregate,
  and,
  best,
  encodeResult,
  decodeSequence,
  eq,
  evaluate,
  indices,
  load,
  map,
  neg,
  select,
  selectorWidth,
  tokens,
  trace,
  type Compare,
  type Selector,
  type SOp,
} from "@selectron/rasp";
import { describe, expect, it } from "vitest";

const wrong = <T>(value: unknown): T => value as T;
const environment = load("e = indices + 1;");
const selector = select(indices, indices, eq);

describe("JavaScript callers get a clear error", () => {
  it.each<[string, () => unknown, string]>([
    [
      "a function as comparison",
      () =>
        select(
          indices,
          indices,
          wrong<Compare>((k: number, q: number) => k < q),
        ),
      "select: the third argument must be one of the comparisons eq, ne, lt",
    ],
    ["no comparison", () => select(indices, indices, wrong<Compare>(undefined)), "select: the third argument must be"],
    [
      "the operator as text",
      () => select(indices, indices, wrong<Compare>("==")),
      "select: the third argument must be",
    ],
    ["a value of the language", () => evaluate(wrong<SOp>(environment.get("e")), "ab"), 'take environment.sop("name")'],
    ["the same, in a trace", () => trace(wrong<SOp>(environment.get("e")), "ab"), 'take environment.sop("name")'],
    ["the same, in a combinator", () => neg(wrong<SOp<number>>(environment.get("e"))), 'take environment.sop("name")'],
    ["no s-op", () => evaluate(wrong<SOp>(undefined), "ab"), "evaluate: undefined is no s-op and no selector"],
    [
      "a name",
      () => evaluate(wrong<SOp>("e"), "ab"),
      'evaluate: the string "e" is no s-op and no selector; take one from load',
    ],
    [
      "a Promise",
      () => evaluate(wrong<SOp>(Promise.resolve(tokens)), "ab"),
      "evaluate: a Promise (write await before it) is no s-op",
    ],
    [
      "a selector as values",
      () => aggregate(selector, wrong<SOp<number>>(selector)),
      "a selector was given where an s-op belongs",
    ],
    [
      "an s-op as selector",
      () => aggregate(wrong<Selector>(indices), indices),
      "aggregate: an s-op was given where a selector belongs",
    ],
    [
      "the same in best",
      () => best(wrong<Selector>(indices), indices),
      "best: an s-op was given where a selector belongs",
    ],
    ["the same in selectorWidth", () => selectorWidth(wrong<Selector>(indices)), "selectorWidth: an s-op was given"],
    [
      "a selector and an s-op",
      () => and(selector, wrong<Selector>(indices)),
      "and: an s-op was given where a selector belongs",
    ],
    [
      "no function",
      () => map(wrong<(x: number) => number>(indices), indices),
      "it must be a function of values, as in map(",
    ],
    ["an input that is no list", () => evaluate(tokens, wrong<string>(5)), "the input is 5"],
    ["an input that is missing", () => evaluate(tokens, wrong<string>(undefined)), "the input is undefined"],
  ])("%s", (_, call, message) => {
    expect(call).toThrow(message);
  });
});

it("-0.0 is no 0 in JSON", () => {
  const atoms = [-0, 0, 0n];
  const json = jsonOf(encodeResult(atoms));
  expect(json).toBe('{"value":[-0.0,0,0],"kinds":"ffi"}');
  const { value, kinds } = JSON.parse(json) as { value: number[]; kinds: string };
  expect(decodeSequence(value, kinds)).toEqual(atoms);
});
