import { describe, expect, it } from "vitest";
import { agrees, answer, oracleCases, oraclePresent } from "./cases.js";

describe.skipIf(!oraclePresent)("the oracle's corpus", () => {
  const cases = oraclePresent ? oracleCases("rasp.jsonl") : [];
  const isWart = ({ tags }: { readonly tags?: readonly string[] }): boolean => tags?.includes("wart") ?? false;
  const differing = (wanted: typeof cases) =>
    wanted
      .map((oracleCase) => ({ oracleCase, actual: answer(oracleCase) }))
      .filter(({ oracleCase, actual }) => !agrees(oracleCase, actual))
      .map(({ oracleCase: { id, program, expr, inputSrc, expected }, actual }) => ({
        id,
        program,
        expr,
        inputSrc,
        expected,
        actual,
      }));

  it("agrees with every case that is no wart", () => {
    const plain = cases.filter((oracleCase) => !isWart(oracleCase));
    expect(plain.length).toBeGreaterThan(2000);
    expect(differing(plain)).toEqual([]);
  });

  it("differs on warts only where we chose to", () => {
    expect(differing(cases.filter(isWart)).map(({ id }) => id)).toEqual([]);
  });
});
