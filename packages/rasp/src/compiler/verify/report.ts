/** Verification reports as JSON, and the report of a whole run from those of its shards. */
import { readable } from "@selectron/core";
import { position } from "../../language/source.js";
import { encodeResult, type EncodedValue, type Json } from "../../language/text/value-json.js";
import type { Counterexample, VerifyReport } from "./verify.js";
import type { Shard } from "./inputs.js";

/** A report as JSON, as `selectron verify --json` prints it beside the model's sizes. */
export type ReportJson = {
  readonly ok: boolean;
  readonly exhaustive: boolean;
  readonly inputs: number;
  readonly withoutValue: number;
  readonly wrong: number;
  readonly upToFloat32: number;
  readonly vocabulary: Json;
  readonly maxLength: number;
  /** The model's promise as RASP text; null where there is none. */
  readonly promise: string | null;
  /** Whether the model tells on which inputs the program has no value. */
  readonly marked: boolean;
  /** Null when exhaustive. */
  readonly seed: number | null;
  /** Null when the run is not divided. */
  readonly shard: { readonly index: number; readonly count: number } | null;
  readonly counterexample: CounterexampleJson | null;
};

/** A counterexample as JSON. */
export type CounterexampleJson = {
  readonly at: number;
  readonly output: string;
  readonly input: Json;
  readonly expected: Json;
  readonly got: Json;
  /** The kinds of the elements of the three, as in every encoded value. */
  readonly kinds: { readonly input: string; readonly expected: string; readonly got: string };
  readonly firstWrong: {
    readonly name: string;
    readonly place: { readonly file: string; readonly line: number; readonly column: number } | null;
    readonly layer: number;
    readonly sublayer: string;
    readonly position: number;
    readonly coordinates: readonly { readonly name: string; readonly holds: number; readonly expected: number }[];
  } | null;
};

/** A report as JSON. */
export function encodeReport(report: VerifyReport): ReportJson {
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

/** Reports that are not all shards of one run. */
export class ReportError extends Error {
  readonly suggestion: string;

  constructor(message: string, suggestion: string) {
    super(readable(message));
    this.suggestion = suggestion;
    this.name = "ReportError";
  }
}

/** The fields in which the shards of one run may differ. All other fields must be equal. */
const OF_SHARD = new Set(["ok", "inputs", "withoutValue", "wrong", "upToFloat32", "shard", "counterexample"]);

/**
 * The report of the whole run from the reports of all its shards, in any order: the report that the undivided run gives. Fields that
 * the caller added to all of them, such as the s-op's name, stay.
 *
 * @throws ReportError where a shard is missing or occurs twice, or the reports are of different runs
 */
export function mergeReports<Report extends ReportJson>(reports: readonly Report[]): Report {
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
  new Map(Object.entries(report).flatMap(([key, value]) => (OF_SHARD.has(key) ? [] : [[key, JSON.stringify(value)]])));

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
  const missing = Array.from({ length: count }, (_, i) => i + 1).filter((index) => !seen.has(index));
  if (missing.length > 0) {
    throw new ReportError(
      `of ${count} shards there is no report of ${missing.slice(0, 10).join(", ")}${missing.length > 10 ? ", …" : ""}`,
      `run \`selectron verify … --shard ${missing[0]}/${count} --json\` and merge again`,
    );
  }
}

/** A report from any JSON. @throws ReportError where it is none */
export function parseReport(json: unknown): ReportJson {
  const fields = record(json);
  const counted = ["inputs", "withoutValue", "wrong", "upToFloat32", "maxLength"].every((name) =>
    isCount(fields[name]),
  );
  const { shard, counterexample } = fields;
  const sharded = shard === null || (isCount(record(shard)["index"]) && isCount(record(shard)["count"]));
  const told = counterexample === null || isCount(record(counterexample)["at"]);
  if (typeof fields["ok"] === "boolean" && counted && sharded && told) return json as ReportJson;
  throw notReport();
}

const notReport = (): ReportError =>
  new ReportError("this is no report of a verification", "write one with `selectron verify … --shard 1/4 --json`");

function record(json: unknown): Readonly<Record<string, unknown>> {
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  throw notReport();
}

const isCount = (json: unknown): boolean => Number.isSafeInteger(json) && (json as number) >= 0;
