/**
 * Mutated programs: for any text, `load` and `evaluate` soon give values or a RaspError with a place, and nothing else. A short run is
 * part of the tests; `FUZZ_RUNS=200000 FUZZ_SEED=1 npx vitest run --project rasp fuzz` is a long one.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { evaluate, Environment, RaspError, render, type Value } from "../../src/index.js";
import { displayValue } from "../../src/language/text/display.js";
import { rasplib } from "../../src/language/stdlib/rasplib.js";
import { lex } from "../../src/language/syntax/lexer.js";
import { oracleCases, oraclePresent } from "../oracle/cases.js";

const RUNS = Number(process.env["FUZZ_RUNS"] ?? 1500);
const SEED = Number(process.env["FUZZ_SEED"] ?? 1);

/** Small limits, so that the time is spent on many programs. */
const LIMITS = { steps: 20_000, nodes: 2_000, memory: 50_000, recursion: 400 };

const read = (folder: string): string[] => {
  const path = fileURLToPath(new URL(folder, import.meta.url));
  return readdirSync(path)
    .filter((file) => file.endsWith(".rasp"))
    .map((file) => readFileSync(path + file, "utf8"));
};

const corpus = [
  ...read("../../../../examples/"),
  ...read("diagnostics/"),
  ...rasplib.text.split("\n\n"),
  ...(oraclePresent ? oracleCases("rasp.jsonl").map(({ program, expr }) => `${program}\nx = ${expr};`) : []),
].map((text) => lex({ file: "", text }).slice(0, -1));

const OPERATORS = ["+", "-", "*", "/", "%", "^", "==", "<=", ">=", "<", ">", "and", "or"];

/** Groups of token kinds that can mostly replace each other. */
const groupOf = (kind: string | undefined): string | undefined =>
  kind !== undefined && OPERATORS.includes(kind) ? "operator" : kind === "float" ? "int" : kind;

/** mulberry32: numbers in [0, 1). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A program with some tokens removed, doubled, swapped, or replaced by tokens and passages of other programs. */
function mutant(next: () => number): string {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)]!;
  const words = [...pick(corpus)];
  for (let edits = 1 + Math.floor(next() ** 2 * 4); edits > 0; edits--) {
    const at = Math.floor(next() * words.length);
    const donor = pick(corpus);
    const from = Math.floor(next() * donor.length);
    switch (Math.floor(next() * 8)) {
      case 0:
        words.splice(at, 1 + Math.floor(next() * 3));
        break;
      case 1:
        words.splice(at, 0, ...words.slice(at, at + Math.floor(next() * 8)));
        break;
      case 2:
        words.splice(at, 1, pick(donor));
        break;
      case 3:
        words.splice(at, 0, ...donor.slice(from, from + Math.floor(next() * 12)));
        break;
      case 4:
        if (words.length > 0) [words[at], words[from % words.length]] = [words[from % words.length]!, words[at]!];
        break;
      default: {
        // A token of the same kind: such programs often run.
        const kind = words[at]?.kind;
        const alike = [...donor, ...words].filter((word) => groupOf(word.kind) === groupOf(kind));
        if (alike.length > 0) words.splice(at, 1, pick(alike));
      }
    }
  }
  return words.map(({ text }) => text + (next() < 0.15 ? "\n" : " ")).join("");
}

/** Anything that it throws other than a RaspError with a place is a defect. */
function attempt(action: () => void): "runs" | "fails" {
  try {
    action();
    return "runs";
  } catch (error) {
    if (!(error instanceof RaspError)) throw error;
    for (const diagnostic of [error.diagnostic, ...error.further]) {
      expect(diagnostic.span, render(diagnostic)).toBeDefined();
      expect(render(diagnostic)).toContain(diagnostic.code);
    }
    return "fails";
  }
}

/** Runs a program, shows the outcomes of its statements, and evaluates them on another input. */
function run(program: string): "runs" | "fails" {
  const environment = new Environment({ limits: LIMITS, readFile: () => "y = 1;" });
  const values: Value[] = [];
  const outcome = attempt(() =>
    environment.run(program, "mutant.rasp", (result) => {
      if (result.kind === "value" || result.kind === "assigned") values.push(result.value);
    }),
  );
  for (const value of values) {
    displayValue(value);
    if (value.kind === "s-op" || value.kind === "selector") attempt(() => evaluate(value.node, "abcab"));
  }
  environment.takeWarnings().forEach(render);
  return outcome;
}

it(`${RUNS} mutated programs run or fail with a place`, { timeout: 3_600_000 }, () => {
  const next = random(SEED);
  const count = { runs: 0, fails: 0 };
  let slowest = 0;
  for (let i = 0; i < RUNS; i++) {
    const program = mutant(next);
    const start = performance.now();
    try {
      count[run(program)]++;
    } catch (error) {
      throw new Error(`seed ${SEED}, program ${i}:\n${program}`, { cause: error });
    }
    const time = performance.now() - start;
    slowest = Math.max(slowest, time);
  }
  console.log(`${count.runs} ran, ${count.fails} failed with a diagnostic; the slowest took ${slowest.toFixed(0)} ms`);
  expect(count.runs).toBeGreaterThan(RUNS / 10);
  expect(count.fails).toBeGreaterThan(RUNS / 5);
});
