/** Loops from TypeScript are those of text: the same graphs, types, errors. */
import { describe, expect, expectTypeOf, it } from "vitest";
import {
  add,
  aggregate,
  and,
  compileLooped,
  eq,
  evaluate,
  ge,
  gt,
  ifElse,
  indices,
  length,
  load,
  loopSteps,
  mod,
  not,
  printRasp,
  RaspError,
  repeat,
  sameGraph,
  select,
  tokens,
  tokensInt,
  verifyLooped,
  type SOp,
} from "../../src/index.js";

const { parity } = repeat({
  states: { parity: 0, at: 0 },
  until: ({ at }) => eq(at, length),
  step: ({ parity: before, at }) => ({
    parity: mod(add(before, aggregate(select(indices, at, eq), tokensInt)), 2),
    at: add(at, 1),
  }),
  atMost: 100,
});

const text = (source: string, name: string): SOp => load(source, { example: "110" }).sop(name);
const parityText = `repeat (parity = 0, at = 0) until (at == length) at most 100 {
  parity = (parity + aggregate(select(indices, at, ==), tokens_int)) % 2;
  at = at + 1;
}`;

describe("repeat", () => {
  it("is the loop of the language", () => {
    expect(sameGraph(parity, text(parityText, "parity"))).toBe(true);
    expect(evaluate(parity, "1101")).toEqual([1, 1, 1, 1]);
    expect(sameGraph(parity, text(printRasp(parity, "parity"), "parity"))).toBe(true);
    expect(loopSteps(parity, "1101")[0]).toMatchObject({ names: ["parity", "at"], steps: 4 });
  });

  it("compiles to a looped model", () => {
    const model = compileLooped(parity, { vocabulary: "01", maxLength: 3 });
    expect(verifyLooped(parity, model, { exhaustive: true })).toMatchObject({ ok: true, withoutValue: 0 });
  });

  it("takes s-ops and values, keeps states that step leaves out, and can end together", () => {
    const done = repeat({
      states: { word: tokens, left: true, n: 1n, half: 0.5 },
      until: ({ n, left }) => and(ge(n, indices), not(left)),
      step: ({ n, half }) => ({ n: add(n, 1), left: false, half: add(half, half) }),
      atMost: 9,
      all: true,
    });
    expectTypeOf(done.word).toEqualTypeOf<SOp<string>>();
    expectTypeOf(done.left).toEqualTypeOf<SOp<boolean>>();
    expectTypeOf(done.n).toEqualTypeOf<SOp<number>>();
    expectTypeOf(done.half).toEqualTypeOf<SOp<number>>();
    expect(evaluate(done.word, "abc")).toEqual(["a", "b", "c"]);
    expect(evaluate(done.n, "abcd")).toEqual([3, 3, 3, 3]);
    expect(evaluate(done.half, "abcd")).toEqual([2, 2, 2, 2]);
  });

  it("can have loops inside, and after it", () => {
    const twice = (x: SOp<number>): SOp<number> =>
      repeat({
        states: { y: x, m: 0 },
        until: ({ m }) => eq(m, 2),
        step: ({ y, m }) => ({ y: add(y, 1), m: add(m, 1) }),
        atMost: 2,
      }).y;
    const { x } = repeat({
      states: { x: 0 },
      until: (of) => gt(of.x, 5),
      step: (of) => ({ x: twice(of.x) }),
      atMost: 9,
    });
    expect(evaluate(twice(x), "ab")).toEqual([8, 8]);
  });

  it.each<[string, () => unknown, string]>([
    [
      "a condition that is no bool",
      () => repeat({ states: { x: 0 }, until: ({ x }) => x as never, step: ({ x }) => ({ x: add(x, 1) }), atMost: 9 }),
      "the condition of a loop is a bool, but this gives numbers",
    ],
    [
      "a condition that no step changes",
      () =>
        repeat({ states: { x: 0, y: 0 }, until: ({ y }) => gt(y, 1), step: ({ x }) => ({ x: add(x, 1) }), atMost: 9 }),
      "of its states the condition reads only y, which no step sets",
    ],
    [
      "a step that changes a type",
      () =>
        repeat({
          states: { x: 0 },
          until: ({ x }) => gt(x, 1),
          step: ({ x }) => ({ x: gt(x, 0) as never }),
          atMost: 9,
        }),
      'the state "x" holds numbers, but a step makes it bools',
    ],
    [
      "a state that there is not",
      () => repeat({ states: { x: 0 }, until: ({ x }) => gt(x, 1), step: ({ x }) => ({ y: x }) as never, atMost: 9 }),
      "repeat: what step gives",
    ],
    [
      "no states",
      () => repeat({ states: {}, until: () => eq(1, 1), step: () => ({}), atMost: 9 }),
      "repeat: there are no states",
    ],
    [
      "no limit",
      () => repeat({ states: { x: 0 }, until: ({ x }) => gt(x, 1), step: ({ x }) => ({ x }), atMost: -1 }),
      "atMost",
    ],
    [
      "a selector",
      () =>
        repeat({
          states: { x: 0 },
          until: ({ x }) => gt(x, 1),
          step: () => ({ x: select(1, 1, eq) as never }),
          atMost: 1,
        }),
      'repeat: the next "x"',
    ],
  ])("refuses %s", (_, make, message) => expect(make).toThrow(message));

  it("tells of a state that is used outside its loop, and of a limit that is reached", () => {
    let outside: SOp<number> | undefined;
    const { x } = repeat({
      states: { x: 0 },
      until: (of) => gt(of.x, indices),
      step: (of) => ((outside = of.x), { x: ifElse(eq(tokens, "a"), add(of.x, 1), of.x) }),
      atMost: 3,
    });
    expect(evaluate(x, "aa")).toEqual([1, 2]);
    expect(() => evaluate(x, "aaaa")).toThrow(RaspError);
    expect(() => evaluate(x, "b")).toThrow(RaspError);
    expect(() => evaluate(outside!, "a")).toThrow('the state "x" has a value only while its loop runs');
  });
});
