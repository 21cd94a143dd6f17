/** A refusal names its s-op, the reason and what would help. */
import { expect, it } from "vitest";
import { compile, load, RaspError, render } from "../../src/index.js";

it("names the s-op whose values are too many", () => {
  const source = "cubes = indices ^ 3;\nspread = aggregate(select(tokens, tokens, ==), cubes);\n";
  const sop = load(source, { file: "spread.rasp", example: "ab" }).sop("spread");
  let refusal: unknown;
  try {
    compile(sop, { vocabulary: "ab", maxLength: 30 });
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toBeInstanceOf(RaspError);
  expect(render((refusal as RaspError).diagnostic)).toBe(
    [
      'spread.rasp:2:10: error RASP4001: cannot compile "spread": this mean can take more than 32768 values',
      "  2 | spread = aggregate(select(tokens, tokens, ==), cubes);",
      "    |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
      "  help: use a smaller vocabulary or maximum length, or aggregate fewer different values",
    ].join("\n"),
  );
});

it("names the s-op whose values are one number in float32 where another reads them", () => {
  // (0.1 + 0.1 + 0.1) / 3 is not 0.1. One-hots to tell them apart would be made of the same number, and so on without end.
  const source = "sums = (indices + 1) * aggregate(select(indices, indices, <=), tokens_float);";
  const sop = load(source, { example: [0.1, 0.2, 0.3] }).sop("sums");
  expect(() => compile(sop, { vocabulary: [0.1, 0.2, 0.3, 0.4], maxLength: 4 })).toThrow(
    "cannot be told apart in float32",
  );
});
