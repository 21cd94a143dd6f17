/** scripts/build.mjs builds what changed and nothing else. Here in a workspace of one project, with a compiler that only copies. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = mkdtempSync(join(tmpdir(), "selectron-build-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
const remove = (path: string): void => rmSync(join(root, path), { recursive: true });
const dist = (): string[] => (existsSync(join(root, "p/dist")) ? readdirSync(join(root, "p/dist")).sort() : []);
const outputs = (...names: string[]): string[] =>
  names.flatMap((name) => [".d.ts", ".d.ts.map", ".js", ".js.map"].map((ending) => name + ending));

/** Like `tsc --build`: looks at the sources only, and at its notes of what it has compiled. */
const COMPILER = `
  const { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } = require("node:fs");
  const sources = readdirSync("p/src").filter((name) => name.endsWith(".ts")).map((name) => [name.slice(0, -3), readFileSync("p/src/" + name, "utf8")]);
  const before = existsSync("p/tsconfig.tsbuildinfo") ? JSON.parse(readFileSync("p/tsconfig.tsbuildinfo", "utf8")) : {};
  if (sources.some(([, text]) => text === "wrong")) process.exit(1);
  mkdirSync("p/dist", { recursive: true });
  for (const [name, text] of sources.filter(([name, text]) => before[name] !== text))
    for (const ending of [".d.ts", ".d.ts.map", ".js", ".js.map"]) writeFileSync("p/dist/" + name + ending, text);
  writeFileSync("p/tsconfig.tsbuildinfo", JSON.stringify(Object.fromEntries(sources)));
  console.log("compiled");
`;

/** Runs the build; gives its exit code and whether it compiled. */
function build(): { status: number | null; compiled: boolean; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "scripts/build.mjs")]);
  return { status, compiled: stdout.includes("compiled"), stderr: stderr.toString() };
}
const built = { status: 0, compiled: true, stderr: "" };
const unchanged = { status: 0, compiled: false, stderr: "" };

beforeAll(() => {
  write("tsconfig.json", '{ "references": [{ "path": "p" }] }');
  for (const file of ["tsconfig.base.json", "package-lock.json", "p/package.json", "p/tsconfig.json"]) {
    write(file, "{}");
  }
  write("p/src/a.ts", "a");
  write("p/src/b.ts", "b");
  write("packages/wasm-simd/scripts/build.mjs", "");
  write("node_modules/typescript/bin/tsc", COMPILER);
  write("node_modules/typescript/package.json", "{}");
  cpSync(fileURLToPath(new URL("../scripts/build.mjs", import.meta.url)), join(root, "scripts/build.mjs"));
});

// Each step goes on from where the one before it ended.
describe.sequential("npm run build", () => {
  it("builds at first, then does nothing", () => {
    expect(build()).toEqual(built);
    expect(dist()).toEqual(outputs("a", "b"));
    expect(build()).toEqual(unchanged);
  });

  it("builds what changed, by contents and not by time", () => {
    write("p/src/a.ts", "a");
    expect(build()).toEqual(unchanged);
    write("p/src/a.ts", "other");
    expect(build()).toEqual(built);
    expect(readFileSync(join(root, "p/dist/a.js"), "utf8")).toBe("other");
    write("p/tsconfig.json", '{ "include": ["src"] }');
    expect(build()).toEqual(built);
  });

  it.each(["p/dist/b.js", "p/dist/a.d.ts.map", "p/dist"])("brings back %s", (path) => {
    remove(path);
    expect(build()).toEqual(built);
    expect(dist()).toEqual(outputs("a", "b"));
  });

  it("deletes what has no source any more", () => {
    remove("p/src/b.ts");
    expect(build()).toEqual(built);
    expect(dist()).toEqual(outputs("a"));
  });

  it("copies what is no source, and deletes it with its original", () => {
    write("p/src/data.bin", "bytes");
    expect(build()).toEqual(built);
    expect(readFileSync(join(root, "p/dist/data.bin"), "utf8")).toBe("bytes");
    remove("p/dist/data.bin");
    expect(build()).toEqual(built);
    remove("p/src/data.bin");
    expect(build()).toEqual(built);
    expect(dist()).toEqual(outputs("a"));
  });

  it("fails where the compiler fails, and again until it does not", () => {
    write("p/src/a.ts", "wrong");
    for (let i = 0; i < 2; i++) expect(build().status).toBe(1);
    write("p/src/a.ts", "other");
    expect(build()).toEqual(built);
    expect(build()).toEqual(unchanged);
  });

  it("copies the lessons, as they are now", () => {
    const copied = (): string[] => readdirSync(join(root, "packages/cli/examples")).sort();
    write("examples/1.rasp", "a = 1;");
    write("examples/2.rasp", "b = 2;");
    expect([build().status, copied()]).toEqual([0, ["1.rasp", "2.rasp"]]);
    remove("examples/2.rasp");
    write("examples/1.rasp", "a = 3;");
    expect([build().status, copied()]).toEqual([0, ["1.rasp"]]);
    expect(readFileSync(join(root, "packages/cli/examples/1.rasp"), "utf8")).toBe("a = 3;");
    remove("packages/cli/examples");
    expect([build().status, copied()]).toEqual([0, ["1.rasp"]]);
    remove("examples");
    expect(build().status).toBe(0);
  });

  it("needs a compiler only for what changed", () => {
    remove("node_modules");
    expect(build()).toEqual(unchanged);
    write("p/src/a.ts", "a");
    expect(build()).toEqual({
      status: 2,
      compiled: false,
      stderr: "build: TypeScript is not installed.\n  help: run `npm ci` without --omit=dev; it builds, too\n",
    });
  });
});
