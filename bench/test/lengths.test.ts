/** Compiling at doubled lengths: what is worked out and drawn from the numbers, and one run of processes. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { lengthsPicture } from "../src/lengths-picture.js";
import { runsOf } from "../src/lengths.js";
import { benchProgram } from "../src/program.js";
import {
  formatLengthRow,
  formatOther,
  growth,
  isCompiled,
  lengthPrograms,
  lengthsHead,
  lengthsOf,
  type CompiledAt,
  type LengthResult,
  type LengthRow,
  type LengthRun,
} from "../src/suites/lengths.js";

const compiled = (parameters: number, more: Partial<CompiledAt> = {}): CompiledAt => ({
  parameters,
  withoutPositions: parameters / 2,
  layers: 2,
  proved: true,
  margin: 7.954,
  seconds: 3.06,
  cpuSeconds: 0.5,
  megabytes: 80.4,
  ...more,
});
const row = (length: number, result: LengthResult, program = "reverse"): LengthRow => ({
  program,
  tokens: 10,
  length,
  result,
});
const rows = [
  row(64, compiled(100, { cpuSeconds: 0.2 }), "hist_bos"),
  row(32, compiled(1000)),
  row(64, compiled(2500, { cpuSeconds: 2, megabytes: 160.8, withoutPositions: 600 })),
  row(128, { refused: "too many values", seconds: 9, cpuSeconds: 6.04, megabytes: 90 }),
  row(256, { stopped: "more than 20 s" }),
];

describe("growth", () => {
  it("is that from half the length of the same program", () => {
    const grown = (at: LengthRow) =>
      (["parameters", "withoutPositions", "cpuSeconds", "megabytes"] as const).map((what) => growth(rows, at, what));
    expect(grown(rows[2]!)).toEqual([2.5, 1.2, 4, 2]);
    for (const at of [0, 1, 3, 4]) expect(grown(rows[at]!)).toEqual([undefined, undefined, undefined, undefined]);
    expect(growth(rows, row(256, compiled(1)), "parameters")).toBeUndefined();
  });
});

describe("the table", () => {
  it("has a line for each length, with the growth, or why there is no model", () => {
    expect([lengthsHead, ...rows.slice(1).map((each) => formatLengthRow(each, rows))]).toEqual([
      "program             length   parameters  - positions  layers                margin       CPU      wall      MB     × parameters, CPU, MB",
      "reverse                 32        1,000          500       2      proved      7.95    0.50 s     3.1 s      80                   -  -  -",
      "reverse                 64        2,500          600       2      proved      7.95     2.0 s     3.1 s     161          2.50  4.00  2.00",
      "reverse                128  refused after 6.0 s: too many values",
      "reverse                256  more than 20 s",
    ]);
    const unproved = formatLengthRow(row(8, compiled(1, { proved: false, margin: null })), []);
    expect(unproved).toContain("not proved    no end");
  });

  it("has another version's line below, and the ratios", () => {
    const others = [row(32, compiled(4000)), row(64, compiled(10_000, { cpuSeconds: 1, megabytes: 80.4 }))];
    expect(formatOther(rows[2]!, others[1]!, others, "abc123").split("\n")).toEqual([
      "  abc123                64       10,000        5,000       2      proved      7.95     1.0 s     3.1 s      80          2.50  2.00  1.00",
      "  ratio                                                                                                                 0.25  2.00  2.00",
    ]);
    expect(formatOther(rows[3]!, others[1]!, others, "abc123").split("\n")).toHaveLength(1);
  });
});

describe("the picture", () => {
  const run = (version: string, ofVersion: readonly LengthRow[]): LengthRun => ({
    version,
    date: "2026-11-29T00:00:00.000Z",
    machine: "a machine",
    rows: ofVersion,
  });
  const theirs = { layers: 4, dModel: 32, parameters: 20_000 };
  const sizes = [5, 8, 10].map((maxLength) => ({
    program: "reverse(tokens)",
    vocabularySize: 5,
    maxLength,
    ours: theirs,
    theirs,
  }));
  const curves = (svg: string, kind: string) =>
    [...svg.matchAll(/<polyline class="(\w+)" stroke="var\(--p\d\)" points="([^"]*)"/g)]
      .filter(([, of]) => of === kind)
      .map(([, , points]) => points!.split(" ").length);

  it("has a curve for what is proved of each version, and of tracr while it is right", () => {
    const now = run("now<", [
      row(8, compiled(10)),
      row(16, compiled(100)),
      row(32, compiled(1000, { proved: false })),
      row(64, { stopped: "more than 20 s" }),
    ]);
    const svg = lengthsPicture([now, run("old", [row(8, compiled(100))])], sizes);
    expect(curves(svg, "now")).toEqual([2, 2]);
    expect(curves(svg, "before")).toEqual([1, 1]);
    expect(curves(svg, "tracr")).toEqual([2]);
    expect(svg).toContain("before (old)");
    expect(svg).toContain("now&#60;");
    expect(svg).not.toMatch(/NaN|Infinity/);
  });

  it("has logarithmic axes: equal factors are equal distances", () => {
    const of = (lengths: readonly number[]) =>
      run(
        "now",
        lengths.map((n) => row(n, compiled(n ** 2))),
      );
    const [, points] = /class="now" stroke="var\(--p0\)" points="([^"]*)"/.exec(
      lengthsPicture([of([8, 16, 32, 64])], []),
    )!;
    const at = points!.split(" ").map((point) => point.split(",").map(Number));
    const steps = at.slice(1).map(([x, y], i) => [x! - at[i]![0]!, y! - at[i]![1]!]);
    for (const [dx, dy] of steps) {
      expect(dx).toBeCloseTo(steps[0]![0]!, 0);
      expect(dy).toBeCloseTo(steps[0]![1]!, 0);
    }
    expect(steps[0]![0]).toBeGreaterThan(50);
    expect(steps[0]![1]).toBeLessThan(-50);
  });
});

describe("npm run bench -- lengths", () => {
  const folder = mkdtempSync(join(tmpdir(), "lengths-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const printed: string[] = [];
  beforeEach(() => {
    printed.length = 0;
    vi.spyOn(console, "log").mockImplementation((line: string) => void printed.push(line));
  });
  const bench = (...words: readonly string[]) => {
    const program = benchProgram();
    for (const command of [program, ...program.commands]) {
      command.exitOverride().configureOutput({ writeErr: () => undefined });
    }
    return program.parseAsync(["lengths", ...words], { from: "user" });
  };

  it("compiles in processes, beside another checkout, and keeps the numbers", async () => {
    const out = join(folder, "lengths.json");
    const lengths = ["--length", "4", "--length", "8"];
    await bench("--program", "hist_bos", ...lengths, "--letters", "5", "--compare", process.cwd(), "--out", out);
    const runs = runsOf(readFileSync(out, "utf8"));
    expect(runs).toHaveLength(2);
    for (const { rows: made, version } of runs) {
      expect(version).toMatch(/^[0-9a-f]{7,}\+?$|^unknown$/);
      expect(made.map(({ program, tokens, length }) => [program, tokens, length])).toEqual([
        ["hist_bos", 5, 4],
        ["hist_bos", 5, 8],
      ]);
      for (const { result } of made) {
        expect(isCompiled(result) && result.proved).toBe(true);
        expect((result as CompiledAt).withoutPositions).toBeLessThan((result as CompiledAt).parameters);
        expect((result as CompiledAt).megabytes).toBeGreaterThan(20);
      }
    }
    // A line of heads, then three for each length.
    expect(printed.flatMap((text) => text.split("\n"))).toHaveLength(7);
  });

  it("ends what takes too long, and does not try longer lengths", async () => {
    await bench("--program", "reverse", "--length", "16", "--length", "32", "--limit", "0.001");
    expect(printed.slice(1).map((text) => text.replace(/ +/g, " "))).toEqual([
      "reverse 16 more than 0.001 s",
      "reverse 32 not tried, as 16 took too long",
    ]);
  });

  it.each([
    [["--program", "no"], "--program no: the programs are reverse, hist_bos"],
    [["--record", "--program", "reverse"], "--record takes all programs at all lengths"],
    [["--letters", "28"], "--letters 28: there are 27"],
    [["--length", "0"], "whole number, 1 or more"],
    [["--limit", "0"], "more than 0"],
    [["--compare", folder], "there is no compiler in it"],
    [["--out", join(folder, "no/x.json")], "there is no folder"],
  ])("says what is wrong with %j", async (words, message) => {
    await expect(bench(...words)).rejects.toThrow(message);
    expect(printed).toEqual([]);
  });

  it("has the paper's programs, each once", () => {
    expect(new Set(lengthPrograms.map(({ name }) => name)).size).toBe(9);
    expect(lengthsOf(lengthPrograms[0]!).at(-1)).toBe(4096);
    for (const program of lengthPrograms.slice(1)) expect(lengthsOf(program).at(-1)).toBe(1024);
  });
});
