/**
 * Models for long inputs: heads that compare numbers, orders in digits whose counts add up, means of a constant, squares of computed
 * numbers. The checker follows them, and not with a weight changed that changes an answer.
 */
import { describe, expect, it } from "vitest";
import { Rng } from "@selectron/core";
import {
  check,
  compile,
  CompiledModel,
  evaluate,
  load,
  type Atom,
  type CheckReport,
  type SOp,
} from "../../src/index.js";
import { breadth, isLong } from "../../../../test/long.js";

/** With more than 32 values numbers are compared as numbers. */
const LENGTH = 33;

const programs: Readonly<Record<string, string>> = {
  "every row selects one": `r = aggregate(select(indices, length - indices - 1, ==), tokens);`,
  "a row may select none": `r = aggregate(select(indices, indices - 1, ==), tokens, "-");`,
  "an order in digits": `r = selector_width(select(tokens, tokens, ==) and select(indices, indices, <));`,
  "a mean of a constant": `r = has_focus(select(tokens, tokens, ==) and select(indices, indices, <));`,
  "squares of counts": `n = selector_width(select(tokens, tokens, ==)); r = selector_width(select(n, n, ==));`,
};

/** Some of each letter, in runs and mixed, and short ones. */
function inputs(rng: Rng): Atom[][] {
  const runs = Array.from({ length: LENGTH + 1 }, (_, a) =>
    Array.from({ length: LENGTH }, (__, i) => (i < a ? "a" : "b")),
  );
  const mixed = runs.map((run) => run.map((token) => (rng.int(8) === 0 ? "b" : token)));
  const short = Array.from({ length: LENGTH }, (_, n) => Array.from({ length: n + 1 }, () => "ab"[rng.int(2)]!));
  return [...runs, ...mixed, ...short];
}

/** The model with one weight changed that is not 0. */
function mutant(model: CompiledModel, rng: Rng): CompiledModel {
  const copy = CompiledModel.fromSafetensors(model.toSafetensors());
  const parameters = [...copy.model.parameters().values()].filter(({ data }) => data.some((weight) => weight !== 0));
  const { data } = parameters[rng.int(parameters.length)]!;
  const used = [...data.keys()].filter((i) => data[i] !== 0);
  const at = used[rng.int(used.length)]!;
  const changes = [0, -data[at]!, 2 * data[at]!, data[at]! + 1, data[at]! - 1, data[at]! * 1.01];
  data[at] = changes[rng.int(changes.length)]!;
  return copy;
}

const verdictOf = (model: CompiledModel, r: SOp): CheckReport["verdict"] =>
  check(model.toSafetensors(), { program: { r } }).verdict;

const names = isLong ? Object.keys(programs) : ["a row may select none", "an order in digits", "squares of counts"];

describe.each(names.map((name) => [name, programs[name]!] as const))("%s", (_, source) => {
  const r = load(source).sop("r");
  const model = compile({ r }, { vocabulary: "ab", maxLength: LENGTH });

  it("is followed", { timeout: 600_000 }, () => {
    expect(verdictOf(model, r)).toBe("holds");
  });

  it("with a weight changed that changes an answer is not", { timeout: 3_600_000 }, () => {
    const rng = new Rng(22);
    const tried = inputs(rng).map((input) => ({ input, expected: evaluate(r, input) }));
    let changed = 0;
    for (let m = 0; m < breadth({ short: 4, long: 100 }); m++) {
      const broken = mutant(model, rng);
      const answers = broken.runBatch(tried.map(({ input }) => input));
      if (tried.every(({ expected }, i) => expected.every((value, j) => value === answers[i]![j]))) continue;
      changed++;
      expect(verdictOf(broken, r)).not.toBe("holds");
    }
    expect(changed).toBeGreaterThan(0);
  });
});
