/** The table of parity's sizes in docs/compiler.md: as a looped model only what positions cost grows with the longest input. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compile, compileLooped, type CompiledModel, type LoopedModel } from "../../../src/index.js";
import { isLong } from "../../../../../test/long.js";
import { lessonSOp } from "../lessons.js";

const document = readFileSync(new URL("../../../../../docs/compiler.md", import.meta.url), "utf8");
const parity = lessonSOp({ file: "11-parity", name: "parity" });

/** What the table says of a model. */
function row(what: string, maxLength: number, made: LoopedModel | CompiledModel): string {
  const { layers, dModel, parameters } = made.stats;
  const positions = made.model.parameters().get("embedding.position.weight")!.size;
  const counts = [maxLength, layers, dModel, parameters, positions, parameters - positions];
  return `| ${what} | ${counts.map((count) => count.toLocaleString("en")).join(" | ")} |`;
}

describe("parity", () => {
  it.each(isLong ? [64, 256, 1024] : [64, 256])("as a looped model for %i tokens", (maxLength) => {
    const model = compileLooped(parity, { vocabulary: "01", maxLength });
    expect(model.certificate.proved).toBe(true);
    expect(document).toContain(row("looped", maxLength, model));
  });

  it.each(isLong ? [5, 8] : [5])("written out for %i tokens", (maxLength) => {
    expect(document).toContain(row("unrolled", maxLength, compile(parity, { vocabulary: "01", maxLength })));
  });
});
