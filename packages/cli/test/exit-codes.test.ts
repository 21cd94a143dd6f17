/** The exit code of every command for each of its answers, and where its output is full, closed, or told nowhere. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { compile, encodeReport, load, verify } from "@selectron/rasp";
import { nodeIo } from "../src/files/io.js";
import { ClosedOutput, OutputError } from "../src/files/output-error.js";
import { run, type Io } from "../src/index.js";

const root = mkdtempSync(join(tmpdir(), "selectron-codes-"));
afterAll(() => rmSync(root, { recursive: true }));
const at = (name: string): string => join(root, name);

const source = "x = aggregate(select(indices, length - 1 - indices, ==), tokens);\ny = indices;\n";
writeFileSync(at("p.rasp"), source);
const program = load(source);
const inputs = { vocabulary: "ab", maxLength: 3 };
const model = compile(program.sop("x"), inputs);
writeFileSync(at("m.safetensors"), model.toSafetensors());
const right = encodeReport(verify(program.sop("x"), model, { exhaustive: true, shard: { index: 1, count: 1 } }));
const wrong = encodeReport(
  verify(program.sop("y"), compile(program.sop("x"), inputs), { exhaustive: true, shard: { index: 1, count: 1 } }),
);
writeFileSync(at("right.jsonl"), JSON.stringify({ sop: "x", ...right }));
writeFileSync(at("wrong.jsonl"), JSON.stringify({ sop: "x", ...wrong }));
writeFileSync(at("cases.jsonl"), '{"id":1,"expr":"indices","inputSrc":"\\"ab\\""}\n'.repeat(3));

const sizes = ["--vocab", "a,b", "--max-length", "3"];
const p = at("p.rasp");
const m = at("m.safetensors");
const train = ["--width", "8", "--ffn", "8", "--batch", "2", "--steps", "1"];

/** A command, its exit code, and what follows it. Folders and files are new for each call: NEW stands for their name. */
const answers: readonly (readonly [number, ...string[]])[] = [
  [0, "eval", p, "--sop", "x", "--input", "ab"],
  [2, "eval", p, "--sop", "none", "--input", "ab"],
  [0, "eval", "--batch", at("cases.jsonl")],
  [2, "eval", "--batch", p],
  [0, "cost", p, "--sop", "x"],
  [0, "cost", p, "--sop", "x", ...sizes, "--attention", "window:3"],
  [1, "cost", p, "--sop", "x", ...sizes, "--attention", "window:1"],
  [2, "cost", p, "--sop", "x", "--attention", "none"],
  [0, "draw", p, "--sop", "x", "--input", "ab"],
  [2, "draw", p, "--sop", "x", "--input", ""],
  [0, "compile", p, "--sop", "x", ...sizes, "-o", "NEW.safetensors"],
  [2, "compile", p, "--sop", "x", ...sizes, "-o", "NEW.bin"],
  [0, "run", m, "--input", "ab"],
  [2, "run", m, "--input", "abcd"],
  [0, "verify", p, "--sop", "x", ...sizes, "--exhaustive"],
  [2, "verify", p, "--sop", "x", ...sizes],
  [0, "check", m, "--program", p],
  [1, "check", m, "--program", p, "--sop", "y"],
  [2, "check", p],
  [0, "circuit", p, "--sop", "x", ...sizes],
  [2, "circuit", p, "--sop", "x", ...sizes, "--edges", p],
  [0, "circuits", "--count", "1", "--seed", "1", "--max-length", "3"],
  [2, "circuits", "--count", "1"],
  [0, "merge", at("right.jsonl")],
  [1, "merge", at("wrong.jsonl")],
  [2, "merge", p],
  [0, "dataset", "--count", "1", "--seed", "1", "--max-length", "4", "-o", "NEW"],
  [2, "dataset", "--count", "0", "--seed", "1", "-o", "NEW"],
  [0, "decompile", m],
  [2, "decompile", p],
  [1, "train", p, "--sop", "x", ...sizes, ...train, "-o", "NEW"],
  [2, "train", p, "--sop", "x", ...train, "-o", "NEW"],
  [0, "tour", p, "--sop", "x", ...sizes, "--input", "ab"],
  [2, "tour", p, "--sop", "x,y", ...sizes, "--input", "ab"],
  [0, "help"],
  [0, "help", "verify"],
  [0, "--version"],
  [2, "verfy"],
];

let calls = 0;
/** Runs a command with streams of its own. */
async function call(
  args: readonly string[],
  streams: Partial<Io> = {},
): Promise<{ code: number; out: string; err: string }> {
  const said = { out: "", err: "" };
  const fresh = at(`new-${calls++}`);
  const io: Io = {
    ...nodeIo,
    isErrorTerminal: false,
    out: (text) => void (said.out += text),
    err: (text) => void (said.err += text),
    ...streams,
  };
  const code = await run(
    args.map((arg) => arg.replace(/^NEW/, fresh)),
    io,
  );
  return { code, ...said };
}

const full = (stream: string) => (): never => {
  throw new OutputError(stream, "no space is left");
};
const closed = (): never => {
  throw new ClosedOutput();
};
const FULL =
  "error: cannot write to standard output: no space is left\n  help: make room, or send the output elsewhere; the result is not whole\n";

const cases = answers.map(([code, ...args]) => [code, args[0]!, args] as const);

describe.each(cases)("%i from %s", (expected, _, args) => {
  it(args.slice(1).join(" ").replaceAll(root, ""), async () => {
    const isBatch = args[1] === "--batch";
    const { code, out, err } = await call(args);
    expect(code, err).toBe(expected);
    // An answer is on standard output, an error in one message on standard error.
    expect(expected === 2 ? err : out).not.toBe("");
    if (expected === 2 && !isBatch) {
      expect(out).toBe("");
      expect(err).toMatch(/(^|: )error/);
      expect(err).not.toMatch(/defect|\n\s+at /);
    }

    const unread = await call(args, { out: closed });
    expect(unread.code).toBe(expected);
    if (expected !== 2) expect(unread.err).not.toContain("error");

    const answered = expected !== 2 || isBatch;
    const failed = await call(args, { out: full("standard output") });
    expect(failed.code).toBe(2);
    if (answered) expect(failed.err.slice(-FULL.length)).toBe(FULL);

    expect((await call(args, { out: full("standard output"), err: full("standard error") })).code).toBe(2);
  });
});

it("JSON that nobody reads has its error on standard error", async () => {
  const { code, err } = await call(["eval", p, "--sop", "none", "--json"], { out: closed });
  expect(code).toBe(2);
  expect(err).toContain('"none" is not defined');
});

it("answers to cases end where nobody reads them", async () => {
  let wrote = 0;
  const out = (): void => {
    if (++wrote === 2) throw new ClosedOutput();
  };
  expect((await call(["eval", "--batch", at("cases.jsonl")], { out })).code).toBe(0);
  expect(wrote).toBe(2);
});

it("a full or closed output ends a session that is no terminal", async () => {
  const streams = { isTerminal: undefined, readStdin: () => "indices;\nindices;\n" } as unknown as Partial<Io>;
  expect(await call(["repl"], { ...streams, out: full("standard output") })).toMatchObject({ code: 2, err: FULL });
  expect(await call(["repl"], { ...streams, out: closed })).toMatchObject({ code: 0, err: "" });
});
