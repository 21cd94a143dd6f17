/** The pruned model written out has its logits, and functions of one position have the values that the interpreter gives their text. */
import { randn, Rng } from "@selectron/core";
import { Gpt2, gpt2Config, gpt2Shapes } from "@selectron/nn";
import { observe, readTask, RunnableProgram, type Observed } from "@selectron/rasp/decompile";
import { describe, expect, it } from "vitest";
import { elementwiseOf } from "../../../../src/decompiler/gpt2/variables/elementwise.js";
import { startingConstants } from "../../../../src/decompiler/gpt2/interventions/constants.js";
import { interventionOf, type LinearModel } from "../../../../src/decompiler/gpt2/interventions/linearize.js";
import { meansOf } from "../../../../src/decompiler/gpt2/interventions/means.js";
import { PathModel } from "../../../../src/decompiler/gpt2/interventions/path-model.js";
import { everything } from "../../../../src/decompiler/gpt2/heads/named-patterns.js";
import { programText } from "../../../../src/decompiler/gpt2/readout/program-text.js";
import { Expansion } from "../../../../src/decompiler/gpt2/pruned/expansion.js";
import { prunedProgram } from "../../../../src/decompiler/gpt2/pruned/index.js";
import type { Run } from "../../../../src/decompiler/gpt2/run.js";
import { Readout } from "../../../../src/decompiler/gpt2/readout/readout.js";
import { attendVariable, tokenVariable } from "../../../../src/decompiler/gpt2/variables/basic.js";

const vocabulary = ["a", "b", "c", "<bos>", "<eos>"];
const task = readTask({ vocab: vocabulary, head_type: "multi_label_sigmoid" }, 5);
const sizes = { n_layer: 2, n_head: 2, n_embd: 8, n_positions: 16, vocab_size: 5, n_inner: 6 };

function randomModel(seed: number): Gpt2 {
  const config = gpt2Config(sizes);
  const rng = new Rng(seed);
  return new Gpt2(config, new Map([...gpt2Shapes(config)].map(([name, shape]) => [name, randn(shape, rng)])));
}

function watched(model: Gpt2, count: number, seed: number): Observed[] {
  const rng = new Rng(seed);
  return Array.from({ length: count }, () => {
    const ids = [3, ...Array.from({ length: 2 + rng.int(8) }, () => rng.int(3))];
    return observe(model, task, { ids, offset: rng.int(5), scored: ids.map((_, i) => i), expected: undefined }, true);
  });
}

const runOn = (tune: readonly Observed[], select: readonly Observed[]): Run => ({
  task,
  tune,
  select,
  progress: () => undefined,
  clock: { expired: () => false },
});

/** Linear norms, both heads of the first layer and both sublayers of it on tokens alone, and nothing of the second layer. */
function shallow(model: Gpt2, seed: number): { readonly paths: PathModel; readonly linear: LinearModel } {
  const { components, scales } = meansOf(model, watched(model, 10, seed));
  const paths = new PathModel(model, components);
  const logScales = new Map(paths.readers.map(({ reader, norm }) => [reader, Math.log(scales.get(norm)!)]));
  const heads = ["0.0", "0.1"];
  const linear: LinearModel = {
    constants: startingConstants(paths, { components, logScales }),
    linear: "all",
    wholeMatch: 1,
    match: 1,
    complete: true,
    paths: [
      ...heads.flatMap((head) => ["query", "key", "value"].map((part) => ({ from: "tokens", to: `${head}.${part}` }))),
      { from: "tokens", to: "0.mlp" },
      ...["tokens", "0.mlp", ...heads].map((from) => ({ from, to: "logits" })),
    ],
    products: [
      { head: "0.0", query: "tokens", key: "tokens" },
      { head: "0.0", query: "", key: "tokens" },
      { head: "0.1", query: "", key: "tokens" },
    ],
  };
  return { paths, linear };
}

describe("a pruned model, written out", () => {
  it("has the pruned model's logits, in its own variables", () => {
    for (let seed = 0; seed < 3; seed++) {
      const model = randomModel(seed);
      const { paths, linear } = shallow(model, seed);
      const readout = new Expansion(paths, linear, task, [], 1e-3).readout();
      expect(readout.projections.map(({ variable }) => variable.key)).toEqual([
        "tokens",
        "attend(scores of head 0.0, tokens)",
        "attend(scores of head 0.1, tokens)",
      ]);
      for (const sequence of watched(model, 5, seed + 20)) {
        const expected = paths.logits(sequence, interventionOf(linear));
        sequence.ids.forEach((_, i) =>
          readout.logits(sequence, i).forEach((x, v) => expect(Math.abs(x - expected[i * 5 + v]!)).toBeLessThan(0.05)),
        );
      }
    }
  });

  it("runs as text, with scores of the key alone where the query does not matter", () => {
    const model = randomModel(4);
    const { paths, linear } = shallow(model, 4);
    const readout = new Expansion(paths, linear, task, []).readout();
    const text = programText(readout);
    expect(text).toMatch(/h1 = attend\(score\(tokens, tokens, \{.*\nh2 = attend\(key_score\(tokens, \{/);
    const program = new RunnableProgram(text, task);
    const sequences = watched(model, 20, 5).map((sequence) => ({
      ...sequence,
      decisions: sequence.scored.map((i) =>
        [...readout.logits(sequence, i).keys()].filter((v) => readout.logits(sequence, i)[v]! > 0),
      ),
    }));
    // The numbers in the text have two decimals; a logit may be closer to 0 than that.
    expect(sequences.filter((sequence) => program.matches(sequence)).length).toBeGreaterThanOrEqual(19);
  });

  it("needs readings of heads that compare more than tokens", () => {
    const model = randomModel(6);
    const { paths, linear } = shallow(model, 6);
    const products = [{ head: "0.0", query: "positions", key: "tokens" }];
    const examined = { paths, linear: { ...linear, products }, report: undefined as never };
    expect(prunedProgram(runOn([], []), examined, [])).toEqual({
      why: "the scores of head 0.0 were not read",
    });
  });

  it("has fitted projections where norms are not linear", () => {
    const model = randomModel(6);
    const { paths, linear } = shallow(model, 6);
    const logScales = new Map([...linear.constants.logScales].filter(([reader]) => reader !== "logits"));
    const examined = {
      paths,
      linear: { ...linear, constants: { ...linear.constants, logScales } },
      report: undefined as never,
    };
    const seen = watched(model, 30, 6);
    expect(prunedProgram(runOn(seen, seen), examined, [])).toMatchObject({ projections: "fitted" });
  });
});

describe("functions of one position", () => {
  const histogram = attendVariable(everything, tokenVariable(task));
  const sequences = watched(randomModel(8), 30, 8);

  it.each(elementwiseOf(task, histogram).map((variable) => [variable.function!, variable] as const))(
    "%s has the values that the interpreter gives its text",
    (_, variable) => {
      const rng = new Rng(9);
      const table = Float64Array.from({ length: variable.basis.length * 5 }, () => 1 + rng.int(9) - 5);
      const readout = new Readout(
        task,
        [{ variable, identity: 0, successor: 0, table }],
        Float64Array.of(0.37, 0.37, 0.37, 0.37, 0.37),
        0,
      );
      const program = new RunnableProgram(programText(readout), task);
      for (const sequence of sequences) {
        const own = sequence.scored.map((i) => [...readout.logits(sequence, i)].flatMap((x, v) => (x > 0 ? [v] : [])));
        expect(program.decisions(sequence)).toEqual(own);
      }
    },
  );

  it("are found where a sum of projections does not suffice", () => {
    // "c" may follow where there are as many "a" as "b": no sum of projections of the histogram can express that.
    const seen = watched(randomModel(10), 120, 10).map((sequence): Observed => {
      const count = (id: number, i: number): number => sequence.ids.slice(0, i + 1).filter((x) => x === id).length;
      return { ...sequence, decisions: sequence.scored.map((i) => (count(0, i) === count(1, i) ? [2] : [])) };
    });
    const { paths, linear } = shallow(randomModel(10), 10);
    const heard = {
      ...linear,
      products: [],
      paths: [...linear.paths.filter(({ to }) => to !== "0.mlp"), { from: "0.0", to: "0.mlp" }],
    };
    const examined = { paths, linear: heard, report: undefined as never };
    const found = prunedProgram(runOn(seen.slice(0, 60), seen.slice(60)), examined, []);
    if ("why" in found) throw new Error(found.why);
    expect(found.match).toBe(1);
    expect(found.projections).toBe("fitted");
    expect(programText(found.readout)).toContain('indicator(h1["a"] - h1["b"] > 0.003)');
  });
});
