/** What npm would publish: files, entries, and declarations that a consumer's TypeScript reads. `npm run runtimes` tries older ones. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { breadth } from "./long.js";
import { compileConsumer, installPacked, resolutions } from "./runtimes/consumers.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "selectron-packages-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const packed = installPacked(folder);

interface Manifest {
  readonly license: string;
  readonly engines: Readonly<Record<string, string>>;
  readonly main: string;
  readonly types: string;
  readonly exports: Entry & object;
}
/** A file, or files by condition. */
type Entry = string | { readonly [condition: string]: Entry };
const filesOf = (entry: Entry): readonly string[] =>
  typeof entry === "string" ? [entry] : Object.values(entry).flatMap(filesOf);
const manifest = (name: string): Manifest =>
  JSON.parse(readFileSync(join(folder, "node_modules", name, "package.json"), "utf8")) as Manifest;

it("are five", () => {
  expect([...packed.keys()].sort()).toEqual(
    ["cli", "core", "nn", "rasp", "wasm-simd"].map((name) => `@selectron/${name}`),
  );
});

describe.each([...packed.keys()])("%s", (name) => {
  it("has its licence, its README and a minimum of Node", () => {
    const { license, engines } = manifest(name);
    expect(packed.get(name)).toEqual(expect.arrayContaining(["LICENSE", "README.md", "package.json"]));
    expect(readFileSync(join(folder, "node_modules", name, "LICENSE"), "utf8")).toContain(`${license} License`);
    expect(engines).toEqual({ node: ">=20.19" });
  });

  it("has every file that its entries name, and package.json is one", () => {
    const { exports, main, types } = manifest(name);
    const files = filesOf(exports);
    expect([main, types]).toEqual(["./dist/index.js", "./dist/index.d.ts"]);
    for (const file of [...files, main, types]) expect(packed.get(name)).toContain(file.replace("./", ""));
    expect(exports["./package.json"]).toBe("./package.json");
  });

  it("has the sources that its source maps name, and no tests", () => {
    const files = packed.get(name)!;
    expect(files.filter((file) => /test|\.tsbuildinfo/.test(file) && !file.includes("/testing/"))).toEqual([]);
    const maps = files.filter((path) => path.endsWith(".js.map"));
    expect(maps).not.toEqual([]);
    const sources = maps.flatMap((file) => {
      const map = JSON.parse(readFileSync(join(folder, "node_modules", name, file), "utf8")) as { sources: string[] };
      return map.sources.map((source) => join(folder, "node_modules", name, file, "..", source));
    });
    expect(sources.filter((source) => !existsSync(source))).toEqual([]);
  });
});

it("work from ES modules and, by require, from CommonJS", () => {
  const used = 'load("x = tokens;").names.join(), enableWasmSync().variant, version';
  writeFileSync(
    join(folder, "a.mjs"),
    `import { load } from "@selectron/rasp"; import { enableWasmSync } from "@selectron/wasm-simd";
     import { createRequire } from "node:module";
     const { version } = createRequire(import.meta.url)("@selectron/core/package.json"); console.log(${used});`,
  );
  writeFileSync(
    join(folder, "b.cjs"),
    `const { load } = require("@selectron/rasp"); const { enableWasmSync } = require("@selectron/wasm-simd");
     const { version } = require("@selectron/core/package.json"); console.log(${used});`,
  );
  for (const file of ["a.mjs", "b.cjs"]) {
    const { stdout } = spawnSync(process.execPath, [file], { cwd: folder, encoding: "utf8" });
    expect(stdout).toBe("x simd 0.1.0\n");
  }
});

it("say what to do where `require` cannot load ES modules", () => {
  const code = 'require("@selectron/wasm-simd/threads")';
  const options = ["--no-experimental-require-module", "--eval", code];
  const { status, stderr } = spawnSync(process.execPath, options, { cwd: folder, encoding: "utf8" });
  expect(status).toBe(1);
  expect(stderr).toContain(
    "Error: @selectron/wasm-simd is an ES module, which `require` cannot load here.\n  help: write `import`, or",
  );
});

it.each(Object.keys(resolutions).slice(0, breadth({ short: 2, long: 6 })))(
  "have declarations that need no types of a host, with resolution %s",
  (resolution) => {
    expect(compileConsumer(folder, join(root, "node_modules/typescript"), resolution)).toBe("");
  },
);

it("say so where Node is too old", () => {
  const older = "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'18.20.8'})";
  const command = join(folder, "node_modules/@selectron/cli/bin/selectron.js");
  const { status, stderr } = spawnSync(process.execPath, ["--import", older, command, "--version"], {
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([2, "error: selectron needs Node 20.19 or newer, and this is Node 18.20.8\n"]);
});
