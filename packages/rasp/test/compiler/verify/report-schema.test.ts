/** Reports of verifications from files: what cannot be is refused, with the field and both values. */
import { Rng } from "@selectron/core";
import { describe, expect, it } from "vitest";
import { breadth } from "../../../../../test/long.js";
import { jsonText, mutatedJson } from "../../../../../test/model-mutations.js";
import {
  compile,
  encodeReport,
  load,
  mergeReports,
  parseReport,
  ReportError,
  verify,
  type ReportJson,
  type VerifyOptions,
} from "../../../src/index.js";

const environment = load("reverse = aggregate(select(indices, length - 1 - indices, ==), tokens); same = tokens;");
const model = compile({ x: environment.sop("reverse") }, { vocabulary: "abc", maxLength: 4 });
const SHARDS = 3;

const shards = (program: "reverse" | "same", how: VerifyOptions): ReportJson[] =>
  Array.from({ length: SHARDS }, (_, i) =>
    encodeReport(verify({ x: environment.sop(program) }, model, { ...how, shard: { index: i + 1, count: SHARDS } })),
  );
const right = shards("reverse", { exhaustive: true });
const wrong = shards("same", { exhaustive: true });
const random = shards("reverse", { runs: 40, seed: 1 });

it("the reports that verify writes are possible", () => {
  for (const reports of [right, wrong, random]) {
    for (const report of reports) expect(parseReport(JSON.parse(JSON.stringify(report)))).toEqual(report);
    expect(mergeReports(reports).inputs).toBe(reports === random ? 40 : 120);
  }
});

type Change = (report: any) => void; // eslint-disable-line @typescript-eslint/no-explicit-any

describe("a report whose figures are not possible together", () => {
  it.each<[string, readonly ReportJson[], Change, string]>([
    ["right and wrong", right, (report) => (report.wrong = 5), "ok: it is true, and wrong is 5"],
    ["wrong and right", wrong, (report) => (report.ok = true), "ok: it is true, and wrong is"],
    ["more wrong than tried", wrong, (report) => (report.wrong = 41), "wrong: it is 41, and inputs is 40"],
    [
      "more without value than tried",
      right,
      (report) => (report.withoutValue = 41),
      "withoutValue: it is 41, and inputs is 40",
    ],
    ["negative", right, (report) => (report.inputs = -1), "inputs is -1, and not a whole number from 0"],
    ["not whole", right, (report) => (report.inputs = 39.5), "inputs is 39.5, and not a whole number"],
    [
      "too many inputs",
      right,
      (report) => (report.inputs = 60),
      "inputs: it is 60, and shard 1/3 of 120 inputs are 40",
    ],
    ["a shard that is none", right, (report) => (report.shard.index = 4), "shard: there is no shard 4 of 3"],
    [
      "another length",
      right,
      (report) => (report.maxLength = 5),
      "inputs: it is 40, and shard 1/3 of 363 inputs are 121",
    ],
    ["a seed of an exhaustive run", right, (report) => (report.seed = 1), "seed: an exhaustive run has none"],
    ["no seed of a random one", random, (report) => (report.seed = null), "seed is null, and not a whole number"],
    [
      "a counterexample without a wrong input",
      right,
      (report) => (report.counterexample = structuredClone(wrong[0]!.counterexample)),
      "counterexample: it is there, and wrong is 0",
    ],
    [
      "wrong without a counterexample",
      wrong,
      (report) => (report.counterexample = null),
      "counterexample: it is null, and wrong is",
    ],
    [
      "a counterexample of another shard",
      wrong,
      (report) => report.counterexample.at++,
      "which is no input of shard 1/3",
    ],
    ["one that is too long", wrong, (report) => report.counterexample.got.pop(), "counterexample.got: there are"],
  ])("%s", (_, reports, change, message) => {
    const changed = structuredClone(reports[0]!);
    change(changed);
    for (const read of [() => parseReport(changed), () => mergeReports([changed, ...reports.slice(1)])]) {
      expect(read).toThrow(ReportError);
      expect(read).toThrow(message);
    }
  });
});

describe("reports that are not possible together", () => {
  it("a shard of random inputs with too few or too many", () => {
    const [first, ...others] = random;
    expect(() => mergeReports([{ ...first!, inputs: 20 }, ...others])).toThrow(
      "shard 1/3 has 20 inputs, and of the 46 of all reports it should have 16",
    );
  });

  it("10^8 shards in one report take no memory for each", () => {
    const many = { ...random[0]!, shard: { index: 1, count: 1e8 } };
    expect(() => mergeReports([many])).toThrow(
      "of 100000000 shards there is no report of 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …",
    );
    const last = { ...random[0]!, shard: { index: 1e15, count: 1e15 } };
    expect(() => mergeReports([last])).toThrow("there is no report of 1, 2,");
  });
});

it("a field that is too deep to be written gives a ReportError", () => {
  let deep: unknown = 0;
  for (let i = 0; i < 20_000; i++) deep = [deep];
  expect(() => mergeReports(right.map((report) => ({ ...report, stats: deep })))).toThrow(
    "a report's stats cannot be written as JSON",
  );
});

it("any part changed gives a ReportError, or a report that adds up", () => {
  const rng = new Rng(1);
  let refused = 0;
  for (let i = breadth({ short: 400, long: 50_000 }); i > 0; i--) {
    const reports = rng.pick([right, wrong, random]);
    try {
      const changed = JSON.parse(jsonText(mutatedJson(reports[0]!, rng)) || "null") as ReportJson;
      const { ok, wrong: count, inputs, counterexample } = mergeReports([changed, ...reports.slice(1)]);
      expect([ok, counterexample === null]).toEqual([count === 0, count === 0]);
      // Of 39 random inputs each of the shards would have 13, so that one with 13 instead of 14 is possible.
      expect(reports === random ? [39, 40] : [120]).toContain(inputs);
    } catch (error) {
      expect(error).toBeInstanceOf(ReportError);
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(300);
});
