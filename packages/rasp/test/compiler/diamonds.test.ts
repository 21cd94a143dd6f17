/** Shared graphs: each link of a chain of diamonds doubles the paths and adds a few nodes. The work grows with the nodes. */
import { expect, it } from "vitest";
import { compile, map, tokensInt, verify, type SOp } from "../../src/index.js";

/** tokens → two functions of them → their sum → two functions of that …, and how often any of the functions was called. */
function diamonds(links: number): { sop: SOp<number>; calls: () => number } {
  let calls = 0;
  const counted =
    <A extends number[]>(fn: (...args: A) => number) =>
    (...args: A): number => (calls++, fn(...args));
  let sop: SOp<number> = tokensInt;
  for (let link = 0; link < links; link++) {
    const left = map(
      counted((x: number) => (x + 1) % 5),
      sop,
    );
    const right = map(
      counted((x: number) => (2 * x) % 5),
      sop,
    );
    sop = map(
      counted((x: number, y: number) => (x + y) % 5),
      left,
      right,
    );
  }
  return { sop, calls: () => calls };
}

const options = { vocabulary: [0, 1, 2, 3, 4], maxLength: 5 } as const;

it("a chain of 12 diamonds compiles, to the program", () => {
  const { sop } = diamonds(12);
  expect(verify(sop, compile(sop, options), { runs: 50, seed: 1 })).toMatchObject({ ok: true });
});

it("twice the links are about twice the work, where the paths are 4,096 times as many", () => {
  const work = [12, 24].map((links) => {
    const { sop, calls } = diamonds(links);
    compile(sop, options);
    return calls();
  }) as [number, number];
  expect(work[0]).toBeGreaterThan(12 * 3 * 5 - 1);
  expect(work[1] / work[0]).toBeLessThan(2.5);
});
