/** The arrows of docs/architecture.md: who may import whom. Project references enforce most of them; this says which and why. */
import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What each package may import of the others. */
const packages: Record<string, readonly string[]> = {
  core: [],
  "wasm-simd": ["core"],
  nn: ["core"],
  rasp: ["core", "nn"],
  cli: ["core", "nn", "rasp", "wasm-simd"],
  bench: ["core", "nn", "rasp", "wasm-simd"],
};

/** What each folder of `rasp` may import of the others. Files of `src` itself are the shared ground and the public surface. */
const folders: Record<string, readonly string[]> = {
  atom: [],
  syntax: ["atom"],
  graph: ["syntax", "atom"],
  interpret: ["graph", "atom", "syntax"],
  elaborate: ["syntax", "graph", "atom", "interpret", "stdlib"],
  stdlib: ["syntax"],
  export: [],
  draw: ["graph", "atom", "interpret", "syntax"],
  compile: ["graph", "atom", "interpret", "syntax", "export"],
  verify: ["compile", "graph", "atom", "interpret", "syntax"],
  decompile: ["verify", "compile", "graph", "atom", "interpret"],
  learn: ["graph", "interpret"],
  dataset: ["verify", "compile", "graph", "atom", "interpret", "syntax"],
};

interface Import {
  readonly file: string;
  readonly from: string;
}

function importsUnder(folder: string): Import[] {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).filter((f) => f.endsWith(".ts"));
  return files.flatMap((name) => {
    const file = join(folder, name);
    const { importedFiles } = ts.preProcessFile(readFileSync(join(root, file), "utf8"));
    return importedFiles.map(({ fileName }) => ({ file, from: fileName }));
  });
}

const sourceOf = (name: string): string => (name === "bench" ? "bench/src" : `packages/${name}/src`);

describe.each(Object.entries(packages))("package %s", (name, allowed) => {
  const imports = importsUnder(sourceOf(name));

  it("imports only the packages below it", () => {
    expect(imports.length).toBeGreaterThan(0);
    const forbidden = imports.filter(({ from }) => {
      const target = /^@selectron\/([^/]+)/.exec(from)?.[1];
      return target !== undefined && !allowed.includes(target);
    });
    expect(forbidden).toEqual([]);
  });

  it("reaches other packages by name, never by path", () => {
    const escaping = imports.filter(
      ({ file, from }) =>
        from.startsWith(".") && relative(sourceOf(name), join(file, "..", from)).split(sep)[0] === "..",
    );
    expect(escaping).toEqual([]);
  });

  if (name !== "cli" && name !== "bench") {
    it("runs without Node", () => {
      const node = imports.filter(({ from }) => from.startsWith("node:") || builtinModules.includes(from));
      expect(node).toEqual([]);
    });
  }
});

it("core has no dependencies", () => {
  const manifest = JSON.parse(readFileSync(join(root, "packages/core/package.json"), "utf8")) as Record<
    string,
    unknown
  >;
  expect(manifest).not.toHaveProperty("dependencies");
});

describe.each(Object.entries(folders))("rasp folder %s", (name, allowed) => {
  it("imports only the folders below it", () => {
    const folder = `packages/rasp/src/${name}`;
    const forbidden = importsUnder(folder).filter(({ file, from }) => {
      if (!from.startsWith(".")) return false;
      const [target, rest] = relative("packages/rasp/src", join(file, "..", from)).split(sep);
      return rest !== undefined && target !== name && !allowed.includes(target!);
    });
    expect(forbidden).toEqual([]);
  });
});
