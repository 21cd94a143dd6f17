/** The table of docs/compiler.md: nowhere larger than tracr, its numbers tracr's, and ours what the compiler makes today. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { sizesDocument, tracrSizesFile } from "../src/sizes.js";
import { meanRatio, ourSize, parseSizesTable, sizePrograms, sizesTable, tracrSizes } from "../src/suites/sizes.js";

const document = readFileSync(sizesDocument, "utf8");
const rows = parseSizesTable(document);

it("has every program, and the table is what the rows make", () => {
  expect(new Set(rows.map(({ program }) => program))).toEqual(new Set(Object.keys(sizePrograms)));
  expect(document).toContain(sizesTable(rows));
});

it("is nowhere larger than tracr, and far smaller on average", () => {
  for (const { ours, theirs, ...row } of rows) {
    for (const what of ["layers", "dModel", "parameters"] as const) {
      expect(ours[what], `${what} of ${JSON.stringify(row)}`).toBeLessThanOrEqual(theirs[what]);
    }
  }
  expect(meanRatio(rows)).toBeLessThanOrEqual(0.4);
});

const present = existsSync(tracrSizesFile);
if (!present) console.warn(`\n*** SKIPPED: tracr's sizes are not at ${tracrSizesFile}. ***\n`);

it.runIf(present)("has tracr's numbers, every row", () => {
  const theirs = tracrSizes(readFileSync(tracrSizesFile, "utf8"));
  expect(
    rows.map(({ program, vocabularySize, maxLength, theirs: size }) => ({
      program,
      vocabularySize,
      maxLength,
      theirs: size,
    })),
  ).toEqual(theirs);
});

describe("is what the compiler makes", () => {
  const some = rows.filter(({ vocabularySize, maxLength, program }) => {
    const least = program.includes("cd") ? 4 : 3;
    return vocabularySize === least && (maxLength === 5 || (maxLength === 10 && !program.startsWith("shuffle")));
  });

  it.each(some)("$program, $vocabularySize tokens, length $maxLength", (row) => {
    expect(ourSize(row)).toEqual(row.ours);
  });
});
