/** The pictures of the documents are what `selectron draw` draws today, byte for byte. To make one anew, run its command with `-o FILE`. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { nodeIo, run } from "@selectron/cli";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = "docs/pictures";

const PICTURES: Readonly<Record<string, readonly string[]>> = {
  "reverse.svg": ["draw", "examples/01-reverse.rasp", "--sop", "reverse", "--input", "hello"],
};

it.each(Object.entries(PICTURES))("%s is up to date", async (name, args) => {
  const written = new Map<string, string>();
  const exitCode = await run([...args, "-o", name], {
    ...nodeIo,
    readFile: (path) => nodeIo.readFile(join(root, path)),
    writeBytes: (path, bytes) => void written.set(path, new TextDecoder().decode(bytes)),
    err: () => undefined,
  });
  expect(exitCode).toBe(0);
  expect(written.get(name)).toBe(readFileSync(join(root, folder, name), "utf8"));
});

it("has a command for each picture", () => {
  expect(readdirSync(join(root, folder)).sort()).toEqual(Object.keys(PICTURES).sort());
});
