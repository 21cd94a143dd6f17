/**
 * The pictures of the documents are what `selectron draw` draws today, and what the benchmark draws of its record, byte for byte. To make one
 * anew, run its command with `-o FILE`, and `npm run bench -- lengths --record`. The playground's is a photograph, `npm run page -- --picture`,
 * and architecture.svg is drawn by hand.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { nodeIo, run } from "@selectron/cli";
import { expect, it } from "vitest";
import { figures } from "../bench/src/chapter/figures.js";
import { lengthsDrawing, lengthsRecord, pictureOf, runsOf } from "../bench/src/lengths.js";

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

it("lengths.svg is up to date", () => {
  expect(pictureOf(runsOf(readFileSync(lengthsRecord, "utf8")))).toBe(readFileSync(lengthsDrawing, "utf8"));
});

it("has a command for each picture", () => {
  const others = ["lengths.svg", "translation.svg", "playground.png", "architecture.svg"];
  expect(readdirSync(join(root, folder)).sort()).toEqual(
    [...Object.keys(PICTURES), ...Object.keys(figures), ...others].sort(),
  );
});
