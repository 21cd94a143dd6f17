/** A case of a benchmark as files, and as an entry of the index, which has the shape of InterpBench's `benchmark_metadata.json`. */
import { checks } from "@selectron/core";
import { encodeResult, type Json } from "../../../language/text/value-json.js";
import type { Folder } from "../../folders/transformerlens.js";
import type { Example } from "../examples.js";
import type { Member } from "./families.js";
import { checkBenchmark, type BenchmarkOptions } from "./options.js";

/** A model of a benchmark. */
export interface BenchmarkCase extends Omit<Member, "files"> {
  /** Six digits. */
  readonly name: string;
  /** RASP text that sets `result`. Cases of one program follow each other. */
  readonly program: string;
  /** The number of the program, from 0. */
  readonly group: number;
  readonly train: readonly Example[];
  readonly test: readonly Example[];
  /** What its folder has, by name: the weights, the circuit, the program, and inputs to train and to test on. */
  readonly files: Folder;
  /** What the index says of it. */
  readonly entry: Readonly<Record<string, Json>>;
}

/** A case before it has files. */
export type DrawnCase = Member & Pick<BenchmarkCase, "program" | "group" | "train" | "test">;

/** @param number - of the case, from 0 */
export function withFiles(number: number, drawn: DrawnCase, options: BenchmarkOptions): BenchmarkCase {
  const name = String(number).padStart(6, "0");
  const files = new Map([
    ...drawn.files(),
    ["program.rasp", drawn.program],
    ["train.jsonl", linesOf(drawn.train)],
    ["test.jsonl", linesOf(drawn.test)],
  ]);
  return { ...drawn, name, files, entry: entryOf(name, drawn, files.keys(), options) };
}

const linesOf = (examples: readonly Example[]): string =>
  examples
    .map(({ input, output }) => {
      const { value, kinds } = encodeResult(output);
      return `${JSON.stringify({ input: encodeResult(input).value, output: value, kinds: kinds! })}\n`;
    })
    .join("");

function entryOf(
  name: string,
  one: DrawnCase,
  files: Iterable<string>,
  { maxLength, vocabulary }: BenchmarkOptions,
): BenchmarkCase["entry"] {
  const url = `cases/${name}`;
  const { proved, worstMargin, where } = one.certificate;
  return {
    case_id: name,
    family: one.family,
    causal: one.causal,
    program: one.group,
    grade: { layers: one.sizes.layers, heads: one.sizes.heads },
    url,
    task_description: one.program,
    vocab: [...vocabulary],
    min_seq_len: 1,
    max_seq_len: maxLength,
    files: [...files].map((file) => ({ file_name: file, url: `${url}/${file}` })),
    transformer_cfg: one.config,
    circuit_file_url: `${url}/circuit.json`,
    parameters: one.sizes.parameters,
    proved,
    certificate: { worst_margin: Number.isFinite(worstMargin) ? worstMargin : null, where },
    ...(one.cosine === undefined ? {} : { largest_cosine: one.cosine }),
  };
}

/**
 * The text of the index, `benchmark_metadata.json`.
 *
 * @param cases - those that `benchmark` gave for the options
 */
export function benchmarkIndex(options: BenchmarkOptions, cases: readonly Pick<BenchmarkCase, "entry">[]): string {
  checkBenchmark("benchmarkIndex", options);
  checks.check("benchmarkIndex: cases", cases, checks.aList("an array of cases", checks.anObject("a case")));
  for (const { entry } of cases) {
    checks.check("benchmarkIndex: entry of a case", entry, checks.anObject("an object of fields"));
  }
  const { seed, format, families, vocabulary, maxLength, lines, layers, examples, unproved = false } = options;
  return `${JSON.stringify(
    {
      name: "selectron-benchmark",
      version: 1,
      options: { seed, format, families, vocabulary, maxLength, lines, layers, examples, unproved },
      cases: cases.map(({ entry }) => entry),
    },
    undefined,
    1,
  )}\n`;
}
