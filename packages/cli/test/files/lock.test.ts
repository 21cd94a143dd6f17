/** Two processes never work in one place at once, and a lock that a killed process left does not keep the next one out. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { LockedError, takeLock, type Holder } from "../../src/files/lock.js";
import { thisProcess } from "../../src/files/machine.js";
import { nodeIo, run } from "../../src/index.js";

const root = mkdtempSync(join(tmpdir(), "selectron-lock-"));
afterAll(() => rmSync(root, { recursive: true }));
let locks = 0;
const fresh = (): string => join(root, `${locks++}.lock`);
const nobody = { hold: () => undefined, release: () => undefined };
const ended = spawnSync(process.execPath, ["-e", ""]).pid;
const isLinux = existsSync("/proc/self/stat");

const holder = (changes: Partial<Holder>): Holder => ({
  ...thisProcess(),
  since: "2026-01-02T03:04:05.000Z",
  command: "selectron train",
  ...changes,
});

describe("a lock", () => {
  it("keeps others out until it is given back, and is told while it is held", () => {
    const path = fresh();
    const told: string[] = [];
    const keeper = { hold: (at: string) => told.push(`+${at}`), release: (at: string) => told.push(`-${at}`) };
    const giveBack = takeLock(path, "selectron train", keeper);
    expect(told.filter((text) => text.endsWith(".lock"))).toEqual([`+${path}`]);
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ pid: process.pid, host: hostname() });
    expect(() => takeLock(path, "selectron train", nobody)).toThrow(LockedError);
    giveBack();
    expect(told.at(-1)).toBe(`-${path}`);
    expect(existsSync(path)).toBe(false);
    takeLock(path, "selectron train", nobody)();
    expect(readdirSync(root).filter((name) => name.includes("lock") || name.startsWith("."))).toEqual([]);
  });

  it("that others have taken meanwhile is left to them", () => {
    const path = fresh();
    const giveBack = takeLock(path, "selectron train", nobody);
    const theirs = JSON.stringify(holder({ pid: process.ppid }));
    writeFileSync(path, theirs);
    giveBack();
    expect(readFileSync(path, "utf8")).toBe(theirs);
  });

  it.each<[string, Partial<Holder>]>([
    ["has ended", { pid: ended }],
    ...(isLinux
      ? ([
          ["had a number that another process has now", { born: "1" }],
          ["ran before the machine was started again", { boot: "00000000-0000-0000-0000-000000000000" }],
        ] as [string, Partial<Holder>][])
      : []),
  ])("is taken over from a process that %s", (_, changes) => {
    const path = fresh();
    writeFileSync(path, JSON.stringify(holder(changes)));
    takeLock(path, "selectron train", nobody)();
    expect(existsSync(path)).toBe(false);
  });

  it.each([["", "\0\0\0", "{", "null", "5", '"x"', '{"pid":1}', JSON.stringify({ ...holder({}), pid: -1 })]].flat())(
    "that is damaged is taken over: %j",
    (text) => {
      const path = fresh();
      writeFileSync(path, text);
      takeLock(path, "selectron train", nobody)();
      expect(existsSync(path)).toBe(false);
    },
  );

  it.each<[string, Partial<Holder>, boolean]>([
    ["runs", {}, true],
    ["is on another machine", { host: "elsewhere", pid: ended }, false],
    ["is in another container", { space: "pid:[1]", pid: ended }, false],
    ["may have run before the machine was started again", { boot: "", pid: ended }, false],
  ])("is not taken from a process that %s", (_, changes, runs) => {
    const path = fresh();
    const text = JSON.stringify(holder(changes));
    writeFileSync(path, text);
    const isSame = changes.boot === "" && thisProcess().boot === "";
    if (isSame) return;
    expect(() => takeLock(path, "selectron train", nobody)).toThrow(expect.objectContaining({ runs }) as Error);
    expect(readFileSync(path, "utf8")).toBe(text);
  });
});

describe("a folder in use", () => {
  const program = join(root, "p.rasp");
  writeFileSync(program, "x = aggregate(select(indices, length - 1 - indices, ==), tokens);");
  const commands: readonly (readonly [string, string, readonly string[]])[] = [
    [
      "train",
      "training.lock",
      [
        ...["train", program, "--sop", "x", "--vocab", "a,b", "--max-length", "4", "--width", "8", "--ffn", "8"],
        ...["--steps", "1", "--batch", "2", "-o"],
      ],
    ],
    ["dataset", "dataset.lock", ["dataset", "--count", "1", "--seed", "1", "--max-length", "4", "-o"]],
  ];
  it.each(commands)("by %s is told with its process, and nothing in it is touched", async (name, lock, args) => {
    const folder = mkdtempSync(join(root, "used-"));
    let said = "";
    const io = { ...nodeIo, out: () => undefined, err: (text: string) => void (said += text) };
    const call = async (changes: Partial<Holder>): Promise<[number, string]> => {
      said = "";
      writeFileSync(join(folder, lock), JSON.stringify(holder({ command: `selectron ${name} \x1b[31m`, ...changes })));
      return [await run([...args, folder], io), said];
    };
    const since = "works there since 2026-01-02T03:04:05.000Z";
    expect(await call({})).toEqual([
      2,
      `error: "${folder}" is in use: process ${process.pid} on ${hostname()} ${since} (selectron ${name} ?[31m)\n` +
        "  help: wait until it ends, or end it; or use -o with another place\n",
    ]);
    expect(await call({ host: "elsewhere", pid: 7 })).toEqual([
      2,
      `error: "${folder}" is in use: process 7 on elsewhere ${since} (selectron ${name} ?[31m)\n` +
        `  help: it is not known from here whether it runs still: if it does not, remove ${folder}/${lock}; or use -o with another place\n`,
    ]);
    const left = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
    expect(left).toEqual([name === "train" ? "checkpoints" : "models", lock].sort());
    expect((await call({ pid: ended }))[0]).toBe(name === "train" ? 1 : 0);
    expect(readdirSync(folder)).not.toContain(lock);
  });
});
