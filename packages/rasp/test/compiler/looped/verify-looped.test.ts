/** Looped models that are wrong: the step, the s-op with its place and the position are those at which the model goes wrong. */
import { tensor, type Tensor } from "@selectron/core";
import { LoopedEncoder } from "@selectron/nn";
import { describe, expect, it } from "vitest";
import { compileLooped, load, LoopedModel, position, verifyLooped } from "../../../src/index.js";

const source = `repeat (x = 0, y = 0) until (x > indices) at most 9 {
  y = y + indicator(tokens == "b");
  x = x + 1;
}
z = 2 * y;`;
const sop = load(source, { file: "two.rasp", example: "ab" }).sop("z");
const model = compileLooped(sop, { vocabulary: "ab", maxLength: 3 });

/** The model with another number in one of its parameters. */
function damaged(name: string, change: (data: Float32Array, columns: number) => void): LoopedModel {
  const parameters = new Map<string, Tensor>(model.model.parameters());
  const { data, shape } = parameters.get(name)!;
  const copy = data.slice();
  change(copy, shape.at(-1)!);
  parameters.set(name, tensor(copy, shape));
  return new LoopedModel(new LoopedEncoder(model.card.config, parameters), model.card);
}

const [x, y] = model.card.states as [LoopedModel["card"]["states"][0], LoopedModel["card"]["states"][0]];
const { last } = model.card.config.loop;

describe("a wrong step", () => {
  it("is shown with its state, where that is set, and the smallest input", () => {
    // y is never 2 after a step.
    const wrong = damaged(`blocks.${last - 1}.feedForward.output.weight`, (data, columns) => {
      for (let row = 0; row < data.length / columns; row++) data[row * columns + y.first + y.classes.indexOf(2n)] = 0;
    });
    const { counterexample, ok, wrong: count } = verifyLooped(sop, wrong, { exhaustive: true });
    expect([ok, count]).toEqual([false, 8]);
    const { span, ...rest } = counterexample!;
    expect(rest).toEqual({
      input: ["a", "b"],
      step: 2,
      name: "y",
      position: 1,
      expected: [0n, 2n],
      got: [0n, 0n],
      steps: [2, 2],
    });
    expect(position(span!.source, span!.start)).toEqual({ line: 2, column: 7 });
  });

  it("is shown with the first s-op inside it that is wrong", () => {
    const program = `repeat (x = 0, y = 0) until (x > indices) at most 9 {
  before = select(indices, x, <=) and select(tokens, "b", ==);
  seen = selector_width(before);
  y = y + 2 * seen;
  x = x + 1;
}
z = y;`;
    const counting = load(program, { file: "seen.rasp", example: "ab" }).sop("z");
    const right = compileLooped(counting, { vocabulary: "ab", maxLength: 3 });
    const parameters = new Map<string, Tensor>(right.model.parameters());
    const block = right.card.config.blocks.findIndex(({ heads }, b) => heads > 0 && b >= right.card.config.loop.first);
    const name = `blocks.${block}.attention.value.weight`;
    const { data, shape } = parameters.get(name)!;
    parameters.set(name, tensor(data.slice().fill(0), shape));
    const wrong = new LoopedModel(new LoopedEncoder(right.card.config, parameters), right.card);
    const report = verifyLooped(counting, wrong, { exhaustive: true });
    const { firstWrong, name: state, step } = report.counterexample!;
    expect([state, step, firstWrong!.name, firstWrong!.layer, firstWrong!.sublayer]).toEqual([
      "y",
      1,
      "seen",
      1 + block - right.card.config.loop.first,
      "attention",
    ]);
    expect(position(firstWrong!.span!.source, firstWrong!.span!.start)).toEqual({ line: 3, column: 10 });
  });

  it("that the model leaves out or adds is told by the numbers of steps", () => {
    const never = damaged(`blocks.${last}.feedForward.output.bias`, (data) => {
      data[model.card.config.loop.halted] = data[model.card.config.loop.halted]! - 1;
    });
    const { counterexample } = verifyLooped(sop, never, { runs: 5, seed: 1 });
    expect(counterexample).toMatchObject({ step: undefined, got: undefined, steps: [1, undefined], input: ["a"] });
    const early = damaged(`blocks.${last}.feedForward.output.bias`, (data) => {
      data[model.card.config.loop.halted] = data[model.card.config.loop.halted]! + 1;
    });
    expect(verifyLooped(sop, early, { exhaustive: true }).counterexample!.steps).toEqual([1, 0]);
  });

  it("that is right, with a wrong value after the loop, is told by the s-op", () => {
    const wrong = damaged("unembedding.weight", (data) => data.fill(0));
    const { counterexample } = verifyLooped(sop, wrong, { exhaustive: true });
    expect(counterexample).toMatchObject({ step: undefined, name: "z", position: 0, steps: [1, 1], input: ["b"] });
    expect(position(counterexample!.span!.source, counterexample!.span!.start)).toEqual({ line: 5, column: 5 });
  });

  it("is none where the model is right", () => {
    expect(x.classes.length).toBeGreaterThan(2);
    expect(verifyLooped(sop, model, { exhaustive: true })).toMatchObject({ ok: true, wrong: 0, inputs: 14 });
  });
});
