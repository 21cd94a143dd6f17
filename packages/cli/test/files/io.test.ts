import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { nodeIo } from "../../src/files/io.js";

describe("making folders", () => {
  const root = mkdtempSync(join(tmpdir(), "selectron-"));

  it("makes parents, and keeps existing folders", () => {
    const path = join(root, "a", "b", "c");
    nodeIo.makeFolder(path);
    nodeIo.makeFolder(path);
    nodeIo.makeFolder(`${root}/a/b/../d`);
    for (const made of [path, join(root, "a", "d")]) expect(nodeIo.isFolder(made)).toBe(true);
  });

  it("fails where a file is in the way", () => {
    const file = join(root, "file");
    writeFileSync(file, "");
    for (const none of [file, join(file, "folder"), join(root, "none")]) expect(nodeIo.isFolder(none)).toBe(false);
    expect(() => nodeIo.makeFolder(file)).toThrow("EEXIST");
    expect(() => nodeIo.makeFolder(join(file, "folder"))).toThrow("ENOTDIR");
  });

  // mkdirSync with `recursive` never returns from these.
  it.skipIf(!existsSync("/proc/self"))("fails where the system refuses, at any depth", () => {
    expect(() => nodeIo.makeFolder("/proc/none")).toThrow("ENOENT");
    expect(() => nodeIo.makeFolder("/proc/none/at/all")).toThrow("ENOENT");
  });
});
