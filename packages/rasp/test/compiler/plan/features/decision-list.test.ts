/** Functions of several numbers that ask one of them after the other. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { decisionList, type DecisionList } from "../../../../src/compiler/plan/features/decision-list.js";
import type { Row } from "../../../../src/compiler/plan/ir/finite-function.js";
import { compile, load, verify } from "../../../../src/index.js";
import { lessonSOp } from "../../lessons.js";
import { breadth, isLong } from "../../../../../../test/long.js";

const resultOf = ({ rules, otherwise }: DecisionList, { values }: Row): number =>
  rules.find(({ leaf, holds }) => holds.get(values[leaf]!) === true)?.result ?? otherwise;

const table = (resultAt: (a: number, b: number) => number, size = 4): Row[] =>
  Array.from({ length: size * size }, (_, n) => {
    const values = [Math.floor(n / size), n % size];
    return { values, result: resultAt(values[0]!, values[1]!) };
  });

it("a list gives every row's result, whatever the table", () => {
  const row = fc.tuple(fc.tuple(fc.nat(3), fc.nat(3)), fc.nat(2));
  fc.assert(
    fc.property(fc.uniqueArray(row, { selector: ([values]) => String(values), minLength: 1 }), (drawn) => {
      const rows = drawn.map(([values, result]) => ({ values, result }));
      const list = decisionList(rows, 2);
      if (list) for (const each of rows) expect(resultOf(list, each)).toBe(each.result);
    }),
    { numRuns: breadth({ short: 200, long: 2000 }), seed: 3 },
  );
});

it.each([
  ["the first rule wins", (a: number, b: number) => (a > 0 ? 0 : b === 2 ? 1 : 2), 2],
  ["an or is two rules", (a: number, b: number) => Number(a === 1 || b === 1), 2],
  ["a comparison of the two is no list", (a: number, b: number) => Number(a < b), undefined],
  ["nor is their parity", (a: number, b: number) => (a + b) % 2, undefined],
] as const)("%s", (_, resultAt, rules) => {
  expect(decisionList(table(resultAt, 6), 2)?.rules.length).toBe(rules);
});

it.each([
  '"F" if average(tokens_int) > 0.5 else ("T" if selector_width(select(tokens_int, tokens_int, ==)) == 2 else "P")',
  '"x" if average(tokens_int) == 0 or selector_width(select(indices, indices, <=)) > 2 else "y"',
  '"a" if average(tokens_int) == 1 else ("b" if indices == 1 else ("c" if round(2 * average(indices)) > 1 else "d"))',
])("%s compiles in one layer, proved", (source) => {
  const sop = load(`result = ${source};`, { example: "1" }).sop("result");
  const model = compile(sop, { vocabulary: "01", maxLength: 5 });
  expect(verify(sop, model, { exhaustive: true })).toMatchObject({ ok: true });
  expect(model.certificate.proved).toBe(true);
  expect(model.stats.layers).toBe(1);
});

// The joint values of the share of failures and of the balance were too near to each other in one sum from length 65.
it.runIf(isLong)("balanced brackets have no cliff between 60 and 72", () => {
  const sop = lessonSOp({ file: "06-dyck1", name: "dyck1_ptf" });
  const sizes = [60, 64, 65, 66, 72].map((maxLength) => {
    const { stats, certificate } = compile(sop, { vocabulary: "()a", maxLength });
    expect([maxLength, certificate.proved, stats.layers]).toEqual([maxLength, true, 2]);
    return stats.parameters / maxLength;
  });
  expect(Math.max(...sizes) / Math.min(...sizes)).toBeLessThan(1.3);
});
