import { ShapeError, tensor, zeros, type Tensor } from "@selectron/core";
import { Adam, AdamW, clipGradients, constant, cosine, gradientNorm, linear, noam, SGD, zeroGrad } from "@selectron/nn";
import { describe, expect, it } from "vitest";

const parameter = (...values: number[]): Tensor => tensor(values, undefined, { requiresGrad: true });

const values = (x: Tensor): number[] => [...x.data].map((value) => Number(value.toFixed(6)));

describe("SGD", () => {
  it("moves against the gradient, with momentum and weight decay", () => {
    const x = parameter(1, 2);
    const optimizer = new SGD(new Map([["x", x]]), { momentum: 0.5, weightDecay: 0.1 });
    x.grad = tensor([1, -1]);
    optimizer.step(0.1);
    // v = g + 0.1 x = [1.1, −0.8]
    expect(values(x)).toEqual([0.89, 2.08]);
    optimizer.step(0.1);
    // v = 0.5 v + g + 0.1 x = [0.55 + 1.089, −0.4 − 0.792]
    expect(values(x)).toEqual([0.7261, 2.1992]);
    expect([...optimizer.state().keys()]).toEqual(["velocity.x"]);
    expect(new SGD(optimizer.parameters).state().size).toBe(0);
  });
});

describe("Adam and AdamW", () => {
  it("first move by the learning rate, whatever the size of the gradient", () => {
    for (const size of [1e-3, 1, 1e3]) {
      const x = parameter(1, 1);
      const optimizer = new Adam(new Map([["x", x]]));
      x.grad = tensor([size, -size]);
      optimizer.step(0.01, 1);
      expect(values(x)[0]).toBeCloseTo(0.99, 4);
      expect(values(x)[1]).toBeCloseTo(1.01, 4);
    }
  });

  it("decay matrices only, unless configured otherwise", () => {
    const parameters = new Map(Object.entries({ matrix: tensor([[1]]), bias: tensor([1]) }));
    for (const x of parameters.values()) x.grad = zeros(x.shape);
    new AdamW(parameters, { weightDecay: 0.5 }).step(0.1, 1);
    expect([...parameters.values()].map((x) => x.item())).toEqual([Math.fround(0.95), 1]);
    new AdamW(parameters, { weightDecay: 0.5, decays: (name) => name === "bias" }).step(0.1, 1);
    expect([...parameters.values()].map((x) => x.item())).toEqual([Math.fround(0.95), Math.fround(0.95)]);
  });

  it("leave a parameter without a gradient alone, and refuse one that is not dense", () => {
    const x = parameter(1);
    new Adam(new Map([["x", x]])).step(0.1, 1);
    expect(x.item()).toBe(1);
    expect(() => new Adam(new Map([["w", zeros([2, 3]).transpose()]]))).toThrow(
      new ShapeError("AdamW: parameter w is a view that is not contiguous; pass its copy."),
    );
  });
});

describe("values that would make every parameter NaN are refused", () => {
  const parameters = (): Map<string, Tensor> => {
    const x = parameter(1, 2);
    x.grad = tensor([1, -1]);
    return new Map([["x", x]]);
  };

  it.each([
    ["step 0", () => new Adam(parameters()).step(0.1, 0), "AdamW.step: step is 0; it must be an integer, 1 or more."],
    ["step -1", () => new AdamW(parameters()).step(0.1, -1), "AdamW.step: step is -1;"],
    ["a rate of NaN", () => new Adam(parameters()).step(NaN, 1), "AdamW.step: the learning rate is NaN;"],
    ["an infinite rate", () => new SGD(parameters()).step(Infinity), "SGD.step: the learning rate is Infinity;"],
    ["beta1 1", () => new Adam(parameters(), { beta1: 1 }), "Adam: beta1 is 1; it must be 0 or more and less than 1."],
    ["beta2 1", () => new Adam(parameters(), { beta2: 1 }), "Adam: beta2 is 1;"],
    ["epsilon NaN", () => new Adam(parameters(), { epsilon: NaN }), "Adam: epsilon is NaN;"],
    ["weight decay -1", () => new AdamW(parameters(), { weightDecay: -1 }), "AdamW: weightDecay is -1;"],
    ["momentum 1", () => new SGD(parameters(), { momentum: 1 }), "SGD: momentum is 1;"],
    ["weight decay NaN", () => new SGD(parameters(), { weightDecay: NaN }), "SGD: weightDecay is NaN;"],
  ])("%s", (_, attempt, message) => {
    expect(attempt).toThrow(RangeError);
    expect(attempt).toThrow(message);
  });

  it("and nothing is changed", () => {
    const all = parameters();
    const optimizer = new Adam(all);
    expect(() => optimizer.step(0.1, 0)).toThrow(RangeError);
    expect(values(all.get("x")!)).toEqual([1, 2]);
    optimizer.step(0.1, 1);
    expect(values(all.get("x")!)).toEqual([0.9, 2.1]);
  });
});

describe("clipping", () => {
  it("scales all gradients together to the largest norm", () => {
    const [a, b] = [parameter(0), parameter(0, 0)];
    const parameters = new Map(Object.entries({ a, b, c: parameter(0) }));
    a.grad = tensor([3]);
    b.grad = tensor([0, 4]);
    expect(clipGradients(parameters, 10)).toBe(5);
    expect(b.grad.toArray()).toEqual([0, 4]);
    expect(clipGradients(parameters, 1)).toBe(5);
    expect(gradientNorm(parameters)).toBeCloseTo(1, 6);
    expect(values(b.grad)).toEqual([0, 0.8]);
    zeroGrad(parameters);
    expect(a.grad).toBeUndefined();
  });

  it("does not scale twice a gradient that two parameters share", () => {
    const [a, b] = [parameter(0), parameter(0)];
    a.add(b).mul(3).sum().backward();
    expect(a.grad!.storage).toBe(b.grad!.storage);
    clipGradients(new Map(Object.entries({ a, b })), 1);
    expect(a.grad!.item()).toBeCloseTo(Math.SQRT1_2, 6);
  });
});

describe("schedules", () => {
  const at = (steps: number[], schedule: (step: number) => number): number[] =>
    steps.map((step) => Number(schedule(step).toFixed(6)));

  it("warm up, then go down in a line or along a cosine", () => {
    const options = { peak: 1, warmup: 10, steps: 110, floor: 0.2 };
    expect(at([1, 10, 60, 110, 999], linear(options))).toEqual([0.1, 1, 0.6, 0.2, 0.2]);
    expect(at([5, 10, 35, 60, 110], cosine(options))).toEqual([0.5, 1, 0.882843, 0.6, 0.2]);
    expect(at([1, 100], constant(0.3))).toEqual([0.3, 0.3]);
    expect(() => linear({ peak: 1, warmup: 3, steps: 2 })).toThrow(
      "schedule: a warm-up of 3 steps does not fit into 2.",
    );
  });

  it("noam rises to its highest rate at the end of the warm-up", () => {
    // Vaswani et al. 2017, section 5.3: d 512, warm-up 4000.
    const schedule = noam({ dModel: 512, warmup: 4000 });
    expect(schedule(4000)).toBeCloseTo(512 ** -0.5 * 4000 ** -0.5, 12);
    expect(schedule(1000)).toBeCloseTo(schedule(4000) / 4, 12);
    expect(schedule(16000)).toBeCloseTo(schedule(4000) / 2, 12);
  });
});
