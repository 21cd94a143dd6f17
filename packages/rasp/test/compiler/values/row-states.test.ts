/** The states of rows, which hold what keys add up to only while it is likely to be asked for. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { Letter, type Contribution } from "../../../src/compiler/values/letter.js";
import { RowStates } from "../../../src/compiler/values/row-states.js";
import { ValueSets } from "../../../src/compiler/values/value-set.js";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

it("sums of rows that have gone on are let go, and made again where they are asked for", async () => {
  const sets = new ValueSets();
  const sums: WeakRef<{ total: number }>[] = [];
  const fold = {
    none: { total: 0 },
    with: ({ total }: { total: number }, { added }: Contribution) => {
      const sum = { total: total + Number(added.atoms[0]) };
      sums.push(new WeakRef(sum));
      return sum;
    },
    keyOf: () => undefined,
    capped: false,
    valuesOf: () => sets.setOf([]),
    spend: () => undefined,
  };
  const states = new RowStates(fold);
  const letter = new Letter([0], [{ id: 0, canSkip: false, added: sets.setOf([3n]) }], 1);
  const ten = states.with(states.start, letter, 10);
  await new Promise(setImmediate); // nothing that a WeakRef was made for is collected in the same turn
  collectGarbage();
  expect(sums.map((sum) => sum.deref()?.total)).toEqual([...Array<undefined>(7), 24, 27, 30]);
  const four = ten.states[0]!.before!.before!.before!.before!.before!.before!;
  expect([four.sum.total, ten.states[0]!.sum.total]).toEqual([12, 30]);
});
