/** Files of every kind are read, or refused with what they are; none blocks without a word, or grows without limit. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { compile, load } from "@selectron/rasp";
import { closeSync, constants, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { LONGEST_TEXT, readWhole } from "../../src/files/read.js";
import { started } from "../process/started.js";

const root = mkdtempSync(join(tmpdir(), "selectron-read-"));
afterAll(() => rmSync(root, { recursive: true }));
const path = (name: string): string => join(root, name);
const silent = (): void => undefined;
const text = (file: string, limit?: number): string => new TextDecoder().decode(readWhole(file, silent, limit));
const isUnix = process.platform !== "win32";

it("reads files of all sizes, and those whose size is not told", () => {
  for (const size of [0, 1, 2 ** 16 - 1, 2 ** 16, 2 ** 16 + 1, 300_001]) {
    const contents = "x".repeat(size);
    writeFileSync(path("sized"), contents);
    expect(text(path("sized"))).toBe(contents);
  }
  if (existsSync("/proc/self/status")) expect(text("/proc/self/status")).toContain("VmPeak");
});

it("has a limit, which is told", () => {
  writeFileSync(path("limited"), "12345");
  expect(text(path("limited"), 5)).toBe("12345");
  expect(() => text(path("limited"), 4)).toThrow("it has more than the 4 bytes that can be read");
  expect(() => text(root)).toThrow("it is a directory");
  if (existsSync("/dev/zero")) expect(() => text("/dev/zero", 10 ** 6)).toThrow("no end within 1000000 bytes");
});

it.skipIf(!isUnix)("waits for a pipe whose writer is slow, and says so", async () => {
  const pipe = path("slow");
  execFileSync("mkfifo", [pipe]);
  // For the pipe to have its writer before it is read.
  const descriptor = openSync(pipe, constants.O_RDWR);
  const script = `setTimeout(() => require("node:fs").writeSync(3, "late"), 1300)`;
  const writer = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "ignore", "inherit", descriptor] });
  closeSync(descriptor);
  const waits: string[] = [];
  const read = new TextDecoder().decode(readWhole(pipe, (name) => waits.push(name)));
  await once(writer, "exit");
  expect([read, waits]).toEqual(["late", [pipe]]);
});

describe.skipIf(!isUnix)("the command", () => {
  const call = async (args: readonly string[], start = {}): Promise<[number | null, string, string]> => {
    const { code, out, err } = await started(args, { folder: root, ...start });
    return [code, out, err.split("\n")[0]!];
  };
  const on = (file: string): string[] => ["eval", file, "--sop", "x", "--input", "ab"];

  it("reads programs from the shell's pipes", async () => {
    const bash = (command: string): Parameters<typeof call>[1] => ({ before: ["bash", "-c", command, "bash"] });
    expect(await call(on("-"), { stdin: "x = indices;" })).toEqual([0, "[0, 1] (ints)\n", ""]);
    expect(await call(on("/dev/stdin"), bash(`echo "x = indices;" | "$@"`))).toEqual([0, "[0, 1] (ints)\n", ""]);
    const later = `"\${@:1:3}" <(sleep 0.1; echo "x = indices;") "\${@:5}"`;
    expect(await call(on("program"), bash(later))).toEqual([0, "[0, 1] (ints)\n", ""]);
    const empty = await call(on("program"), bash(`"\${@:1:3}" <(true) "\${@:5}"`));
    expect(empty).toEqual([2, "", expect.stringContaining('"x" is not defined')]);
  });

  it("reads models from the shell's pipes, which can be read once", async () => {
    const program = load("x = aggregate(select(indices, length - 1 - indices, ==), tokens);").sop("x");
    writeFileSync(path("piped.safetensors"), compile(program, { vocabulary: "ab", maxLength: 3 }).toSafetensors());
    for (const [command, ...options] of [["run", "--input", "aab"], ["check"], ["decompile"]] as const) {
      const [whole, piped] = await Promise.all([
        call([command, "piped.safetensors", ...options]),
        call([command, "/dev/stdin", ...options], {
          before: ["bash", "-c", 'cat piped.safetensors | "$@"', "bash"],
        }),
      ]);
      expect([command, ...piped]).toEqual([command, 0, expect.stringContaining("a"), ""]);
      expect(piped).toEqual(whole);
    }
  });

  it("says what is no file", async () => {
    mkdirSync(path("folder"));
    writeFileSync(path("loads.rasp"), 'load "folder";');
    execFileSync("mkfifo", [path("pipe")]);
    const server = createServer().listen(path("socket"));
    await once(server, "listening");
    const cases: readonly (readonly [readonly string[], string])[] = [
      [on("folder"), 'error: cannot read "folder": it is a directory'],
      [on("loads.rasp"), 'cannot load "folder.rasp": there is no such file, and "folder" is a directory'],
      [on("pipe"), 'error: cannot read "pipe": it is a pipe, and nothing writes to it'],
      [on("socket"), 'error: cannot read "socket": it is a socket, or a pipe that nothing reads'],
      [["run", "folder", "--input", "a"], 'error: cannot read "folder": it is a directory'],
      [["check", "socket"], 'error: cannot read "socket": it is a socket, or a pipe that nothing reads'],
      [["merge", "folder"], 'error: cannot read "folder": it is a directory'],
      [["decompile", "socket"], 'error: cannot read "socket": it is a socket, or a pipe that nothing reads'],
      [["eval", "--batch", "folder"], 'error: cannot read "folder": it is a directory'],
    ];
    for (const [args, message] of cases) {
      expect(await call(args), args.join(" ")).toEqual([2, "", expect.stringContaining(message)]);
    }
    server.close();
  });

  it.skipIf(!existsSync("/dev/zero"))("reads devices up to a limit", async () => {
    const none = (limit: number): string => `error: cannot read "/dev/zero": it has no end within ${limit} bytes`;
    expect(await call(on("/dev/zero"))).toEqual([2, "", expect.stringContaining(none(2 ** 24))]);
    expect(await call(["run", "/dev/zero", "--input", "a"])).toEqual([
      2,
      "",
      expect.stringContaining(none(LONGEST_TEXT)),
    ]);
    expect(await call(["merge", "/dev/zero"])).toEqual([2, "", expect.stringContaining(none(LONGEST_TEXT))]);
  });
});
