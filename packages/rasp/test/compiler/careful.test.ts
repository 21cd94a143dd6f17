/** Programs that the smallest weights do not prove, and whose proof takes a careful plan. Each was once unproved. */
import { expect, it } from "vitest";
import { compile, load, verify } from "../../src/index.js";

interface Case {
  readonly what: string;
  readonly source: string;
  readonly vocabulary?: string | readonly boolean[];
  readonly causal?: boolean;
}

const PROGRAMS: readonly Case[] = [
  {
    what: "a far default that no row receives",
    source: 'r = aggregate(full_s, 1124 if tokens == "b" else 1, -7 * 10^13);',
  },
  {
    what: "a far default that some rows receive",
    source: 'r = aggregate(select(tokens, "b", ==), selector_width(select(tokens, tokens, ==)), -7 * 10^12);',
  },
  {
    what: "a far default that is summed",
    source: 'm = aggregate(select(tokens, "b", ==), indices, 10^9); r = m + indices;',
  },
  { what: "numbers below a constant of 24 bits", source: "r = length - 16777217;" },
  {
    what: "arguments that would be digits of one large number",
    source: `x1 = aggregate(select(indices, indices, <=), length if (indices < 2) else indices);
      x3 = aggregate(full_s, tokens_float * tokens_float if tokens == "0" else x1);
      r = x3 if tokens == "1" else length - x1;`,
    vocabulary: "012",
  },
  {
    what: "numbers off every grid, read again and again",
    source: `x0 = (1 / 918 if tokens == "2" else -2.5) * 3;
      s1 = select(tokens, tokens, ==);
      x3 = aggregate(s1, x0);
      r = selector_width(select(x3, aggregate(s1, x3), ==));`,
    vocabulary: "012",
    causal: true,
  },
  {
    what: "means compared with values of steps, in a loop",
    source: `repeat (n = 0, b = (tokens == "False"), t = tokens) until ((b) or n == 4) at most 4 {
        b = (aggregate(full_s, n, 0) if b else (selector_width(select(t, tokens, ==)) + n))
          == aggregate(select(b, b, ==), indicator(tokens_bool), 0);
        t = aggregate(select(indices, n, ==), t, "z");
        n = n + 1;
      }
      r = b;`,
    vocabulary: [true, false],
  },
];

it.each(PROGRAMS)("$what", ({ source, vocabulary = "abc", causal = false }) => {
  const sop = load(source, { example: vocabulary }).sop("r");
  const model = compile(sop, { vocabulary, maxLength: 4, causal });
  expect(verify(sop, model, { exhaustive: true })).toMatchObject({ ok: true });
  expect(model.certificate).toMatchObject({ proved: true });
});
