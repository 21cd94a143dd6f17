/** Machines of several s-ops whose steps are unrolled: what one layer of hidden units would compute at great cost is done in stages. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile, load, verify, type CompiledModel } from "../../../src/index.js";
import { breadth } from "../../../../../test/long.js";

/** Compiles x of a program over digits, and checks it on random inputs. */
function machine(source: string, vocabulary: string, maxLength: number): CompiledModel {
  const sop = load(source, { example: [...vocabulary] }).sop("x");
  const model = compile(sop, { vocabulary, maxLength });
  expect(verify(sop, model, { runs: 40, seed: 5 })).toMatchObject({ ok: true, withoutValue: 0 });
  return model;
}

/** SUBLEQ a b c: m[b] -= m[a], and a jump to c if that is 0 or less. Four cells hold numbers and addresses. */
const SUBLEQ = {
  "with a memory cell at each position": (steps: number): string => `
def at(a, seq) { return aggregate(select(indices, a, ==), seq); }
memory = tokens_int; pc = 0 * indices;
for step in range(0, ${steps}) {
  a = at(pc, memory) % 4; b = at((pc + 1) % 4, memory) % 4; c = at((pc + 2) % 4, memory) % 4;
  difference = at(b, memory) - at(a, memory);
  memory = difference if indices == b else memory;
  pc = c if difference <= 0 else (pc + 3) % 4;
}
x = memory;`,
  "with an s-op for each memory cell": (steps: number): string => `
def at(a) { return aggregate(select(indices, a, ==), tokens_int); }
def fetch(a, m0, m1, m2, m3) { return m0 if a == 0 else (m1 if a == 1 else (m2 if a == 2 else m3)); }
m0 = at(0); m1 = at(1); m2 = at(2); m3 = at(3); pc = 0 * indices;
for step in range(0, ${steps}) {
  a = fetch(pc, m0, m1, m2, m3) % 4; b = fetch((pc + 1) % 4, m0, m1, m2, m3) % 4;
  c = fetch((pc + 2) % 4, m0, m1, m2, m3) % 4;
  difference = fetch(b, m0, m1, m2, m3) - fetch(a, m0, m1, m2, m3);
  m0 = difference if b == 0 else m0; m1 = difference if b == 1 else m1;
  m2 = difference if b == 2 else m2; m3 = difference if b == 3 else m3;
  pc = c if difference <= 0 else (pc + 3) % 4;
}
x = m0 + 10 * pc;`,
};

describe.each(Object.entries(SUBLEQ))("SUBLEQ %s", (_, program) => {
  it("has proofs that do not decay over three steps", () => {
    const margins = [1, 3].map((steps) => {
      const { certificate } = machine(program(steps), "0123", 4);
      expect(certificate.proved).toBe(true);
      return certificate.worstMargin;
    });
    expect(Math.min(...margins)).toBeGreaterThan(10);
    expect(margins[1]).toBeGreaterThan(margins[0]! / 2);
  });
});

it("adds numbers digit by digit, whose carries depend on all digits before", () => {
  const { certificate, stats } = machine(
    `
def at(i) { return aggregate(select(indices, i, ==), tokens_int); }
carry = 0 * indices; x = 0 * indices;
for i in range(0, 3) {
  sum = at(i) + at(i + 3) + carry;
  carry = 1 if sum >= 4 else 0;
  x = sum % 4 if indices == i else x;
}
x = carry if indices == 3 else x;`,
    "0123",
    6,
  );
  expect(certificate.proved).toBe(true);
  expect(certificate.worstMargin).toBeGreaterThan(10);
  // In four layers it would have 12,000.
  expect(stats.layers).toBe(2);
  expect(stats.parameters).toBeLessThan(16_000);
});

it("cellular automata keep their margins over five generations", () => {
  const rule110 = (generations: number): string => `
def at(i, seq) { return aggregate(select(indices, i, ==), seq, 0); }
x = tokens_int;
for step in range(0, ${generations}) {
  x = 1 if (at(indices - 1, x) * 4 + x * 2 + at(indices + 1, x)) in [1, 2, 3, 5, 6] else 0;
}`;
  const { certificate } = machine(rule110(5), "01", 7);
  expect(certificate.proved).toBe(true);
  expect(certificate.worstMargin).toBeGreaterThan(100);
});

it("random machines of three registers", () => {
  const register = fc.constantFrom("p", "q", "r");
  const constant = fc.integer({ min: 0, max: 3 }).map(String);
  const value = fc.oneof(
    register,
    fc.tuple(register, fc.constantFrom("+", "-"), fc.oneof(register, constant)).map((parts) => parts.join(" ")),
  );
  const condition = fc
    .tuple(register, fc.constantFrom("==", "<"), fc.oneof(register, constant))
    .map((p) => p.join(" "));
  const next = fc
    .tuple(value, condition, value, condition, value)
    .map(([a, c, b, d, e]) => `((${a}) if ${c} else ((${b}) if ${d} else (${e}))) % 5`);
  fc.assert(
    fc.property(fc.array(next, { minLength: 3, maxLength: 3 }), fc.integer({ min: 2, max: 4 }), (rules, steps) => {
      const [p, q, r] = rules as [string, string, string];
      const { certificate } = machine(
        `
def at(i) { return aggregate(select(indices, i, ==), tokens_int); }
p = at(0); q = at(1) + 5 * at(2) - 5 * at(2); r = at(2);
for step in range(0, ${steps}) { s = ${p}; t = ${q}; r = ${r}; p = s; q = t; }
x = p + 10 * q + 100 * r;`,
        "0123",
        3,
      );
      expect(certificate.proved).toBe(true);
    }),
    { numRuns: breadth({ short: 3, long: 60 }), seed: 11 },
  );
});

it("functions that are 0 everywhere have no units, whatever their gates are", () => {
  const program = load(
    `repeat (n = 0, x = indices % 4, b = contains(tokens, "False") or tokens == "False")
      until ((aggregate(select(indices, n, ==), b, False)) or n == 4) at most 4 { x = n % 3; n = n + 1; }
    x = x;
    y = aggregate(select(indices, round((n if b else (n + n))), ==), tokens, "z");`,
    { example: [false, true] },
  );
  const both = { y: program.sop("y"), x: program.sop("x") };
  const model = compile(both, { vocabulary: [false, true], maxLength: 3 });
  expect(model.certificate.proved).toBe(true);
  expect(verify(both, model, { exhaustive: true }).ok).toBe(true);
});
