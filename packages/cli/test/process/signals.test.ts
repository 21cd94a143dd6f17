/** Ctrl+C and `kill` end every command at once: one line, the exit code of the signal, and nothing half written. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { compile, load } from "@selectron/rasp";
import { isLong } from "../../../../test/long.js";
import { main, started, type Ended, type Start } from "./started.js";

const root = mkdtempSync(join(tmpdir(), "selectron-signals-"));
afterAll(() => rmSync(root, { recursive: true }));

/** The warning is printed when the program is read, before the work begins, which takes minutes. */
const program = `warned = tokens == "a" or "b";
x = aggregate(select(tokens, tokens, ==), indices);
reverse = aggregate(select(indices, length - 1 - indices, ==), tokens);
`;
writeFileSync(join(root, "p.rasp"), program);
const model = compile(load(program).sop("x"), { vocabulary: "abcdef", maxLength: 7 });
writeFileSync(join(root, "m.safetensors"), model.toSafetensors());
const inputs = (tokens: string, length: number): string[] => ["--vocab", tokens, "--max-length", String(length)];
const isWarned = (said: string): boolean => said.includes("p.rasp:1:");

const works: readonly (readonly [string, readonly string[], (said: string) => boolean])[] = [
  ["compile", ["compile", "p.rasp", "--sop", "x", ...inputs("a,b,c,d,e,f,g,h", 64), "-o", "out.safetensors"], isWarned],
  ["verify", ["verify", "p.rasp", "--sop", "reverse", ...inputs("a,b,c,d", 10), "--exhaustive"], isWarned],
  ["decompile", ["decompile", "m.safetensors", "m.safetensors"], (said) => said.includes("1 of 2")],
];

const SIGNALS = [
  ["SIGINT", 130, "Ctrl+C (SIGINT)"],
  ["SIGTERM", 143, "kill (SIGTERM)"],
] as const;

describe.each(SIGNALS)("%s", (kill, code, by) => {
  const call = (args: readonly string[], start: Start): Promise<Ended> =>
    started(args, { folder: root, kill, ...start });
  const lastLine = (err: string): string => err.trimEnd().split("\n").at(-1)!;

  it.each(works)("ends %s", async (_, args, when) => {
    const before = readdirSync(root);
    const ended = await call(args, { when });
    expect({ ...ended, err: lastLine(ended.err) }).toEqual({
      code,
      signal: null,
      out: "",
      err: `Ended by ${by}; no file was left half written.`,
    });
    expect(readdirSync(root)).toEqual(before);
  });

  it("ends what waits for its input", async () => {
    const quiet = ["bash", "-c", 'exec "$@" < <(exec sleep 20 2>/dev/null)', "bash"];
    const when = (said: string): boolean => said !== "";
    expect(await call(["eval", "-", "--sop", "x"], { before: quiet, when })).toEqual({
      code,
      signal: null,
      out: "",
      err: `waiting for standard input; Ctrl+C ends\nEnded by ${by}; no file was left half written.\n`,
    });
  });

  it("ends a data set, which the same command continues", async () => {
    const folder = join(root, kill);
    const args = ["dataset", "--count", "1000", "--seed", "1", "-o", folder];
    const ended = await call(args, { when: () => existsSync(join(folder, "models/000001.safetensors")) });
    expect([ended.code, lastLine(ended.err)]).toEqual([code, `Ended by ${by}; the same command goes on from there.`]);
    expect(readdirSync(folder).sort()).toEqual(["models", "programs.jsonl.part"]);
  });

  it("ends a training after its step, with a checkpoint", async () => {
    const folder = join(root, `train-${kill}`);
    const log = join(folder, "loss.svg");
    const args = ["train", "parser", "--batch", "2", "--checkpoint-every", "2", "-o", folder];
    const ended = await call(args, { when: () => existsSync(log) });
    expect([ended.code, lastLine(ended.err)]).toEqual([
      code,
      expect.stringMatching(/^Interrupted after step \d+; the same command goes on from there\.$/),
    ]);
    expect(readdirSync(folder).sort()).toEqual(["checkpoints", "log.jsonl", "loss.svg"]);
  });
});

/** A command on a terminal of its own, at which Ctrl+C is typed once `when` is true of what it shows. */
async function typed(args: readonly string[], when: (shown: string) => boolean): Promise<Pick<Ended, "code" | "out">> {
  const onTerminal = ["-c", 'exec script -qefc "exec ${*@Q}" /dev/null', "bash", process.execPath, main, ...args];
  const child = spawn("bash", onTerminal, { cwd: root, stdio: "pipe" });
  let [out, isTyped] = ["", false];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    if (isTyped || !when(out)) return;
    isTyped = true;
    child.stdin.write("\u0003");
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, out };
}

const hasTerminals = process.platform === "linux" && spawnSync("script", ["--version"]).status === 0;
if (!hasTerminals) {
  console.warn("\n*** SKIPPED: Ctrl+C on a terminal, for which there is no `script` of util-linux. ***\n");
}

it.runIf(hasTerminals)("on a terminal takes the place of the progress line", async () => {
  const before = readdirSync(root);
  const [, args] = works[0]!;
  const { code, out } = await typed(args, (shown) => shown.includes("compiling"));
  expect(code).toBe(130);
  const lines = out.split("\r\u001b[K");
  expect(lines.at(-1)).toBe("Ended by Ctrl+C (SIGINT); no file was left half written.\r\n");
  expect(lines.at(-2)).toMatch(/^[█░]{20} compiling \d+\/\d+ · values of x( · .* left)?(\^C)?$/);
  expect(readdirSync(root)).toEqual(before);
});

// Until the memory is full, the collector tries for half a minute.
it.runIf(isLong)("memory that is used up is told in one message, with exit code 2", async () => {
  const before = ["env", "NODE_OPTIONS=--max-old-space-size=30"];
  const [, args] = works[0]!;
  const { code, signal, out, err } = await started([...args, "--json"], { folder: root, before });
  expect({ code, signal, ...(JSON.parse(out) as object) }).toMatchObject({
    code: 2,
    signal: null,
    error: { class: "usage", message: "the memory is used up" },
  });
  expect(err).toMatch(/error: the memory is used up\n {2}help: ask for less: .*\n$/);
});

it("a second signal ends a training in the middle of a step", async () => {
  const folder = join(root, "twice");
  mkdirSync(folder);
  // A step of minutes.
  const args = ["train", "copy", "--batch", "20000", "--steps", "2", "-o", folder];
  const ended = started(args, { kill: "SIGINT", again: "SIGTERM", when: () => existsSync(join(folder, "log.jsonl")) });
  expect(await ended).toEqual({
    code: 143,
    signal: null,
    out: "",
    err: expect.stringMatching(
      /Ends after the step that it is in, with a checkpoint; a second Ctrl\+C ends it at once\.\nEnded by kill \(SIGTERM\); the same command goes on from there\.\n$/,
    ) as string,
  });
  expect(readdirSync(folder).sort()).toEqual(["checkpoints", "log.jsonl"]);
});
