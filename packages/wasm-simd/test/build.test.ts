/** scripts/build.mjs compiles a binary again when, and only when, what it is made from has changed. */
import { execFileSync } from "node:child_process";
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
// In node_modules, so that the copy finds the compiler; git ignores it.
const copy = mkdtempSync(fileURLToPath(new URL("../../../node_modules/.wasm-simd-", import.meta.url)));
afterAll(() => rmSync(copy, { recursive: true }));
for (const folder of ["assembly", "scripts", "src"]) {
  cpSync(`${root}/${folder}`, `${copy}/${folder}`, { recursive: true });
}

const all = ["binary.ts", "threads/binary.ts", "relaxed/binary.ts", "relaxed/threads/binary.ts"];
const stale = (): string[] =>
  execFileSync("node", [`${copy}/scripts/build.mjs`, "--list"], { encoding: "utf8" })
    .split("\n")
    .filter(Boolean);

/** What is stale after a change of one file, which is then undone. */
function after(path: string, change: (path: string) => void): string[] {
  const before = readFileSync(`${copy}/${path}`);
  change(`${copy}/${path}`);
  const found = stale();
  writeFileSync(`${copy}/${path}`, before);
  return found;
}

const edit = (path: string): void => appendFileSync(path, "\n// changed\n");

describe("the build", () => {
  it("leaves binaries that are up to date", () => {
    expect(stale()).toEqual([]);
  });

  it.each(["assembly/math.ts", "src/abi.ts", "scripts/build.mjs"])("compiles all anew after a change of %s", (path) => {
    expect(after(path, edit)).toEqual(all);
    expect(stale()).toEqual([]);
  });

  it.each(all)("compiles %s anew after an edit by hand, or without it", (file) => {
    expect(after(`src/${file}`, edit)).toEqual([file]);
    expect(after(`src/${file}`, rmSync)).toEqual([file]);
  });

  it("compiles all anew after a new source", () => {
    writeFileSync(`${copy}/assembly/new.ts`, "");
    expect(stale()).toEqual(all);
    rmSync(`${copy}/assembly/new.ts`);
  });
});
