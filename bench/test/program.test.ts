import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { referenceKernels, setKernels } from "@selectron/core";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { Choice } from "../src/choice.js";
import type { Measurement } from "../src/harness.js";
import { benchProgram } from "../src/program.js";
import { suite } from "../src/suites/index.js";

const folder = mkdtempSync(join(tmpdir(), "bench-"));
const file = (name: string): string => join(folder, name);
const printed: string[] = [];

beforeEach(() => {
  printed.length = 0;
  vi.spyOn(console, "log").mockImplementation((line: string) => void printed.push(line));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  setKernels(referenceKernels);
});

/** What a user types behind `npm run bench --`. */
async function bench(...words: readonly string[]): Promise<void> {
  const program = benchProgram();
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeErr: () => undefined });
  }
  await program.parseAsync(words, { from: "user" });
}

const measurementsIn = (name: string): Measurement[] =>
  (JSON.parse(readFileSync(file(name), "utf8")) as { measurements: Measurement[] }).measurements;

it("a suite gives back what its candidates hold, wanted or not, the last first, after their turn", async () => {
  const held: string[] = [];
  const candidate = (name: string) => {
    held.push(name);
    return { name, check: () => undefined, run: () => undefined, dispose: () => expect(held.pop()).toBe(name) };
  };
  const made = suite(async function* () {
    for (const name of ["first", "second"]) yield { name, candidates: [candidate("a"), candidate("b")] };
  });
  const given: unknown[] = [];
  for await (const { name, candidates } of made(new Choice(["second"], ["a"]))) {
    given.push([name, candidates.map((each) => each.name), [...held]]);
  }
  expect(given).toEqual([["second", ["a"], ["a", "b"]]]);
  expect(held).toEqual([]);
});

describe("the command of the benchmarks", () => {
  it("measures what is wanted, writes it, and draws it again later", async () => {
    const only = ["--only", "reverse, n = 64", "--only", "sort_bos, n = 64"];
    const quick = ["--rounds", "2", "--seconds", "0.001"];
    await bench("interpreter", ...only, ...quick, "--out", file("all.json"), "--chart", file("all.svg"));
    const names = ["reverse, n = 64", "sort_bos, n = 64"];
    expect(measurementsIn("all.json").map(({ comparison }) => comparison)).toEqual(names);
    expect(printed.filter((line) => !line.startsWith("  "))).toEqual(names);
    expect(readFileSync(file("all.svg"), "utf8")).toContain(names[1]);

    await bench("chart", file("all.json"), "--chart", file("one.svg"), "--only", "sort");
    const drawing = readFileSync(file("one.svg"), "utf8");
    expect(drawing).toContain(names[1]);
    expect(drawing).not.toContain(names[0]);
  });

  it("times the candidates that are wanted", async () => {
    const quick = ["--only", "128", "--rounds", "1", "--seconds", "0.001"];
    await bench("transposed", ...quick, "--engine", "TT", "--engine", "NN", "--out", file("tt.json"));
    expect(measurementsIn("tt.json").map(({ candidate }) => candidate)).toEqual(["NN", "TT"]);
  });

  it.each([
    ["a suite that is none", ["kernel"], "Allowed choices are kernels, few-rows"],
    ["no suite", [], "missing required argument"],
    ["rounds", ["rows", "--rounds", "0"], "whole number, 1 or more"],
    ["seconds", ["rows", "--seconds", "no"], "more than 0"],
    ["a comparison", ["interpreter", "--only", "n = 65"], /"n = 65".*"reverse, n = 64"/],
    ["an engine", ["transposed", "--engine", "NX"], '--engine "NX": here are "NN", "NT", "TN", "TT".'],
    ["a folder for numbers", ["rows", "--out", file("no/x.json")], `there is no folder ${file("no")}`],
    ["a folder for a chart", ["rows", "--chart", file("no/x.svg")], `there is no folder ${file("no")}`],
    ["a folder in a file", ["rows", "--out", file("text.json/x.json")], `there is no folder ${file("text.json")}`],
    ["a file that is a folder", ["rows", "--out", folder], "it is a folder"],
    ["a result", ["chart", file("no.json"), "--chart", file("x.svg")], "there is no such file"],
    ["results", ["chart", file("text.json"), "--chart", file("x.svg")], "these are no results"],
    ["results in JSON", ["chart", file("null.json"), "--chart", file("x.svg")], "these are no results"],
  ])("says what is wrong with %s", async (_, words, message) => {
    writeFileSync(file("text.json"), "text");
    writeFileSync(file("null.json"), "null");
    await expect(bench(...words)).rejects.toThrow(message);
    expect(printed).toEqual([]);
  });
});
