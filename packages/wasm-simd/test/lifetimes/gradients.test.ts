/** Gradients, optimisers and training in scopes. */
import { crossEntropy, randn, referenceKernels, Rng, setKernels, tensor, type Tensor } from "@selectron/core";
import { Adam, constant, SGD, train, zeroGrad, type BatchResult } from "../../../nn/src/index.js";
import { enableWasmSync, resident, scope } from "@selectron/wasm-simd";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { disturb, expectAll, filled, RELEASED, SIZE } from "./filled.js";

beforeEach(() => void enableWasmSync());
afterAll(() => setKernels(referenceKernels));

describe("gradients", () => {
  it("of outer tensors survive, those of inner ones end", () => {
    const w = tensor(new Float32Array(SIZE).fill(2), [SIZE], { requiresGrad: true });
    scope(() => w.mul(filled(3)).sum().backward());
    expectAll(w.grad!, 3);
    scope(() => {
      scope(() => w.mul(filled(4)).sum().backward()); // added to what there is
      w.grad = w.grad!.mul(10);
    });
    expectAll(w.grad!, 70);
    zeroGrad(new Map([["w", w]]));
    expect(w.grad).toBeUndefined();
  });

  it("of tensors that leave, returned or by their elements, leave with them", () => {
    const left: Tensor[] = [];
    const returned = scope(() => {
      const [x, y] = [filled(1), filled(2)];
      [x.grad, y.grad] = [filled(3), filled(4)];
      left.push(y);
      expect(y.reshape([8, 8]).data[0]).toBe(2); // moves y and its view
      return x;
    });
    expectAll(returned.grad!, 3);
    expectAll(returned, 1);
    expectAll(left[0]!.grad!, 4);
    expectAll(left[0]!, 2);
  });

  it("of residents survive, also their release", () => {
    const { tensors, release } = resident([filled(2)]);
    const w = tensors[0]!;
    w.requiresGrad = true;
    scope(() => w.mul(filled(3)).sum().backward());
    release();
    expectAll(w.grad!, 3);
    expect(() => w.data).toThrow(RELEASED);
  });

  it("cannot be computed once the scope that recorded the computation has ended", () => {
    const w = tensor(new Float32Array(SIZE).fill(2), [SIZE], { requiresGrad: true });
    const small = randn([2, 3], new Rng(1));
    small.requiresGrad = true;
    const losses = scope(() => [w.mul(3).sum(), crossEntropy(small, [0, 1])]);
    for (const loss of losses) {
      expect(loss.requiresGrad).toBe(true);
      expect(() => loss.backward()).toThrow(/^backward through (sum|crossEntropy): this tensor's memory is gone/);
      expect(() => loss.mul(2).backward()).toThrow(/backward through/);
    }
    expect(losses[0]!.item()).toBe(6 * SIZE);
    expect(w.grad).toBeUndefined();
  });

  it("and optimisers' moments made inside a scope are as outside", () => {
    const run = (enclose: <T>(body: () => T) => T): readonly Float32Array[] => {
      const parameter = tensor(new Float32Array(SIZE).fill(1), [SIZE], { requiresGrad: true });
      const parameters = new Map([["w", parameter]]);
      const make = (): (SGD | Adam)[] => [new Adam(parameters), new SGD(parameters, { momentum: 0.5 })];
      const optimizers = enclose(make);
      for (let step = 1; step <= 3; step++) {
        enclose(() => {
          parameter.mul(parameter).sum().backward();
          for (const optimizer of optimizers) optimizer.step(0.1, step);
          zeroGrad(parameters);
        });
        disturb();
      }
      return [parameter.data, ...optimizers.flatMap((optimizer) => [...optimizer.state().values()].map((x) => x.data))];
    };
    const inside = run(scope);
    expect(inside).toHaveLength(4);
    expect(inside).toEqual(run((body) => body()));
  });
});

describe("training", () => {
  interface Kept {
    readonly losses: Tensor[];
    readonly scores: Tensor[];
    readonly arrays: Float32Array[];
  }

  async function trained(): Promise<Kept> {
    const w = tensor(randn([SIZE, 4], new Rng(5)).data, [SIZE, 4], { requiresGrad: true });
    const kept: Kept = { losses: [], scores: [], arrays: [] };
    const forward = (rng: Rng): BatchResult & { readonly scores: Tensor } => {
      const scores = randn([16, SIZE], rng).matmul(w);
      const loss = crossEntropy(
        scores,
        Array.from({ length: 16 }, (_, i) => i % 4),
      );
      kept.losses.push(loss);
      kept.scores.push(scores);
      kept.arrays.push(scores.mul(2).data);
      return { loss, scores, correct: 0, counted: 16, tokens: 16 };
    };
    const optimizer = new SGD(new Map([["w", w]]));
    await train({ optimizer, schedule: constant(0.1), steps: 4, seed: 1, forward });
    return kept;
  }

  it("leaves alone what the caller keeps from `forward`", async () => {
    const { losses, scores, arrays } = await trained();
    setKernels(referenceKernels);
    const expected = await trained();
    const close = (a: ArrayLike<number>, b: ArrayLike<number>): void =>
      Array.from(b).forEach((value, i) => expect(a[i]).toBeCloseTo(value, 4));
    close(
      losses.map((loss) => loss.item()),
      expected.losses.map((loss) => loss.item()),
    );
    scores.forEach((x, i) => close(x.data, expected.scores[i]!.data));
    arrays.forEach((x, i) => close(x, expected.arrays[i]!));
    expect(new Set(losses.map((loss) => loss.item())).size).toBe(4);
    expect(losses.map((loss) => loss.tape!.inputs)).toEqual([[], [], [], []]); // the computations are not kept alive
  });
});
