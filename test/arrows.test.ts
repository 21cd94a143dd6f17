/**
 * Who may import whom: the arrows of docs/architecture.md, for every file. Project references enforce those between packages as
 * well; this says which they are and why.
 */
import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { circles, importsIn, importsOf, inside, root, sourcesIn, type Import } from "./imports.js";

/** What each package may import of the others. */
const packages: Record<string, readonly string[]> = {
  core: [],
  "wasm-simd": ["core"],
  nn: ["core"],
  rasp: ["core", "nn"],
  cli: ["core", "nn", "rasp", "wasm-simd"],
  playground: ["core", "nn", "rasp", "wasm-simd"],
  bench: ["core", "nn", "rasp", "wasm-simd"],
  fuzz: ["core", "nn", "rasp", "wasm-simd", "cli"],
};

/** The workspaces that no package may import: they run all of them, and use Node. */
const beside = ["bench", "fuzz"];
const sourceOf = (name: string): string => (beside.includes(name) ? `${name}/src` : `packages/${name}/src`);

describe.each(Object.entries(packages))("package %s", (name, allowed) => {
  const imports = importsIn(sourceOf(name));

  it("imports only the packages below it", () => {
    expect(imports.length).toBeGreaterThan(0);
    const forbidden = imports.filter(({ from }) => {
      const target = /^@selectron\/([^/]+)/.exec(from)?.[1];
      return target !== undefined && !allowed.includes(target);
    });
    expect(forbidden).toEqual([]);
  });

  it("reaches other packages by name, never by path", () => {
    const escaping = imports.filter(({ target }) => target !== undefined && !target.startsWith(`${sourceOf(name)}/`));
    expect(escaping).toEqual([]);
  });

  if (name !== "cli" && !beside.includes(name)) {
    it("runs without Node", () => {
      const node = imports.filter(({ from }) => from.startsWith("node:") || builtinModules.includes(from));
      expect(node).toEqual([]);
    });
  }
});

it("core has no dependencies", () => {
  const manifest = JSON.parse(readFileSync(join(root, "packages/core/package.json"), "utf8")) as object;
  expect(manifest).not.toHaveProperty("dependencies");
});

/** The circles of files that may stay, each with the reason. */
const circlesOfValues: readonly (readonly string[])[] = [
  // A tensor has its operations as methods, and they make tensors. Nothing of them runs while they load.
  [
    "packages/core/src/ops/elementwise.ts",
    "packages/core/src/ops/layer-norm.ts",
    "packages/core/src/ops/matmul.ts",
    "packages/core/src/ops/movement.ts",
    "packages/core/src/ops/reduce.ts",
    "packages/core/src/ops/softmax.ts",
    "packages/core/src/tape.ts",
    "packages/core/src/tensor.ts",
  ],
];
const circlesOfTypes: readonly (readonly string[])[] = [
  ...circlesOfValues,
  // A function value knows the scope that it was made in, and a scope holds values.
  ["packages/rasp/src/language/elaborate/scope.ts", "packages/rasp/src/language/elaborate/value.ts"],
  // A selector may be made of scores, and scores are made of s-ops; an s-op may be what a loop ends with, and a loop is made of s-ops.
  [
    "packages/rasp/src/language/graph/loop.ts",
    "packages/rasp/src/language/graph/node.ts",
    "packages/rasp/src/language/graph/soft.ts",
  ],
];

describe("circles of imports", () => {
  const imports = Object.keys(packages).flatMap((name) => importsIn(sourceOf(name)));

  it("of values are the named ones", () => {
    expect(circles(imports.filter(({ isTypeOnly }) => !isTypeOnly))).toEqual(circlesOfValues);
  });

  it("of types are the named ones", () => expect(circles(imports).sort()).toEqual([...circlesOfTypes].sort()));
});

const RASP = "packages/rasp/src";

/**
 * The rooms of `rasp`, each with the rooms that it may import besides itself: those of the layers before its own. A room is a folder
 * or a file; a file belongs to the longest name that fits. Language ← compiler ← decompiler. The checker of the compiler's models
 * stands beside it, on the language alone.
 */
const rooms: Record<string, readonly string[]> = layered([
  // The language.
  ["language/maps", "language/source", "language/width", "language/files", "language/inference"],
  ["language/diagnostic"],
  ["language/limits", "language/render"],
  ["language/atom"],
  ["language/syntax", "language/graph"],
  ["language/interpret", "language/tables"],
  ["language/stdlib/rasplib"],
  ["language/elaborate"],
  ["language/environment", "language/combinators"],
  ["language/loop-combinator", "language/stdlib/tracr", "language/text", "language/cost"],
  ["language/draw"],
  // The compiler, stage by stage.
  ["compiler/outputs"],
  ["compiler/refusal"],
  ["compiler/work"],
  ["compiler/normalize"],
  ["compiler/values", "compiler/compile-progress"],
  ["compiler/plan/ir"],
  ["compiler/plan/units"],
  ["compiler/plan/features"],
  ["compiler/plan/heads"],
  ["compiler/plan"],
  ["compiler/layout", "compiler/export"],
  ["compiler/certify"],
  ["compiler/model"],
  ["compiler/choose-plan", "compiler/format"],
  ["compiler/index", "compiler/learn", "compiler/verify", "compiler/vectors"],
  ["compiler/looped"],
  ["compiler/scratchpad"],
  ["compiler/circuit", "compiler/export/rotate"],
  ["compiler/folders"],
  ["compiler/dataset", "compiler/sufficiency", "compiler/continue"],
  // The decompiler.
  ["decompiler/common"],
  ["decompiler/interchange"],
  ["decompiler/compiled", "decompiler/encoder", "decompiler/gpt2"],
  ["decompiler/index"],
  // The checker, which only the public surface imports.
  ["checker"],
  // The public surface of `@selectron/rasp`; the decompiler has an entry of its own.
  ["index"],
]);

rooms["checker"] = rooms["checker"]!.filter((room) => room.startsWith("language/"));

function layered(layers: readonly (readonly string[])[]): Record<string, readonly string[]> {
  return Object.fromEntries(layers.flatMap((layer, i) => layer.map((room) => [room, layers.slice(0, i).flat()])));
}

const roomOf = (file: string): string | undefined => {
  const path = inside(RASP, file);
  const fits = Object.keys(rooms).filter((room) => path === room || path.startsWith(`${room}/`));
  return fits.sort((a, b) => b.length - a.length)[0];
};

const forbiddenIn = (imports: readonly Import[]): string[] =>
  imports.flatMap(({ file, target }) => {
    if (target === undefined) return [];
    const [from, to] = [roomOf(file)!, roomOf(target)!];
    return from === to || rooms[from]!.includes(to) ? [] : [`${file} imports ${target}: ${from} may not import ${to}`];
  });

describe("the rooms of rasp", () => {
  it("have a place for every file, and no room is empty", () => {
    const files = sourcesIn(RASP);
    expect(files.filter((file) => roomOf(file) === undefined)).toEqual([]);
    const used = new Set(files.map(roomOf));
    expect(Object.keys(rooms).filter((room) => !used.has(room))).toEqual([]);
  });

  it("import only what is below them", () => expect(forbiddenIn(importsIn(RASP))).toEqual([]));

  it.each([
    ["language/atom/compare.ts", "../environment.js"],
    ["language/cost/cost.ts", "../../compiler/index.js"],
    ["language/environment.ts", "../compiler/values/domain.js"],
    ["language/tables.ts", "../decompiler/index.js"],
    ["compiler/normalize/simplify.ts", "../../decompiler/index.js"],
    ["compiler/normalize/simplify.ts", "../values/domain.js"],
    ["compiler/values/domain.ts", "../plan/planner.js"],
    ["compiler/index.ts", "../checker/check.js"],
    ["checker/check.ts", "../compiler/plan/ir/plan.js"],
    ["decompiler/index.ts", "../checker/check.js"],
  ])("say no to an import from %s of %s", (file, from) => {
    const text = `import { x } from ${JSON.stringify(from)};`;
    expect(forbiddenIn(importsOf(`${RASP}/${file}`, text))).toHaveLength(1);
    expect(forbiddenIn(importsOf(`${RASP}/${file}`, text.replace("import", "export")))).toHaveLength(1);
    expect(forbiddenIn(importsOf(`${RASP}/${file}`, text.replace("import", "import type")))).toHaveLength(1);
  });
});
