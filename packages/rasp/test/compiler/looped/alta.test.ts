/**
 * The algorithms of ALTA's examples (Shaw et al. 2024; parity.py, addition.py and subleq.py of google-deepmind/alta), written as a user of this
 * language would, compile to looped models and give what its tests expect.
 */
import { describe, expect, it } from "vitest";
import { compile, compileLooped, evaluate, load, verify, verifyLooped, type Input } from "../../../src/index.js";
import { breadth, isLong } from "../../../../../test/long.js";

const PARITY = `
set example "s101e"

# From left to right, by positions.
to_left = select(indices, max(0, indices - 1), ==);
repeat (parity = indicator(tokens == "1"), done = indices == 0) until (done) at most 1024 {
    done_left = aggregate(to_left, done);
    parity = (parity + aggregate(to_left, parity)) % 2 if done_left and not done else parity;
    done = done or done_left;
}
absolute = parity;

# From a start token.
before = select(indices, indices - 1, ==);
repeat (running = indicator(tokens == "1"), finished = tokens == "s") until (finished) at most 1024 {
    goes = aggregate(before, finished, False) and not finished;
    running = (running + aggregate(before, running)) % 2 if goes else running;
    finished = finished or goes;
}
relative = running;

# The share of the end token among the ones and itself tells how many ones there are.
share = aggregate(select(tokens, "1", ==) or select(tokens, "e", ==), indicator(tokens == "e"));
sum_mod_2 = (round(1 / share) - 1) % 2;
`;

const ADDITION = `
set example "s58+67e"

digit = {"0": 0, "1": 1, "2": 2, "3": 3, "4": 4, "5": 5, "6": 6, "7": 7, "8": 8, "9": 9, "s": 0, "+": 0, "e": 0, "": 0};
right = select(indices, indices + 1, ==);
token_right = aggregate(right, tokens, "");

# Pointers go from right to left over both numbers and over the output.
repeat (step = "init", ptr_a = False, ptr_b = False, ptr_out = False, carry = 0, value = 0)
        until all (step == "done") at most 100 {
    token_a = aggregate(select(ptr_a, True, ==), tokens, "");
    token_b = aggregate(select(ptr_b, True, ==), tokens, "");
    raw = carry + digit[token_a] + digit[token_b];
    is_init = step == "init";
    iterates = step == "iterate" and not (token_a == "s");
    value = (raw % 10 if iterates else (carry if step == "finalize" else value)) if ptr_out else value;
    carry = indicator(raw > 9) if iterates else carry;
    ptr_a = token_right == "+" if is_init else (aggregate(right, ptr_a, False) if iterates else ptr_a);
    ptr_b = token_right == "e" if is_init else (aggregate(right, ptr_b, False) if iterates else ptr_b);
    ptr_out = token_right == "e" if is_init else (aggregate(right, ptr_out, False) if iterates else ptr_out);
    step = "iterate" if is_init or iterates else ("finalize" if step == "iterate" else "done");
}
sum = value;
`;

const SUBLEQ = `
set example [9, 11, 3, 11, 10, 6, 11, 11, -1, 5, 10, 0]

def word(mem, place) {
    return aggregate(select(indices, place, ==), mem);
}

# Three phases for each instruction, words from -16 to 16.
repeat (mem = tokens_int, at = 0, phase = 1, jump = False) until all (phase == 0) at most 1000 {
    a = word(mem, at);
    b = word(mem, at + 1);
    c = word(mem, at + 2);
    result = word(mem, max(0, b)) - word(mem, max(0, a));
    jump = result <= 0 if phase == 2 else jump;
    mem = max(-16, min(16, result)) if phase == 2 and indices == b else mem;
    next = (c if jump else min(at + 3, length)) if phase == 3 else at;
    phase = (0 if a < 0 or b < 0 else 2) if phase == 1 else (3 if phase == 2 else (0 if jump and c < 0 else 1));
    at = max(0, next);
}
memory = mem;
`;

const WORDS = Array.from({ length: 33 }, (_, i) => i - 16);

describe("ALTA's programs", () => {
  it.each([
    ["absolute", "01", "10101", [1, 1, 0, 0, 1], 6],
    ["relative", "01s", "s10101", [0, 1, 1, 0, 0, 1], 6],
  ] as const)("parity, %s", (name, vocabulary, input, expected, maxLength) => {
    const sop = load(PARITY).sop(name);
    expect(evaluate(sop, input)).toEqual(expected);
    const model = compileLooped(sop, { vocabulary, maxLength });
    expect(model.certificate.proved).toBe(true);
    expect(model.run(input)).toEqual(expected);
    expect(verifyLooped(sop, model, { runs: breadth({ short: 40, long: 400 }), seed: 1 })).toMatchObject({ wrong: 0 });
  });

  it("parity as a sum modulo 2, without a loop", () => {
    const sop = load(PARITY).sop("sum_mod_2");
    const model = compile(sop, { vocabulary: "01e", maxLength: 6 });
    expect(model.run("0110e")).toEqual([0, 0, 0, 0, 0]);
    expect(model.run("1011e")).toEqual([1, 1, 1, 1, 1]);
    expect(verify(sop, model, { runs: breadth({ short: 40, long: 400 }), seed: 1 }).ok).toBe(true);
    for (let ones = 0; ones <= 41; ones++) {
      expect(evaluate(sop, `${"1".repeat(ones)}e`).at(-1)).toBe(ones % 2);
    }
  });

  it.runIf(isLong)("addition by pointers", () => {
    const sop = load(ADDITION).sop("sum");
    const model = compileLooped(sop, { vocabulary: "0123456789s+e", maxLength: 9 });
    expect(model.certificate.proved).toBe(true);
    expect(model.run("s789+456e").slice(4, 8)).toEqual([1, 2, 4, 5]);
    for (const [a, b] of [
      [0, 0],
      [9, 1],
      [58, 67],
      [999, 999],
      [400, 599],
    ] as const) {
      const digits = Math.max(...[a, b].map((number) => String(number).length));
      const input = `s${String(a).padStart(digits, "0")}+${String(b).padStart(digits, "0")}e`;
      const values = evaluate(sop, input);
      expect(Number(values.slice(digits + 1, -1).join(""))).toBe(a + b);
      expect(model.run(input)).toEqual(values);
    }
    expect(verifyLooped(sop, model, { runs: 300, seed: 1 })).toMatchObject({ wrong: 0 });
  });

  it.runIf(isLong)("the computer, in three phases", () => {
    const sop = load(SUBLEQ).sop("memory");
    const model = compileLooped(sop, { vocabulary: WORDS, maxLength: 16 });
    expect(model.certificate.proved).toBe(true);
    const adding: Input = [9, 11, 3, 11, 10, 6, 11, 11, -1, 5, 10, 0];
    expect(evaluate(sop, adding)).toEqual([9, 11, 3, 11, 10, 6, 11, 11, -1, 5, 15, 0]);
    expect(model.run(adding)).toEqual(evaluate(sop, adding));
    expect(verifyLooped(sop, model, { runs: 40, seed: 1 })).toMatchObject({ wrong: 0 });
  });
});
