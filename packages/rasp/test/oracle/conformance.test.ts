import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { agrees, answer, oracleCases, oraclePresent, type OracleCase } from "./cases.js";

/** Deliberate differences: accidents of the original that are not copied (docs/language.md, "Warts"). */
const CHOSEN: Readonly<Record<string, string>> = {
  "prec-144": "an expression in parentheses can be indexed; the original crashes with AttributeError",
  "index-084": "the same",
  "index-039": "an index in parentheses works; the original crashes",
  "op-atom-032": "no complex numbers: a clear type error",
  "misc-140": "the same",
  "in-031": "an atom in a list of s-ops is a type error; the original says True whatever the s-op holds",
  "assign-059": "several statements on one line run; the original drops them without a message",
  "assign-063": "out is the last statement's value, not the last subexpression's: after 1+1; the value of 1+out is 3",
};

const isWart = ({ tags }: OracleCase): boolean => tags?.includes("wart") ?? false;

const differing = (wanted: readonly OracleCase[]) =>
  wanted
    .map((oracleCase) => ({ ...oracleCase, actual: answer(oracleCase) }))
    .filter(({ actual, ...oracleCase }) => !agrees(oracleCase, actual));

describe.skipIf(!oraclePresent)("the oracle's corpus", () => {
  const cases = oraclePresent ? oracleCases("rasp.jsonl") : [];

  it("agrees with every other case in value, kinds, print and error class", () => {
    const plain = cases.filter((oracleCase) => !isWart(oracleCase) && !(oracleCase.id in CHOSEN));
    expect(plain.length).toBeGreaterThan(2000);
    expect(differing(plain)).toEqual([]);
  });

  it("differs only where it is meant to", () => {
    const ids = differing(cases.filter((oracleCase) => isWart(oracleCase) || oracleCase.id in CHOSEN)).map(
      ({ id }) => id,
    );
    expect(ids.sort()).toEqual(Object.keys(CHOSEN).sort());
  });

  it("computes the paper's programs, as written in the lessons", () => {
    const folder = fileURLToPath(new URL("../../../../examples/", import.meta.url));
    const lessons = readdirSync(folder)
      .filter((file) => file.endsWith(".rasp"))
      .map((file) => readFileSync(folder + file, "utf8"));
    // The case "out" depends on the statements of the original's own file of examples.
    const paper = oracleCases("rasp-paper-programs.jsonl").filter(({ expr }) => expr !== "out");
    const withPrograms = paper.map((oracleCase) => {
      const program = lessons.find((text) => new RegExp(`^${oracleCase.expr} *=`, "m").test(text));
      return { ...oracleCase, program: program ?? `no lesson defines ${oracleCase.expr}` };
    });
    expect(withPrograms.length).toBeGreaterThan(60);
    expect(differing(withPrograms)).toEqual([]);
  });
});
