import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sameGraph } from "../../../src/language/graph/equal.js";
import {
  constantNode,
  indicesNode,
  load,
  mapNode,
  PrintError,
  printRasp,
  type Atom,
  type SOp,
} from "../../../src/index.js";
import { sopSource } from "../../arbitrary/program.js";
import { breadth } from "../../../../../test/long.js";

/** Prints and parses a graph, and compares the two. */
function expectSame(sop: SOp, example: string | readonly Atom[]): void {
  const text = printRasp(sop, "the_root");
  const again = load(text, { example }).sop("the_root");
  expect(sameGraph(sop, again), text).toBe(true);
  expect(printRasp(again, "the_root")).toBe(text);
}

describe("printRasp", () => {
  it("writes any graph so that it parses back to an equal one", () => {
    const runs = breadth({ short: 150, long: 500 });
    let printed = 0;
    fc.assert(
      fc.property(sopSource, (source) => {
        const value = load(`answer = ${source};`, { example: "abcab" }).get("answer");
        if (value.kind !== "s-op") return;
        expectSame(value.node, "abcab");
        printed++;
      }),
      { numRuns: runs },
    );
    expect(printed).toBeGreaterThan(0.6 * runs);
  });

  it("writes the lessons", () => {
    const folder = new URL("../../../../../examples/", import.meta.url);
    const files = readdirSync(folder).filter((file) => file.endsWith(".rasp"));
    expect(files.length).toBeGreaterThan(7);
    for (const file of files) {
      const environment = load(readFileSync(new URL(file, folder), "utf8"));
      for (const name of environment.names) {
        const value = environment.get(name);
        if (value.kind === "s-op") expectSame(value.node, environment.example);
      }
    }
  });

  it.each([
    ['"l" in tokens', 'answer = "l" in tokens_str;\n'],
    ['tokens in ["l", 1, 2.5, True]', 'answer = tokens_str in ["l", 1, 2.5, True];\n'],
    ['[1, 2, 3, 4, "x"][indices % 4]', 'answer = [1, 2, 3, 4, "x"][indices % 4];\n'],
    ['"abcde"[indices]', 'answer = "abcde"[indices];\n'],
    ['{0: "a", 1: 2.5, True: "c"}[indices % 1]', 'answer = {0: "a", 1: "c"}[indices % 1];\n'],
    ["tokens == []", "answer = tokens_str == [];\n"],
    ["(indices + 1) * -2", "answer = (indices + 1) * (-2);\n"],
    ["indices - 0.1", "answer = indices - 0.1;\n"],
    ['not (tokens == "l")', 'answer = not (tokens_str == "l");\n'],
    ["aggregate(select(1, 1, ==), indices, -1.5)", "answer = aggregate(select(1, 1, ==), indices, -1.5);\n"],
    [
      "aggregate(select(indices, indices, ==), indices, [1])",
      "answer = aggregate(select(indices, indices, ==), indices, []);\n",
    ],
    [
      "aggregate(best(full_s, -indices), tokens)",
      "full_s_1 = select(1, 1, ==);\nanswer = aggregate(best(full_s_1, -indices), tokens_str);\n",
    ],
    [
      "-indices if indices > 1 else round(indices / 2)",
      "answer = (-indices) if (indices > 1) else round(indices / 2);\n",
    ],
  ])("%s", (source, text) => {
    const { node } = load(`answer = ${source};`).get("answer") as { node: SOp };
    expect(printRasp(node)).toBe(text);
    expectSame(node, "hello");
  });

  it("keeps shared nodes shared, and others apart", () => {
    const shared = load("s = select(indices, 0, ==); answer = aggregate(s, tokens) + aggregate(s, tokens);").sop(
      "answer",
    );
    const apart = load(
      "answer = aggregate(select(indices, 0, ==), tokens) + aggregate(select(indices, 0, ==), tokens);",
    ).sop("answer");
    expect(sameGraph(shared, apart)).toBe(false);
    expectSame(shared, "hello");
    expectSame(apart, "hello");
  });

  it("names deep expressions, so a graph of any depth parses", () => {
    const deep = Array.from({ length: 500 }).reduce<string>((text) => `${text} a = a + 1;`, "a = indices;");
    expectSame(load(deep).sop("a"), "hello");
  });

  it.each<[string, SOp, string]>([
    [
      "nan",
      mapNode({ name: "+", key: "+", apply: () => 0n }, [indicesNode(), constantNode(NaN)]),
      "NaN has no literal",
    ],
    ["quotes", mapNode({ name: "+", key: "+", apply: () => 0n }, [indicesNode(), constantNode('"')]), "no escapes"],
    [
      "foreign functions",
      mapNode({ name: "sin", key: "sin", apply: () => 0n }, [indicesNode()]),
      '"sin" has no form in RASP',
    ],
    ["an atom alone", constantNode(1n), "no s-op in RASP"],
  ])("has no text for %s", (_, sop, message) => {
    expect(() => printRasp(sop)).toThrow(PrintError);
    expect(() => printRasp(sop)).toThrow(message);
  });
});
