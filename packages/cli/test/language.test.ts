/**
 * Runs docs/language.md: each of its `repl` blocks is typed into a new session, which must give the answers of the block, including
 * errors and warnings. `REFRESH=1 npx vitest run --project cli language` rewrites the answers, to be read before they are committed.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Environment } from "@selectron/rasp";
import { afterAll, describe, expect, it } from "vitest";
import { Repl } from "../src/repl/repl.js";

const document = fileURLToPath(new URL("../../../docs/language.md", import.meta.url));
const text = readFileSync(document, "utf8");
const blocks = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(({ 1: language, 2: body, index }) => ({
  language: language!,
  body: body!,
  line: text.slice(0, index).split("\n").length,
}));

/** The block with the answers of a session. Lines that begin with `>> ` or `.. ` are typed, the others are answers. */
function replayed(body: string): string {
  const lines: string[] = [];
  const say = (answer: string): void => void lines.push(...answer.split("\n"));
  const session = new Repl(new Environment(), { answer: say, complain: say });
  for (const line of body.split("\n")) {
    if (!/^(>>|\.\.) /.test(line)) continue;
    lines.push(line);
    session.feed(line.slice(3));
  }
  expect(session.isWaiting, "the block ends in an unfinished statement").toBe(false);
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}

const refreshed: (readonly [string, string])[] = [];
afterAll(() => {
  if (!process.env["REFRESH"]) return;
  let fresh = text;
  for (const [before, after] of refreshed) fresh = fresh.replace(`\`\`\`repl\n${before}`, () => `\`\`\`repl\n${after}`);
  writeFileSync(document, fresh);
});

describe("docs/language.md", () => {
  it("has only blocks that are run", () => {
    expect(blocks.length).toBeGreaterThan(30);
    expect(blocks.filter(({ language }) => language !== "repl")).toEqual([]);
  });

  it.each(blocks)("line $line is true", ({ body }) => {
    const fresh = replayed(body);
    if (process.env["REFRESH"]) refreshed.push([body, fresh]);
    else expect(body).toBe(fresh);
  });

  it("lists every name of the library", () => {
    const names = new Environment().visibleNames.filter((name) => name !== "out");
    expect(names.filter((name) => !new RegExp(`\`${name}\\b`).test(text))).toEqual([]);
  });
});
