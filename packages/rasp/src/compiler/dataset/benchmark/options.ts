/** What a benchmark is asked to be. */
import { checks } from "@selectron/core";
import { aRunLength } from "../../../language/graph/kinds.js";
import { BENCHMARK_FORMATS, FAMILIES, familiesOf, type BenchmarkFormat, type Family } from "./families.js";

/** What a benchmark consists of. */
export interface BenchmarkOptions {
  /** Models, of all families together. */
  readonly count: number;
  /** Equal seeds give equal benchmarks; a smaller count gives the beginning of a larger one. */
  readonly seed: number;
  readonly families: readonly Family[];
  readonly format: BenchmarkFormat;
  /** The tokens of the inputs. */
  readonly vocabulary: readonly string[];
  readonly maxLength: number;
  /** The most lines of a program, 2 or more. */
  readonly lines: number;
  /** The most layers: programs of 1, 2, … layers follow each other. */
  readonly layers: number;
  /** Inputs to train on, and as many others to test on. */
  readonly examples: number;
  /** Whether models that are not proved are kept. They are marked. */
  readonly unproved?: boolean;
}

const OPTIONS = {
  count: aRunLength,
  seed: checks.aFinite,
  families: checks.aList("an array of families", checks.oneOf(FAMILIES)),
  format: checks.oneOf(BENCHMARK_FORMATS),
  vocabulary: checks.aList("an array of strings", checks.aText),
  maxLength: checks.anInteger(1, 64),
  lines: checks.anInteger(2, 4096),
  layers: checks.anInteger(1, 16),
  examples: checks.anInteger(1, 2 ** 20),
  unproved: checks.aFlag,
};

/** @throws TypeError and RangeError on options that no benchmark has */
export function checkBenchmark(operation: string, options: BenchmarkOptions): void {
  const needed = Object.keys(OPTIONS).filter((name) => name !== "unproved");
  checks.checkOptions(operation, options, OPTIONS, needed);
  const { families, vocabulary, format } = options;
  for (const [what, list] of Object.entries({ families, vocabulary })) {
    if (list.length === 0) throw new RangeError(`${operation}: ${what} is empty; give at least one.`);
  }
  const stranger = families.find((family) => !familiesOf(format).includes(family));
  if (stranger === undefined) return;
  throw new RangeError(
    `${operation}: models of the family "${stranger}" have no layer norm and are not written as GPT-2s; use another format, or the family layer-norm`,
  );
}
