/** The steps of a training in an order that is not the usual one, and layers called as functions. */
import { ones, Rng, tensor } from "@selectron/core";
import { describe, expect, it } from "vitest";
import * as nn from "../../src/index.js";

const decoder = (): nn.TransformerDecoder =>
  new nn.TransformerDecoder(
    { vocabularySize: 3, maxLength: 4, dModel: 4, blocks: [{ heads: 2, dHead: 2, dFf: 4 }], outputs: 3 },
    new Rng(1),
  );

describe("the order of calls", () => {
  it("a step without gradients changes nothing", () => {
    const model = decoder();
    const before = [...model.parameters().values()].map((x) => [...x.data]);
    new nn.Adam(model.parameters()).step(0.1, 1);
    expect([...model.parameters().values()].map((x) => [...x.data])).toEqual(before);
  });

  it("a second backward adds to the gradients", () => {
    const x = tensor([1, 2], [2], { requiresGrad: true });
    const loss = (): void => x.mul(x).sum().backward();
    loss();
    loss();
    expect(x.grad!.toArray()).toEqual([4, 8]);
  });

  it("a decoding that was reordered, or whose context is full, says so or goes on", () => {
    const decoding = decoder().begin();
    decoding.advance([[0, 1]]);
    const rows = decoding.reordered([0, 0]);
    expect(rows.advance([[1], [2]]).shape).toEqual([2, 3]);
    rows.advance([[1], [2]]);
    expect(() => rows.advance([[1], [2]])).toThrow(nn.ContextError);
  });

  it("a cache of other rows is refused", () => {
    const model = decoder();
    const cache = new nn.DecodingCache();
    model.forward([[0]], { cache });
    expect(() => model.forward([[0], [1]], { cache })).toThrow(/concat|cache/);
  });

  it("options are refused that there are not, with the one that was meant", () => {
    const parameters = decoder().parameters();
    const misspelt = [
      [
        () => new nn.Adam(parameters, { beta_1: 0.5 } as object),
        'Adam: there is no option "beta_1"; did you mean beta1?',
      ],
      [() => new nn.SGD(parameters, { momentun: 0.5 } as object), "did you mean momentum?"],
      [() => new nn.Adam(parameters, { lr: 0.5 } as object), "there are beta1, beta2, epsilon."],
      [() => nn.transformerConfig({ hidenSize: 8 } as object), "did you mean hiddenSize?"],
    ] as const;
    for (const [call, message] of misspelt) expect(call).toThrow(message);
  });

  it("a task with too few examples is not drawn from for ever", () => {
    const task = { ...nn.copyTask, draw: () => ({ source: [1], target: [1] }) };
    expect(() => new nn.HeldOut(task)).toThrow("HeldOut: the task gave fewer than 1100 different examples");
  });

  it("a forward pass that gives a Promise, or no loss, ends a training with the reason", async () => {
    const x = ones([1]);
    const options = { optimizer: new nn.SGD(new Map([["x", x]])), schedule: nn.constant(0.1), steps: 1, seed: 1 };
    const asynchronous = (() => Promise.resolve({})) as unknown as nn.TrainOptions["forward"];
    await expect(nn.train({ ...options, forward: asynchronous })).rejects.toThrow(
      "train: forward: the function returned a Promise",
    );
    const nothing = (() => undefined) as unknown as nn.TrainOptions["forward"];
    await expect(nn.train({ ...options, forward: nothing })).rejects.toThrow(
      "train: the result of forward is undefined",
    );
  });
});
