import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { cost } from "../../src/language/cost/cost.js";
import { load } from "../../src/language/environment.js";
import { oraclePresent, oracleText } from "./cases.js";

interface Counted {
  readonly layers: number;
  readonly headsPerLayer: readonly number[];
}

interface CostOracle {
  readonly programs: Readonly<Record<string, Counted & { program: string; expr: string; example: string }>>;
  readonly paperPrograms: Readonly<Record<string, Counted>>;
}

const lessonOf = (name: string): string => {
  const folder = fileURLToPath(new URL("../../../../examples/", import.meta.url));
  const texts = readdirSync(folder).map((file) => readFileSync(folder + file, "utf8"));
  return texts.find((text) => new RegExp(`^${name} *=`, "m").test(text)) ?? `no lesson defines ${name}`;
};

describe.skipIf(!oraclePresent)("the original's layers and heads", () => {
  const { programs, paperPrograms } = oraclePresent
    ? (JSON.parse(oracleText("rasp-cost.json")) as CostOracle)
    : { programs: {}, paperPrograms: {} };

  it.each(Object.entries(programs))("%s", (_, { program, expr, example, layers, headsPerLayer }) => {
    const value = load(program, { example }).evaluateExpression(expr);
    expect(value.kind).toBe("s-op");
    if (value.kind === "s-op") expect(cost(value.node)).toMatchObject({ layers, headsPerLayer });
  });

  it.each(Object.entries(paperPrograms))("the paper's %s", (name, { layers, headsPerLayer }) => {
    expect(cost(load(lessonOf(name)).sop(name))).toMatchObject({ layers, headsPerLayer });
  });
});
