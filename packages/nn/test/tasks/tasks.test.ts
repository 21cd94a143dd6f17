import { Rng } from "@selectron/core";
import {
  accuracyOf,
  Adam,
  additionTask,
  answer,
  constant,
  copyTask,
  drawBatch,
  HeldOut,
  nestedParserExample,
  nestedParserTask,
  parserExample,
  parseTree,
  structuralAccuracy,
  parserTask,
  teacherForced,
  train,
  Transformer,
} from "@selectron/nn";
import { describe, expect, it } from "vitest";

describe("the tasks' data", () => {
  it("copy: the target is the source, twenty tokens from 1 to 19", () => {
    const { source, target } = copyTask.draw(new Rng(1));
    expect(source).toEqual(target);
    expect(source.length).toBe(20);
    const many = Array.from({ length: 100 }, (_, seed) => copyTask.draw(new Rng(seed)).source).flat();
    expect([Math.min(...many), Math.max(...many)]).toEqual([1, 19]);
    expect(copyTask.show({ source: [1, 2], target: [3, 4] })).toBe("1 2 → 3 4");
  });

  it("addition: 153 + 391 is 1 5 3 + 3 9 1 and 5 4 4", () => {
    for (let seed = 0; seed < 200; seed++) {
      const { source, target } = additionTask.draw(new Rng(seed));
      const [a, b] = [source.slice(0, 3), source.slice(4)].map((digits) => Number(digits.join("")));
      expect(source[3]).toBe(10);
      expect(source.length).toBe(7);
      expect(Number(target.join(""))).toBe(a! + b!);
      expect(target.length).toBe(3);
      expect(Math.max(a!, b!)).toBeLessThan(500);
    }
    const example = { source: [1, 5, 3, 10, 3, 9, 1], target: [5, 4, 4] };
    expect(additionTask.show(example)).toBe("153 + 391 = 544");
    const longer = additionTask.beyond!["4 digits"]!(new Rng(1));
    expect([longer.source.length, longer.target.length]).toEqual([9, 4]);
  });

  it("parser: the ids of three examples", () => {
    expect(parserExample("y=7/7")).toEqual({ source: [12, 1, 21, 5, 21], target: [6, 12, 10, 21, 21] });
    expect(parserExample("x=4/3")).toEqual({ source: [11, 1, 18, 5, 17], target: [6, 11, 10, 18, 17] });
    expect(parserExample("x=1*4")).toEqual({ source: [11, 1, 15, 4, 18], target: [6, 11, 9, 15, 18] });
    expect(parserTask.show(parserExample("x=1+2"))).toBe("x=1+2 → ASSIGN x ADD 1 2");
  });

  it("nested parser: precedence and grouping, as trees", () => {
    const shown = (expression: string): string => nestedParserTask.show(nestedParserExample(expression));
    expect(shown("x=1+2*3-4")).toBe("x=1+2*3-4 → ASSIGN x SUB ADD 1 MUL 2 3 4");
    expect(shown("y=1-2-3-4")).toBe("y=1-2-3-4 → ASSIGN y SUB SUB SUB 1 2 3 4");
    expect(shown("z=1*2+3/4")).toBe("z=1*2+3/4 → ASSIGN z ADD MUL 1 2 DIV 3 4");
    const { target } = nestedParserExample("x=1+2*3-4");
    expect(parseTree(target)).toEqual(["ASSIGN", "x", ["SUB", ["ADD", "1", ["MUL", "2", "3"]], "4"]]);
    expect(parseTree(parserExample("y=7/7").target)).toEqual(["ASSIGN", "y", ["DIV", "7", "7"]]);
    expect([[], [6, 11], [6, 11, 12, 13], [1]].map((ids) => parseTree(ids))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    for (let seed = 0; seed < 50; seed++) {
      const example = nestedParserTask.draw(new Rng(seed));
      expect([example.source.length, example.target.length]).toEqual([9, 9]);
      expect(parseTree(example.target)).toBeDefined();
    }
  });

  it("structural accuracy sees the form of trees alone", () => {
    const [right, other, leaf] = ["x=1+2*3-4", "x=1*2*3-4", "y=5-6/7+8"].map(
      (text) => nestedParserExample(text).target,
    );
    expect(structuralAccuracy([right!, leaf!, other!, []], [right!, right!, right!, right!])).toBe(0.5);
    expect(() => structuralAccuracy([], [])).toThrow("0 answers to 0 targets");
  });

  it("held-out examples are never trained on, are the same for all seeds, and include x=1+2", () => {
    const heldOut = new HeldOut(parserTask);
    expect(heldOut.test).toEqual(new HeldOut(parserTask).test);
    expect(heldOut.test[0]).toEqual(parserExample("x=1+2"));
    expect(new Set([...heldOut.test, ...heldOut.validation].map(({ source }) => source.join())).size).toBe(300);
    const batch = drawBatch(parserTask, heldOut, 2000, new Rng(1));
    expect(batch.length).toBe(2000);
    expect(batch.some((example) => heldOut.has(example))).toBe(false);
  });
});

describe("a small Transformer", () => {
  it("learns to copy, and then answers token by token", async () => {
    const task = {
      ...copyTask,
      heldOut: { test: 40, validation: 0 },
      draw: (rng: Rng) => shortened(copyTask.draw(rng).source.map((id) => id % 4)),
    };
    const sizes = { vocabSize: 5, hiddenSize: 16, numHiddenLayers: 1, intermediateSize: 32, maxPositionEmbeddings: 4 };
    const model = new Transformer({ ...task.config, ...sizes }, new Rng(1));
    const heldOut = new HeldOut(task);
    const before = accuracyOf(model, heldOut.test, 4);
    await train({
      optimizer: new Adam(model.parameters()),
      schedule: constant(0.005),
      steps: 250,
      seed: 1,
      forward: (rng) => teacherForced(model, drawBatch(task, heldOut, 16, rng), 4, rng),
    });
    expect(before.exact).toBeLessThan(0.3);
    expect(accuracyOf(model, heldOut.test, 4)).toEqual({ exact: 1, partial: 1 });
    expect(answer(model, [[3, 0, 1, 1]], 4, 4)).toEqual([[3, 0, 1, 1]]);
  });
});

const shortened = (tokens: number[]): { source: number[]; target: number[] } => ({
  source: tokens.slice(0, 4),
  target: tokens.slice(0, 4),
});
