/** The folder of a benchmark: a folder for each case, and at the end the index. */
import { benchmark, benchmarkIndex, type BenchmarkCase, type BenchmarkOptions } from "@selectron/rasp";
import { UsageError, type Context } from "../context.js";
import { alone } from "../files/alone.js";
import { makeFolder, namesIn, readBytes, writeOut } from "../files/files.js";
import { writeFiles } from "../files/model-folder.js";
import type { Report } from "../text/progress.js";

const INDEX = "benchmark_metadata.json";
const encoder = new TextEncoder();

/** Writes a benchmark. Equal options give equal bytes. @throws UsageError */
export function writeBenchmark(context: Context, output: string, options: BenchmarkOptions, report: Report): void {
  makeFolder(context, `${output}/cases`);
  alone(context, output, `${output}/dataset.lock`, "selectron dataset");
  checkIndex(context, output, options);
  const cases: Pick<BenchmarkCase, "entry">[] = [];
  try {
    for (const { name, files, entry } of benchmark(options)) {
      writeFiles(context, `${output}/cases/${name}`, files);
      cases.push({ entry });
      report("models", cases.length, options.count);
    }
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
  writeOut(context, `${output}/${INDEX}`, encoder.encode(benchmarkIndex(options, cases)));
}

/** The cases of a benchmark with other options are not overwritten. */
function checkIndex(context: Context, output: string, options: BenchmarkOptions): void {
  if (!namesIn(context, output).includes(INDEX)) return;
  const [known, own] = [
    new TextDecoder().decode(readBytes(context, `${output}/${INDEX}`)),
    benchmarkIndex(options, []),
  ].map(optionsIn);
  if (known === own) return;
  throw new UsageError(
    `"${output}" has a benchmark with other options: ${output}/${INDEX}`,
    "use -o with another folder, or remove this one",
  );
}

function optionsIn(text: string): string | undefined {
  try {
    return JSON.stringify((JSON.parse(text) as { readonly options?: unknown }).options);
  } catch {
    return undefined;
  }
}
