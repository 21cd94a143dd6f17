import { compile, load, topological } from "@selectron/rasp";
import { expect, it } from "vitest";
import { compilerCases, diamonds, formatCompilerResult } from "../src/suites/compiler.js";

it("diamonds share their nodes: the graph grows in proportion to their number, and it compiles to one sublayer", () => {
  const sop = (count: number) => load(diamonds(count)).sop("diamonds");
  const nodes = [12, 24, 48].map((count) => [...topological(sop(count))].length);
  expect(nodes[2]! - nodes[1]!).toBe(2 * (nodes[1]! - nodes[0]!));
  const model = compile(sop(192), { vocabulary: "ab", maxLength: 6 });
  expect(model.stats.layers).toBeLessThanOrEqual(1);
  expect(model.run("ababab")).toEqual(compile(sop(192), { vocabulary: "ab", maxLength: 6 }).run("bababa"));
});

it("says whether the model is proved, with time and memory", () => {
  const result = { seconds: 0.05, peakMegabytes: 99.6, layers: 2, parameters: 12_345, proved: true, worstMargin: 7.95 };
  expect(formatCompilerResult(compilerCases[0]!, result)).toBe(
    "reverse             length  64, 26 tokens    0.050 s    100 MB at the peak  2 layers,    12,345 parameters  proved, margin 7.95",
  );
});
