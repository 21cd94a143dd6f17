/** A case of a benchmark as files, and as an entry of the index, which has the shape of InterpBench's `benchmark_metadata.json`. */
import { encodeResult } from "../../../language/text/value-json.js";
import type { Example } from "../examples.js";
import type { Member } from "./families.js";
import type { BenchmarkCase, BenchmarkOptions } from "./index.js";

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
