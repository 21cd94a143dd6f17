/** What a newcomer meets first: packages that say what they are, and a command that works or says what is missing. */
import { spawnSync } from "node:child_process";
import { accessSync, constants, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "selectron-door-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const text = (path: string): string => readFileSync(join(root, path), "utf8");
const manifestOf = (folder: string) => JSON.parse(text(`${folder}/package.json`)) as Record<string, unknown>;
const workspace = manifestOf(".");

describe.each(["core", "wasm-simd", "nn", "rasp", "cli"])("@selectron/%s", (name) => {
  const folder = `packages/${name}`;
  const manifest = manifestOf(folder);

  it("carries the licence", () => {
    expect(text(`${folder}/LICENSE`)).toBe(text("LICENSE"));
    expect(manifest).toMatchObject({ license: "MIT", files: expect.arrayContaining(["LICENSE", "dist", "src"]) });
  });

  it("says where it comes from and what it needs", () => {
    const { repository, bugs, engines, version } = workspace;
    expect(manifest).toMatchObject({
      repository: { ...(repository as object), directory: folder },
      bugs,
      engines,
      version,
    });
    expect(manifest["homepage"]).toContain(folder);
    expect(manifest["keywords"]).not.toHaveLength(0);
  });

  it("ships what its exports and its command name", () => {
    for (const path of Object.values((manifest["bin"] ?? {}) as Record<string, string>)) {
      expect(existsSync(join(root, folder, path))).toBe(true);
      expect(manifest["files"]).toContain(path.split("/")[1]);
    }
  });
});

describe("bin/selectron.js", () => {
  const file = join(root, "packages/cli/bin/selectron.js");

  it("can be executed", () => {
    expect(() => accessSync(file, constants.X_OK)).not.toThrow();
  });

  it("says what to do where nothing is built", () => {
    const bin = join(scratch, "bin");
    mkdirSync(bin);
    cpSync(file, join(bin, "selectron.js"));
    cpSync(join(root, "packages/cli/package.json"), join(scratch, "package.json"));
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(bin, "selectron.js"), "--version"]);
    expect([status, stdout.toString()]).toEqual([2, ""]);
    expect(stderr.toString()).toMatch(/^error: selectron is not built: Cannot find module .*main\.js/);
    expect(stderr.toString()).toContain("\n  help: run `npm run build` in the repository\n");
  });
});
