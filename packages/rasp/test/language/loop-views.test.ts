/** What is told of loops: steps, costs, pictures; and what a loop means where positions halt at different times. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  causal,
  cost,
  drawSvg,
  drawText,
  evaluate,
  Evaluation,
  flow,
  load,
  loopSteps,
  RaspError,
  sufficiency,
  type Input,
  type SOp,
} from "../../src/index.js";
import { Capacity } from "../../src/language/limits.js";

const sopOf = (source: string, example: Input = "hello"): SOp => load(source, { example }).sop("x");
const lesson = (file: string, name: string): SOp =>
  load(readFileSync(new URL(`../../../../examples/${file}.rasp`, import.meta.url), "utf8")).sop(name);

describe("a loop", () => {
  it("lets a position halt by itself, and the others see what it has", () => {
    const waiting = "repeat (x = 0) until (x == indices) at most 9 { x = x + 1; }";
    expect(evaluate(sopOf(waiting), "abcd")).toEqual([0, 1, 2, 3]);
    // Position 0 halts with 0, and goes on giving that to the others.
    const copying =
      "repeat (x = 0, n = 0) until (n == indices) at most 9 { x = x + 1 + aggregate(select(indices, 0, ==), x); n = n + 1; }";
    expect(evaluate(sopOf(copying), "abcd")).toEqual([0, 1, 2, 3]);
  });

  it("keeps a position halted where the condition does not hold any more", () => {
    // What the last position counts equals each index at one step only.
    const source =
      "repeat (x = 0) until (aggregate(select(indices, length - 1, ==), x) == indices) at most 9 { x = x + 1; }";
    expect(evaluate(sopOf(source), "abcd")).toEqual([0, 1, 2, 3]);
  });

  it("ends together where it says all", () => {
    expect(evaluate(sopOf("repeat (x = 0) until all (x > indices) at most 9 { x = x + 1; }"), "abcd")).toEqual([
      4, 4, 4, 4,
    ]);
  });

  it("of a decoder ends with the positions before", () => {
    const sop = sopOf("repeat (x = 0) until all (x > indices) at most 9 { x = x + 1; }");
    expect(evaluate(causal(sop), "abcd")).toEqual([1, 2, 3, 4]);
  });

  it("runs its statements in order, and two at once where they are set at once", () => {
    const swapping =
      "repeat (x = tokens, y = reverse(tokens), n = 0) until (n == 3) at most 9 { x, y = y, x; n = n + 1; }";
    const reverse = "def reverse(s) { return aggregate(select(indices, length - 1 - indices, ==), s); }";
    expect(evaluate(sopOf(`${reverse} ${swapping}`), "abc")).toEqual(["c", "b", "a"]);
    expect(evaluate(sopOf("repeat (x = 1, y = 1) until (x > 50) at most 9 { x = x + y; y = x; }"), "a")).toEqual([64]);
  });

  it("can be in a function, in a loop, and in its condition", () => {
    const power =
      "def power(b, e) { repeat (p = 1, i = 0) until (i == e) at most 99 { p = p * b; i = i + 1; } return p; }";
    expect(evaluate(sopOf(`${power} x = power(2, indices);`), "abcde")).toEqual([1, 2, 4, 8, 16]);
    const nested = `${power} repeat (x = 0) until (power(2, x) > indices) at most 9 { x = x + power(1, x); }`;
    expect(evaluate(sopOf(nested), "abcdefghi")).toEqual([0, 1, 2, 2, 3, 3, 3, 3, 4]);
  });

  it("leaves nothing behind but its states", () => {
    const environment = load("y = 7; repeat (x = 0) until (x == 2) at most 9 { z = x + 1; y = 2; x = z; }");
    expect(environment.names).toEqual(["y", "x"]);
    expect(environment.get("y")).toMatchObject({ atom: 7n });
  });

  it("leaves its words to programs that use them as names", () => {
    const source =
      "def repeat(a) { return a; } until = 2; at = until; most = at + 1; all = most; x = repeat(indices) + all;";
    expect(evaluate(sopOf(source), "abc")).toEqual([3, 4, 5]);
  });

  it("that is refused leaves the session as it was", () => {
    const environment = load("y = 1;");
    expect(() => environment.run("repeat (x = 0) until (x == 3) at most 9 { x = x + nothing; }")).toThrow(RaspError);
    expect(() => environment.run('bad = tokens + aggregate(full_s, tokens == "a");')).toThrow(RaspError);
    environment.run("repeat (x = 0) until (x == 3) at most 9 { x = x + 1; }");
    expect(evaluate(environment.sop("x"), "a")).toEqual([3]);
  });
});

describe("loopSteps", () => {
  it("has the states before each step, and where positions have halted", () => {
    const [only] = loopSteps(
      sopOf("repeat (x = 0.5, n = 0) until (n == indices) at most 9 { x = 2 * x; n = n + 1; }"),
      "abc",
    );
    expect(only).toMatchObject({ names: ["x", "n"], steps: 2 });
    expect(only!.moments).toEqual([
      {
        states: [
          [0.5, 0.5, 0.5],
          [0n, 0n, 0n],
        ],
        halted: [true, false, false],
      },
      {
        states: [
          [0.5, 1, 1],
          [0n, 1n, 1n],
        ],
        halted: [true, true, false],
      },
      {
        states: [
          [0.5, 1, 2],
          [0n, 1n, 2n],
        ],
        halted: [true, true, true],
      },
    ]);
  });

  it("has loops in the order in which they run, without those inside", () => {
    const source = `repeat (x = 0) until (x == 2) at most 9 { x = x + 1; }
      repeat (x = x, y = 0) until (x == 5) at most 9 { repeat (y = y) until (y > x) at most 9 { y = y + 1; } x = x + 1; }`;
    expect(loopSteps(sopOf(source), "ab").map(({ names, steps }) => [...names, steps])).toEqual([
      ["x", 2],
      ["x", "y", 3],
    ]);
  });
});

describe("the cost of a loop", () => {
  it("counts the layers of a step once, between what it reads and what reads it", () => {
    const { layers, headsPerLayer, chain, loops } = cost(lesson("12-addition", "sum"));
    expect([layers, headsPerLayer]).toEqual([4, [4, 1, 1, 1]]);
    expect(chain.map(({ layer, aggregate }) => [layer, aggregate.name])).toEqual([
      [1, undefined],
      [2, "before"],
      [3, "right_knows"],
      [4, undefined],
    ]);
    expect(loops).toMatchObject([{ first: 3, last: 3, limit: 1024 }]);
  });

  it("counts loops inside loops", () => {
    const source = `repeat (x = 0) until (x == 3) at most 9 {
      repeat (y = aggregate(full_s, indices)) until (y > 9) at most 9 { y = y + round(aggregate(full_s, y)); }
      x = x + indicator(aggregate(select(indices, 0, ==), y) > 1);
    }`;
    const { layers, headsPerLayer, loops } = cost(sopOf(source.replace("aggregate(full_s, indices)", "x + 1")));
    expect([layers, headsPerLayer]).toEqual([2, [1, 1]]);
    expect(loops.map(({ first, last }) => [first, last])).toEqual([
      [1, 2],
      [1, 1],
    ]);
  });

  it("tells no program with a loop that looks at everything that a window suffices", () => {
    const everywhere = lesson("16-neighbours", "sorted");
    const options = { vocabulary: "ab", maxLength: 4 };
    expect(sufficiency(everywhere, { window: 1 }, options).suffices).not.toBe(true);
  });
});

describe("the picture of a loop", () => {
  const picture = flow(lesson("11-parity", "parity"), "101");

  it("has the body in its first step, and what the steps did", () => {
    expect(picture.loops).toMatchObject([{ first: 1, last: 1, steps: 2, limit: 1024 }]);
    expect(picture.loops[0]!.moments.slice(0, 4)).toEqual([
      { name: "odd before", values: ["T", "F", "T"] },
      { name: "known before", values: ["T", "F", "F"] },
      { name: "odd after 1", values: ["T", "T", "T"] },
      { name: "known after 1", values: ["T", "T", "F"] },
    ]);
    expect(picture.layers[1]!.heads.map(({ uses }) => uses.map(({ result }) => result.values))).toEqual([
      [
        ["F", "T", "F"],
        ["F", "T", "F"],
      ],
    ]);
    const title = "layer 1 is a loop, drawn in its first step: this input takes 2 steps of at most 1024";
    expect(drawText(picture)).toContain(`${title}:\n`);
    expect(drawSvg(picture)).toContain(title);
  });

  it("has the first and the last of many steps", () => {
    const { loops } = flow(sopOf("repeat (x = 0) until (x == 100) at most 100 { x = x + 1; }"), "ab");
    expect(loops[0]!.moments).toHaveLength(40);
    expect(loops[0]!.moments.at(-1)).toEqual({ name: "x after 100", values: ["100", "100"] });
  });
});

describe("a loop that runs away", () => {
  const counting = "repeat (x = 0) until (x < 0) at most 1000000000 { x = x + 1; }";

  it("uses up the program's steps, and says where", () => {
    expect(() => load(counting)).toThrow('this program exceeds the limit "steps" of 10000000 steps');
    expect(() => load(`f = indices; ${counting}`, { limits: { steps: 5000 } })).toThrow('"steps" of 5000 steps');
  });

  it("uses up what the values on an input may take", () => {
    const sop = sopOf('repeat (x = 0) until (x < 0 or tokens == "a") at most 1000000000000 { x = x + 1; }', "a");
    expect(evaluate(sop, "a")).toEqual([0]);
    const evaluation = new Evaluation(["b"], 0, new Capacity({ bytes: 2 ** 20, steps: 1e8 }));
    expect(() => evaluation.sop(sop)).toThrow("the values on this input take too much time");
  });
});
