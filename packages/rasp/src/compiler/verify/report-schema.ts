/** What a report of a verification must be: every field of its kind, and its figures possible together. */
import { readable } from "@selectron/core";
import { Untrusted } from "../../language/files/untrusted.js";
import { isEncodedAtom, type Json } from "../../language/text/value-json.js";
import { countInputs, inputsOfShard, type Shard } from "./inputs.js";

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

/** Reports that are not all shards of one run. */
export class ReportError extends Error {
  readonly suggestion: string;

  constructor(message: string, suggestion: string) {
    super(readable(message));
    this.suggestion = suggestion;
    this.name = "ReportError";
  }
}

/** A report from any JSON. @throws ReportError where it is none, or its figures are not possible together */
export function parseReport(json: unknown): ReportJson {
  const report = new Untrusted(json, "", notReport);
  const [inputs, withoutValue, wrong, upToFloat32] = ["inputs", "withoutValue", "wrong", "upToFloat32"].map((name) =>
    report.field(name).count(),
  ) as [number, number, number, number];
  const ok = report.field("ok").flag();
  report.field("marked").flag();
  const within = (name: string, count: number, most: number, what: string): void =>
    report.field(name).must(count <= most, `it is ${count}, and ${what} ${most}`);
  within("withoutValue", withoutValue, inputs, "inputs is");
  within("wrong", wrong, inputs, "inputs is");
  within("upToFloat32", upToFloat32, inputs - wrong, "the inputs that are not wrong are");
  report.field("ok").must(ok === (wrong === 0), `it is ${ok}, and wrong is ${wrong}`);
  const shard = shardOf(report.field("shard"));
  const total = totalOf(report);
  if (total !== undefined) {
    const wanted = inputsOfShard(total, shard ?? { index: 1, count: 1 });
    const which = shard ? `shard ${shard.index}/${shard.count} of ` : "";
    const isPromised = report.field("promise").raw() !== null;
    report
      .field("inputs")
      .must(
        isPromised ? inputs <= wanted : inputs === wanted,
        `it is ${inputs}, and ${which}${total} inputs are ${wanted}`,
      );
  }
  const counterexample = report.field("counterexample");
  const hasNone = counterexample.raw() === null;
  counterexample.must(hasNone === (wrong === 0), `it is ${hasNone ? "null" : "there"}, and wrong is ${wrong}`);
  if (!hasNone) checkCounterexample(counterexample, report.field("maxLength").count(), shard, total);
  return json as ReportJson;
}

const notReport = (problem: string): ReportError =>
  new ReportError(
    `this is no report of a verification: ${problem}`,
    "write one with `selectron verify … --shard 1/4 --json`, and merge it as it is",
  );

/** Of all inputs that are tried, where that does not depend on the seed; undefined where it is too large to count. */
function totalOf(report: Untrusted): number | undefined {
  const vocabulary = report.field("vocabulary").items();
  report.field("vocabulary").must(vocabulary.length > 0, "there are no tokens");
  const maxLength = report.field("maxLength").count(1);
  const promise = report.field("promise");
  if (promise.raw() !== null) promise.text();
  const exhaustive = report.field("exhaustive").flag();
  const seed = report.field("seed");
  if (exhaustive) seed.must(seed.raw() === null, "an exhaustive run has none");
  else seed.count();
  if (!exhaustive) return undefined;
  if (vocabulary.length === 1) return maxLength;
  // There are at least 2^length inputs of a length.
  const total = countInputs(vocabulary.length, Math.min(maxLength, 53));
  return Number.isSafeInteger(total) ? total : undefined;
}

function shardOf(shard: Untrusted): Shard | undefined {
  if (shard.raw() === null) return undefined;
  const [index, count] = [shard.field("index").count(1), shard.field("count").count(1)];
  shard.must(index <= count, `there is no shard ${index} of ${count}`);
  return { index, count };
}

function checkCounterexample(
  example: Untrusted,
  maxLength: number,
  shard: Shard | undefined,
  total: number | undefined,
): void {
  const at = example.field("at").count();
  example.field("at").must(total === undefined || at < total, `it is ${at}, and there are ${total} inputs`);
  if (shard) {
    const { index, count } = shard;
    example.field("at").must(at % count === index - 1, `it is ${at}, which is no input of shard ${index}/${count}`);
  }
  example.field("output").text();
  const lengths = (["input", "expected", "got"] as const).map((name) => {
    const values = example.field(name).items();
    const kinds = example.field("kinds").field(name).text();
    example
      .field(name)
      .must(kinds.length === values.length, `there are ${values.length} values and ${kinds.length} kinds`);
    values.forEach((value, i) => {
      if (!isEncodedAtom(value.raw(), kinds[i]!)) value.refuse(`a value of kind ${kinds[i]!}`);
    });
    return values.length;
  });
  const fits = lengths.every((length) => length === lengths[0]) && lengths[0]! >= 1 && lengths[0]! <= maxLength;
  example.must(
    fits,
    `input, expected and got have ${lengths.join(", ")} values, and must have as many, 1 to ${maxLength}`,
  );
  const first = example.field("firstWrong");
  if (first.raw() !== null) checkFirstWrong(first);
}

function checkFirstWrong(first: Untrusted): void {
  first.field("name").text();
  first.field("layer").count();
  first.field("sublayer").text();
  first.field("position").count();
  const place = first.field("place");
  if (place.raw() !== null) {
    place.field("file").text();
    place.field("line").count(1);
    place.field("column").count(1);
  }
  const coordinates = first.field("coordinates");
  coordinates.must(coordinates.items().length > 0, "there are none");
  for (const coordinate of coordinates.items()) {
    coordinate.field("name").text();
    // JSON has null for one that is not finite.
    if (coordinate.field("holds").raw() !== null) coordinate.field("holds").number();
    coordinate.field("expected").number();
  }
}
