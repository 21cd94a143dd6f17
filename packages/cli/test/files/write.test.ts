/** Files are written whole or not at all, in the place of what is there and as it is; nothing is left over. */
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { writeWhole, tryToWrite, type Keeper } from "../../src/files/write.js";
import { started } from "../process/started.js";

const root = mkdtempSync(join(tmpdir(), "selectron-write-"));
afterAll(() => rmSync(root, { recursive: true }));
const folderOf = (name: string): string => {
  const folder = join(root, name);
  mkdirSync(folder);
  return folder;
};
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const nobody: Keeper = { hold: () => undefined, release: () => undefined };
/** As another process would have called its temporary file. */
const temporaryOf = (pid: number, host = hostname().replace(/[^A-Za-z0-9-]/g, "_")): string =>
  `.selectron-${host}-${pid}-0.tmp`;

/** The number of a process that has ended. */
const ended = spawnSync(process.execPath, ["-e", ""]).pid;

describe("a file", () => {
  it("replaces another with its permissions, and is what a link leads to", () => {
    const folder = folderOf("replaced");
    const [file, link] = [join(folder, "file"), join(folder, "link")];
    writeFileSync(file, "before");
    chmodSync(file, 0o600);
    symlinkSync("file", link);
    writeWhole(link, bytes("after"), nobody);
    expect(readFileSync(file, "utf8")).toBe("after");
    expect(readlinkSync(link)).toBe("file");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).sort()).toEqual(["file", "link"]);
  });

  it("has a temporary name while it is written, which is told", () => {
    const folder = folderOf("told");
    const told: string[] = [];
    writeWhole(join(folder, "a".repeat(255)), bytes("x"), {
      hold: (path) => told.push(`+${path}`),
      release: (path) => told.push(`-${path}`),
    });
    expect(told).toEqual([expect.stringMatching(/^\+.*\/\.selectron-.*\.tmp$/), `-${told[0]!.slice(1)}`]);
    expect(readdirSync(folder)).toEqual(["a".repeat(255)]);
  });

  it("that cannot be written leaves what was there, and nothing else", () => {
    const folder = folderOf("refused");
    mkdirSync(join(folder, "directory"));
    for (const place of [join(folder, "directory"), join(folder, "none", "file"), join(folder, "x".repeat(256))]) {
      expect(() => writeWhole(place, bytes("x"), nobody)).toThrow();
    }
    expect(() => tryToWrite(join(folder, "none", "file"), nobody)).toThrow("ENOENT");
    tryToWrite(join(folder, "file"), nobody);
    expect(readdirSync(folder)).toEqual(["directory"]);
  });
});

describe("temporary files", () => {
  it("of processes that have ended are removed, and no others", () => {
    const folder = folderOf("left");
    const others = [
      temporaryOf(process.pid),
      temporaryOf(process.ppid),
      temporaryOf(ended, "another-machine"),
      "notes.tmp",
      `model.safetensors.${ended}.tmp`,
      `.selectron-${ended}.tmp`,
    ];
    for (const name of [temporaryOf(ended), ...others]) writeFileSync(join(folder, name), "");
    writeWhole(join(folder, "file"), bytes("x"), nobody);
    expect(readdirSync(folder).sort()).toEqual([...others, "file"].sort());
  });
});

describe("what is no file", () => {
  it.skipIf(!existsSync("/dev/full"))("is written into, and stays what it is", () => {
    expect(() => writeWhole("/dev/full", bytes("x"), nobody)).toThrow("ENOSPC");
    writeWhole("/dev/null", bytes("x"), nobody);
    for (const device of ["/dev/full", "/dev/null"]) expect(statSync(device).isCharacterDevice()).toBe(true);
  });

  it.skipIf(process.platform === "win32")("is a pipe that needs a reader", async () => {
    const pipe = join(folderOf("pipe"), "pipe");
    execFileSync("mkfifo", [pipe]);
    expect(() => writeWhole(pipe, bytes("x"), nobody)).toThrow("ENXIO");
    const reader = started(["eval", pipe, "--sop", "x", "--input", "ab"]);
    const program = bytes("x = indices;");
    for (let tries = 0; ; tries++) {
      try {
        writeWhole(pipe, program, nobody);
        break;
      } catch (error) {
        if (tries > 1000) throw error;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    expect(await reader).toMatchObject({ code: 0, out: "[0, 1] (ints)\n", err: "" });
  });
});

const program = "x = indices;\n";
const compile = (output: string): string[] => [
  "compile",
  "-",
  "--sop",
  "x",
  "--vocab",
  "a,b",
  "--max-length",
  "4",
  "-o",
  output,
];
const canMount =
  process.platform === "linux" && process.getuid?.() === 0 && spawnSync("unshare", ["-m", "true"]).status === 0;

describe("a full disk", () => {
  it("is told, and the file before stays", async () => {
    const folder = folderOf("limit");
    writeFileSync(join(folder, "m.safetensors"), "before");
    // The system refuses files of more than one block, as a full disk would.
    const before = ["sh", "-c", 'ulimit -f 1; exec "$@"', "sh"];
    expect(await started(compile("m.safetensors"), { folder, stdin: program, before })).toMatchObject({
      code: 2,
      out: "",
      err:
        'error: cannot write "m.safetensors": it would be larger than files may be here\n' +
        "  help: choose a place that can be written\n",
    });
    expect(readdirSync(folder)).toEqual(["m.safetensors"]);
    expect(readFileSync(join(folder, "m.safetensors"), "utf8")).toBe("before");
  });

  it.skipIf(!canMount)("of a few kilobytes, and a folder that is read-only", async () => {
    const folder = folderOf("mounted");
    const inside = (options: string, fill: string): string[] => {
      const script = `mount -t tmpfs -o ${options} none "$PWD" && cd "$PWD" && ${fill}; "$@"; echo "$? $(ls -A)"`;
      return ["unshare", "-m", "sh", "-c", script, "sh"];
    };
    const start = { folder, stdin: program };
    const full = await started(compile("m.safetensors"), { ...start, before: inside("size=4k", "echo > full") });
    expect(full.out).toBe("2 full\n");
    expect(full.err).toContain('error: cannot write "m.safetensors": no space is left\n');
    const readOnly = await started(compile("m.safetensors"), { ...start, before: inside("ro", "true") });
    expect(readOnly.out).toBe("2 \n");
    expect(readOnly.err).toContain('error: cannot write "m.safetensors": the file system is read-only\n');
  });
});

it.skipIf(!existsSync("/proc/self"))("a place that cannot be written is refused before the work", async () => {
  for (const place of ["/proc/m.safetensors", "/dev/null/m.safetensors"]) {
    const { code, out, err } = await started(compile(place), { stdin: "this is no program, which is not reached" });
    expect([code, out, err]).toEqual([2, "", expect.stringContaining(`error: cannot write "${place}": there is no `)]);
  }
});

it.skipIf(!existsSync("/dev/stdout"))("a stream that the shell sends to a file stays that file", async () => {
  const file = join(folderOf("stream"), "picture.svg");
  const descriptor = openSync(file, "w");
  writeSync(descriptor, "before ");
  const draw = ["draw", "-", "--sop", "x", "--input", "ab", "-o", "/dev/stdout"];
  expect(await started(draw, { stdin: program, stdio: ["pipe", descriptor, "pipe"] })).toMatchObject({ code: 0 });
  writeSync(descriptor, " after");
  closeSync(descriptor);
  expect(readFileSync(file, "utf8")).toMatch(/^before <svg [\s\S]*<\/svg>\n? after$/);
});
