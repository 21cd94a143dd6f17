/** Verification reports as JSON, and the report of a whole run from those of its shards. */
import { checks } from "@selectron/core";
import { position } from "../../language/source.js";
import { encodeResult, type EncodedValue } from "../../language/text/value-json.js";
import { parseReport, ReportError, type CounterexampleJson, type ReportJson } from "./report-schema.js";
import type { Counterexample, VerifyReport } from "./verify.js";
import { inputsOfShard, type Shard } from "./inputs.js";

/** A report as JSON. */
export function encodeReport(report: VerifyReport): ReportJson {
  checks.check("encodeReport: report", report, checks.anObjectWith("what verify gives", "ok", "vocabulary"));
  const { ok, exhaustive, inputs, withoutValue, wrong, upToFloat32, vocabulary } = report;
  const { maxLength, promise, marked, seed, shard, counterexample } = report;
  return {
    ok,
    exhaustive,
    inputs,
    withoutValue,
    wrong,
    upToFloat32,
    vocabulary: encodeResult(vocabulary).value,
    maxLength,
    promise: promise ?? null,
    marked,
    seed: seed ?? null,
    shard: shard ? { index: shard.index, count: shard.count } : null,
    counterexample: counterexample ? encodeCounterexample(counterexample) : null,
  };
}

function encodeCounterexample({ at, output, input, expected, got, firstWrong }: Counterexample): CounterexampleJson {
  const [inputJson, expectedJson, gotJson] = [input, expected, got].map(encodeResult) as [Encoded, Encoded, Encoded];
  const start = firstWrong?.span && position(firstWrong.span.source, firstWrong.span.start);
  return {
    at,
    output,
    input: inputJson.value,
    expected: expectedJson.value,
    got: gotJson.value,
    kinds: { input: inputJson.kinds, expected: expectedJson.kinds, got: gotJson.kinds },
    firstWrong: firstWrong
      ? {
          name: firstWrong.name,
          place: start ? { file: firstWrong.span!.source.file, ...start } : null,
          layer: firstWrong.layer,
          sublayer: firstWrong.sublayer,
          position: firstWrong.position,
          coordinates: firstWrong.coordinates.map((coordinate) => ({ ...coordinate })),
        }
      : null,
  };
}

type Encoded = Required<EncodedValue>;

/** The fields in which the shards of one run may differ. All other fields must be equal. */
const OF_SHARD = new Set(["ok", "inputs", "withoutValue", "wrong", "upToFloat32", "shard", "counterexample"]);

/**
 * The report of the whole run from the reports of all its shards, in any order: the report that the undivided run gives. Fields that
 * the caller added to all of them, such as the s-op's name, stay.
 *
 * @throws ReportError where a shard is missing or occurs twice, the reports are of different runs, or their figures are not possible
 * together
 */
export function mergeReports<Report extends ReportJson>(reports: readonly Report[]): Report {
  checks.check("mergeReports: reports", reports, checks.aList("an array of reports"));
  reports.forEach((report) => parseReport(report));
  const [first] = reports;
  if (!first) throw new ReportError("there are no reports to merge", "give the reports of all shards");
  const shards = reports.map(({ shard }, r) => {
    if (shard) return shard;
    throw new ReportError(`report ${r + 1} is of a whole run`, "merge the reports of runs with --shard i/n");
  });
  reports.forEach((report, r) => checkSameRun(first, report, r));
  checkComplete(shards);
  const sum = (count: (report: Report) => number): number =>
    reports.reduce((total, report) => total + count(report), 0);
  checkDivision(
    reports,
    sum(({ inputs }) => inputs),
  );
  const counterexamples = reports.flatMap(({ counterexample }) => (counterexample ? [counterexample] : []));
  return {
    ...first,
    ok: reports.every(({ ok }) => ok),
    inputs: sum(({ inputs }) => inputs),
    withoutValue: sum(({ withoutValue }) => withoutValue),
    wrong: sum(({ wrong }) => wrong),
    upToFloat32: sum(({ upToFloat32 }) => upToFloat32),
    shard: null,
    counterexample: counterexamples.sort((a, b) => a.at - b.at)[0] ?? null,
  };
}

function checkSameRun(first: ReportJson, report: ReportJson, r: number): void {
  const [expected, found] = [asText(first), asText(report)];
  const differs = [...expected.keys(), ...found.keys()].find((key) => expected.get(key) !== found.get(key));
  if (differs === undefined) return;
  throw new ReportError(
    `reports 1 and ${r + 1} are of different runs: ${differs} is ${expected.get(differs) ?? "absent"} and ${found.get(differs) ?? "absent"}`,
    "merge shards of one run: the same program, s-op, vocabulary, lengths and seed",
  );
}

/** The fields that all shards of a run must have in common, as JSON texts. */
const asText = (report: ReportJson): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(report).flatMap(([key, value]) => (OF_SHARD.has(key) ? [] : [[key, jsonOfField(key, value)]])),
  );

/** Lists in lists can be deeper than can be written. */
function jsonOfField(key: string, value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    throw new ReportError(`a report's ${key} cannot be written as JSON`, "merge reports as verify wrote them");
  }
}

function checkComplete(shards: readonly Shard[]): void {
  const { count } = shards[0]!;
  const divided = shards.find((shard) => shard.count !== count);
  if (divided) {
    throw new ReportError(
      `one report is of ${count} shards, another of ${divided.count}`,
      "merge shards of one run, divided in one way",
    );
  }
  const seen = new Set<number>();
  for (const { index } of shards) {
    if (seen.has(index)) throw new ReportError(`shard ${index}/${count} is there twice`, "give each report once");
    seen.add(index);
  }
  const missing: number[] = [];
  // As many steps as there are reports, whatever the count.
  for (let index = 1; index <= count && missing.length <= 10; index++) if (!seen.has(index)) missing.push(index);
  if (missing.length > 0) {
    throw new ReportError(
      `of ${count} shards there is no report of ${missing.slice(0, 10).join(", ")}${missing.length > 10 ? ", …" : ""}`,
      `run \`selectron verify … --shard ${missing[0]}/${count} --json\` and merge again`,
    );
  }
}

/** Throws unless each shard of random inputs has its part of all; those of an exhaustive run are checked one by one. */
function checkDivision(reports: readonly ReportJson[], total: number): void {
  // Inputs that keep no promise are left out of any shard.
  if (reports.some(({ promise, exhaustive }) => promise !== null || exhaustive)) return;
  for (const { shard, inputs } of reports) {
    const wanted = inputsOfShard(total, shard!);
    if (inputs === wanted) continue;
    throw new ReportError(
      `shard ${shard!.index}/${shard!.count} has ${inputs} inputs, and of the ${total} of all reports it should have ${wanted}`,
      "merge shards of one run: the same --runs",
    );
  }
}
