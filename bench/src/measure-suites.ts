/** Runs suites and prints what they give, line by line as it comes. */
import type { Choice } from "./choice.js";
import { measure, type Measurement } from "./harness.js";
import { processes } from "./processes.js";
import { formatMeasurement } from "./report.js";
import { suites } from "./suites/index.js";

export const suiteNames: readonly string[] = [...new Set([...Object.keys(suites), ...Object.keys(processes)])];

/**
 * The measurements of the named suites, one after the other; those of `processes` give none. Throws a UsageError if none of
 * their comparisons is wanted.
 *
 * @param rounds - 1 or more
 * @param seconds - for each candidate in each round, about
 */
export async function measureSuites(
  names: readonly string[],
  choice: Choice,
  rounds: number,
  seconds: number,
): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  for (const name of names) {
    for await (const comparison of suites[name]?.(choice) ?? []) {
      console.log(comparison.name);
      for (const measurement of await measure(comparison, rounds, seconds)) {
        measurements.push(measurement);
        console.log(`  ${formatMeasurement(measurement)}`);
      }
    }
    processes[name]?.();
  }
  if (measurements.length === 0 && names.some((name) => name in suites)) throw choice.nothing;
  return measurements;
}
