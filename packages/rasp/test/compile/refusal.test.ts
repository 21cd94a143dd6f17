/** A refusal stands at its s-op, with the reason and what would help. */
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
