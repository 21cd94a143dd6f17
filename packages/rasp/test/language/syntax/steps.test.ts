/** The parser's steps grow as the text does: seeded random units of tokens, repeated, at two sizes. A step is a look at a token. */
import { Rng } from "@selectron/core";
import { expect, it, vi } from "vitest";
import { breadth } from "../../../../../test/long.js";
import { RaspError } from "../../../src/index.js";
import { Cursor } from "../../../src/language/syntax/cursor.js";
import { parseProgram } from "../../../src/language/syntax/parser.js";

const TOKENS = (
  'x 1 "a" ( ) [ ] { } , ; : = == < + - * / ^ % -> and or not if else for in return def f tokens indices select ( ' +
  "aggregate ( let set example load zip range draw lambda while print += && . ! | $ ' "
).split(" ");

function stepsOf(text: string): number {
  const looks = vi.spyOn(Cursor.prototype, "token", "get");
  try {
    parseProgram({ file: "<test>", text });
  } catch (error) {
    if (!(error instanceof RaspError)) throw error;
  }
  const steps = looks.mock.calls.length;
  looks.mockRestore();
  return steps;
}

it("of random units that are repeated", () => {
  expect(stepsOf("x = 1;")).toBeGreaterThan(4);
  const rng = new Rng(21);
  const worst: [number, string][] = [];
  for (let run = 0; run < breadth({ short: 700, long: 20_000 }); run++) {
    const unit = Array.from({ length: 1 + rng.int(6) }, () => rng.pick(TOKENS)).join(" ");
    const begin = rng.int(2) === 0 ? "x = " : "";
    const [small, large] = [40, 80].map((n) => stepsOf(`${begin}${`${unit} `.repeat(n)};`)) as [number, number];
    if (large > 2.3 * small + 100) worst.push([large / small, begin + unit]);
  }
  expect(worst).toEqual([]);
});
