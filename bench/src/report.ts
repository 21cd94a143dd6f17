/** Measurements as a line of text for people, and as JSON with the machine that they were taken on. */
import { cpus, loadavg, totalmem } from "node:os";
import type { Measurement } from "./harness.js";
import { UsageError } from "./usage-error.js";

function formatSeconds(seconds: number): string {
  const [value, unit] = seconds < 1e-3 ? [seconds * 1e6, "µs"] : seconds < 1 ? [seconds * 1e3, "ms"] : [seconds, "s"];
  return `${value.toPrecision(3)} ${unit}`;
}

/** One line: who, how long, how steady, how fast, how much faster than the base. */
export function formatMeasurement({ candidate, median, best, spread, gflops, ratio, bestRatio }: Measurement): string {
  const columns = [
    candidate.padEnd(18),
    formatSeconds(median).padStart(10),
    `±${(100 * spread).toFixed(0)} %`.padStart(7),
    ...(gflops === undefined ? [] : [`${gflops.toFixed(2)} GFLOP/s`.padStart(15)]),
    `${ratio.toFixed(2)}×`.padStart(9),
    `best ${formatSeconds(best)}, ${bestRatio.toFixed(2)}×`,
  ];
  return columns.join(" ");
}

/** The record to keep. */
export function toJson(suite: string, measurements: readonly Measurement[]): string {
  const machine = {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memory: totalmem(),
    platform: `${process.platform} ${process.arch}`,
    versions: { node: process.versions.node, v8: process.versions.v8 },
    load: loadavg()[0],
  };
  return JSON.stringify({ suite, date: new Date().toISOString(), machine, measurements }, null, 2) + "\n";
}

/** The measurements of such a record. Throws a UsageError if it is none. */
export function fromJson(text: string, file: string): Measurement[] {
  const none = new UsageError(`${file}: these are no results. It takes what --out wrote.`);
  let record: { readonly measurements?: unknown } | null;
  try {
    record = JSON.parse(text) as typeof record;
  } catch {
    throw none;
  }
  if (!Array.isArray(record?.measurements)) throw none;
  return record.measurements as Measurement[];
}
