/** docs/chapter.md: every reference of its items is there, and its commands run. `-u` writes the document. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { nodeIo, run } from "@selectron/cli";
import * as core from "@selectron/core";
import * as nn from "@selectron/nn";
import * as rasp from "@selectron/rasp";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { benchProgram } from "../bench/src/program.js";
import { Context } from "../packages/cli/src/context.js";
import { programOf } from "../packages/cli/src/run.js";
import { chapterDocument, sections } from "./chapter/document.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const modules: Readonly<Record<string, object>> = { core, nn, rasp };
const references = [...new Set(sections.flatMap(({ items }) => items.flatMap(([, ...each]) => each)))];
const of = (kind: string): string[] =>
  references.filter((each) => each.startsWith(kind)).map((each) => each.slice(kind.length).trim());

it("every item has a reference, of a known kind", () => {
  const bare = sections.flatMap(({ items }) => items.filter(([, ...each]) => each.length === 0));
  expect(bare).toEqual([]);
  expect(
    references.filter((each) => !/^(core|nn|rasp|doc|bench|picture|file|said|missing):|^[$~] /.test(each)),
  ).toEqual([]);
});

it.each(Object.keys(modules))("exports of %s are there", (name) => {
  expect(of(`${name}:`).filter((each) => !(each in modules[name]!))).toEqual([]);
});

it("files and drawings are there", () => {
  const paths = [...of("file:"), ...of("picture:").map((name) => `docs/pictures/${name}`)];
  expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

/** The anchor that GitHub gives a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replace(/\s/g, "-");

it("sections of documents are there", () => {
  const absent = of("doc:").filter((place) => {
    const [file, anchor] = place.split("#") as [string, string];
    const text = file === "docs/chapter.md" ? chapterDocument() : readFileSync(join(root, file), "utf8");
    return ![...text.matchAll(/^#+ (.*)$/gm)].some(([, heading]) => anchorOf(heading!) === anchor);
  });
  expect(absent).toEqual([]);
});

/** Whether a program has the command and options that words name; a value follows where an option takes one. */
function isKnown(program: Command, words: readonly string[]): boolean {
  const command = program.commands.find((each) => each.name() === words[0]);
  const suites = program.commands.find((each) => each.name() === "measure");
  if (!command && !suites) return false;
  const options = (command ?? suites!).options;
  return words.filter((word) => word.startsWith("--")).every((word) => options.some(({ long }) => long === word));
}

it("commands that take minutes are known", () => {
  const selectron = programOf(new Context(nodeIo));
  expect(of("~").filter((line) => !isKnown(selectron, line.split(" ")))).toEqual([]);
  expect(of("bench:").filter((line) => !isKnown(benchProgram(), line.split(" ")))).toEqual([]);
});

describe("commands run", () => {
  it.each(of("$"))("selectron %s", async (line) => {
    let printed = "";
    const io = {
      ...nodeIo,
      readFile: (path: string) => nodeIo.readFile(join(root, path)),
      isFolder: () => false,
      out: (text: string) => void (printed += text),
      err: (text: string) => void (printed += text),
    };
    expect([await run(line.split(" "), io), printed === ""]).toEqual([0, false]);
  });
});

it("docs/chapter.md is the list", async () => {
  await expect(chapterDocument()).toMatchFileSnapshot("../docs/chapter.md");
});
