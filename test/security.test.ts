/**
 * What SECURITY.md promises: no code out of text, no network but where a user names an address, a server on this machine only. Sources
 * are searched for what could break it, and commands run where each attempt throws.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { afterAll, describe, expect, it } from "vitest";
import { root } from "./imports.js";
import { isSource, lineOf, parsed, writtenFiles } from "./syntax.js";

/** Globals that reach the network or make code of text. */
const GLOBALS = new Set([
  "eval",
  "Function",
  "fetch",
  "XMLHttpRequest",
  "WebSocket",
  "WebTransport",
  "EventSource",
  "importScripts",
]);
const MODULES = /^(node:)?(net|tls|dgram|dns|https?|http2|child_process|vm|inspector|repl)(\/|$)/;

/** Where each may stand, and why. */
const KNOWN: Readonly<Record<string, string>> = {
  "packages/wasm-simd/src/module.ts fetch": "a URL that the caller gives as the source of the kernels",
  "packages/playground/src/puzzles/links.ts fetch": "a puzzle set of the page's own host",
  "packages/playground/service-worker.js fetch": "the page's own files",
  "packages/cli/src/commands/playground.ts node:http": "the server of the playground, on 127.0.0.1",
  "packages/wasm-simd/src/threads/start.ts eval: true":
    "Node's name for a worker whose source is a constant of the package",
};

/** Whether a name is used as a value, and not a property, a key, a type or a declaration of that name. */
function isGlobal(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) {
    return parent.expression === node || ["globalThis", "self", "window"].includes(parent.expression.getText());
  }
  if (ts.isTypeNode(parent) || ts.isTypeReferenceNode(parent)) return false;
  return !("name" in parent && parent.name === node);
}

/** What is in a source file that SECURITY.md would not allow, but for what is known. */
function found(source: ts.SourceFile): string[] {
  const places: string[] = [];
  // Names that the file imports are no globals.
  const imported = new Set(
    source.statements
      .filter(ts.isImportDeclaration)
      .flatMap(({ importClause }) => importClause?.namedBindings?.getText().match(/\w+/g) ?? []),
  );
  const note = (node: ts.Node, what: string): void => {
    const key = `${source.fileName} ${what}`;
    if (!(key in KNOWN)) places.push(`${source.fileName}:${lineOf(source, node.getStart())}: ${what}`);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && GLOBALS.has(node.text) && !imported.has(node.text) && isGlobal(node)) {
      note(node, node.text);
    }
    if (
      ts.isImportDeclaration(node) &&
      ts.isStringLiteral(node.moduleSpecifier) &&
      MODULES.test(node.moduleSpecifier.text)
    ) {
      note(node, node.moduleSpecifier.text);
    }
    if (ts.isPropertyAssignment(node) && node.getText() === "eval: true") note(node, "eval: true");
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      if (!ts.isStringLiteral(node.arguments[0]!)) note(node, "import of a variable");
    }
    if (
      ts.isPropertyAccessExpression(node) &&
      /^(sendBeacon|innerHTML|outerHTML|dangerouslySetInnerHTML)$/.test(node.name.text)
    ) {
      note(node, node.name.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return places;
}

describe("what is published", () => {
  const files = writtenFiles().filter(
    (file) => isSource(file) && /^packages\/([^/]+\/(src|bin)\/|playground\/service-worker)/.test(file),
  );

  it("makes no code of text and opens no connection, but where it is known", () => {
    expect(files.length).toBeGreaterThan(500);
    expect(files.flatMap((file) => found(parsed(file)))).toEqual([]);
  });

  it("still has what is known", () => {
    const text = (file: string): string => parsed(file).text;
    for (const known of Object.keys(KNOWN)) {
      const [file = "", what = ""] = known.split(/ (.*)/);
      expect(text(file), known).toContain(what);
    }
  });

  it.each([
    ["eval(text);", 1],
    ["new Function(text)();", 1],
    ["globalThis.fetch(url);", 1],
    ["const f = fetch;", 1],
    ['import { get } from "node:https";', 1],
    ["await import(name);", 1],
    ["element.innerHTML = text;", 1],
    ["function fetch() {} memory.fetch(); type A = Function; await import('./a.js');", 0],
  ])("would be found: %s", (text, count) => {
    expect(found(parsed("text.ts", text))).toHaveLength(count);
  });
});

describe("commands", () => {
  const folder = mkdtempSync(join(tmpdir(), "selectron-security-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const guard = join(folder, "guard.mjs");
  writeFileSync(
    guard,
    `import dgram from "node:dgram"; import dns from "node:dns"; import net from "node:net"; import { syncBuiltinESMExports } from "node:module";
     const refuse = () => { console.error("NETWORK"); process.exit(99); };
     net.Socket.prototype.connect = net.connect = net.createConnection = net.Server.prototype.listen = refuse;
     dns.lookup = dns.promises.lookup = dgram.createSocket = globalThis.fetch = globalThis.WebSocket = refuse;
     syncBuiltinESMExports();`,
  );
  const words = ["--vocab", "a,b", "--max-length", "3"];
  const guarded = (...script: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["--disallow-code-generation-from-strings", "--import", guard, ...script],
      { cwd: folder, encoding: "utf8" },
    );
    expect(stderr).not.toMatch(/NETWORK|EvalError/);
    // 1 is a training that has not learnt.
    expect([0, 1]).toContain(status);
    return stdout;
  };
  const command = join(root, "packages/cli/bin/selectron.js");

  it("compile, run, decompile and train without network and without code of text", () => {
    writeFileSync(join(folder, "p.rasp"), "r = aggregate(select(indices, length - 1 - indices, ==), tokens);\n");
    guarded(command, "compile", "p.rasp", "--sop", "r", ...words, "-o", "m.safetensors");
    expect(guarded(command, "run", "m.safetensors", "--input", "aab")).toBe("[b, a, a] (strings)\n");
    expect(guarded(command, "decompile", "m.safetensors")).toContain("aggregate(");
    guarded(command, "train", "p.rasp", "--sop", "r", ...words, "--steps", "2", "--batch", "2", "-o", "t");
  });

  it.each([
    ["eval", "eval('1')", "EvalError"],
    ["fetch", "fetch('http://127.0.0.1:9/')", "NETWORK"],
    ["a socket", "(await import('node:net')).connect(9, '127.0.0.1')", "NETWORK"],
  ])("the guard stops %s", (_, code, says) => {
    const options = [
      "--disallow-code-generation-from-strings",
      "--import",
      guard,
      "--input-type=module",
      "--eval",
      code,
    ];
    const { status, stderr } = spawnSync(process.execPath, options, { encoding: "utf8" });
    expect(status).not.toBe(0);
    expect(stderr).toContain(says);
  });
});
