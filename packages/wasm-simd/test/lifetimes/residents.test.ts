/** Residents: inside scopes, released in any order, once. */
import {
  elementsOf,
  getKernels,
  noGrad,
  ones,
  randn,
  referenceKernels,
  Rng,
  setKernels,
  type Tensor,
  zeros,
} from "@selectron/core";
import { enableWasmSync, resident, scope } from "@selectron/wasm-simd";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { expectAll, filled, RELEASED, SIZE } from "./filled.js";

beforeEach(() => void enableWasmSync());
afterAll(() => setKernels(referenceKernels));

describe("residents", () => {
  it("made inside a scope outlive it", () => {
    const { tensors, release } = scope(() => {
      filled(1);
      return resident([filled(2), filled(3)]);
    });
    expectAll(tensors[0]!, 2);
    expect(scope(() => tensors[0]!.add(tensors[1]!).sum().item())).toBe(5 * SIZE);
    release();
  });

  it.each([[[0, 1, 2]], [[2, 1, 0]], [[1, 0, 2]], [[1, 2, 0]]])(
    "are released in any order, such as %j, and leave the others alone",
    (order) => {
      const held = [1, 2, 3].map((value) => resident([filled(value)]));
      order.forEach((which, i) => {
        held[which]!.release();
        const again = resident([filled(9), filled(9)]);
        for (const other of order.slice(i + 1)) expectAll(held[other]!.tensors[0]!, other + 1);
        again.release();
      });
    },
  );

  it.each([
    ["with WebAssembly", true],
    ["without", false],
  ])("are released once, %s", (_, isWasm) => {
    if (!isWasm) setKernels(referenceKernels);
    const first = resident([filled(1)]);
    const [x, view] = [first.tensors[0]!, first.tensors[0]!.reshape([8, 8])];
    first.release();
    const second = resident([filled(2)]);
    expect(() => first.release()).toThrow("release: these tensors were released before; release them once.");
    const third = resident([filled(3)]);
    expectAll(second.tensors[0]!, 2);
    expectAll(third.tensors[0]!, 3);
    expect(() => x.add(1)).toThrow(RELEASED);
    expect(() => view.data).toThrow(RELEASED);
    third.release();
    second.release();
  });

  it("inside scopes, across growth and other kernels are released safely", () => {
    const early = resident([filled(1)], 0);
    const kernels = getKernels();
    scope(() => {
      const x = filled(4);
      early.release();
      const inner = resident([filled(5)], 0);
      setKernels(referenceKernels);
      const view = inner.tensors[0]!.reshape([8, 8]);
      expect(view.add(1).sum().item()).toBe(6 * SIZE);
      inner.release();
      expect(() => view.data).toThrow(RELEASED);
      setKernels(kernels);
      expect(x.sum().item()).toBe(4 * SIZE);
    }, 0);
    const big = resident([randn([1000, 300], new Rng(2))], 2 ** 27); // grows
    enableWasmSync();
    const other = resident([filled(7)]);
    big.release();
    expectAll(other.tensors[0]!, 7);
    other.release();
  });

  it("in more than 64 MiB have their memory replaced once all are released, and are right before and after", () => {
    const bytes = (x: Tensor): number => x.held.buffer.byteLength;
    const large = zeros([17 * 2 ** 20]);
    const first = resident([filled(1)]);
    const second = resident([large], 0); // does not fit beside the first
    expect(bytes(second.tensors[0]!)).toBe(4 * large.size);
    first.release();
    second.release();
    const third = resident([large, filled(3)]);
    expect(bytes(third.tensors[0]!)).toBeGreaterThan(4 * large.size);
    expectAll(third.tensors[1]!, 3);
    third.release();
    const fourth = resident([filled(4)]);
    expect(bytes(fourth.tensors[0]!)).toBeLessThan(2 ** 27);
    expectAll(fourth.tensors[0]!, 4);
    const work = (): unknown =>
      fourth.tensors[0]!.reshape([8, 8])
        .matmul(ones([8, 8]))
        .gelu()
        .softmax()
        .toArray();
    expect(scope(work)).toEqual(new Array(8).fill(new Array(8).fill(1 / 8)));
    fourth.release();
  });

  it("of nothing take nothing", () => {
    const nothing = [resident([]), resident([zeros([0])]), resident([zeros([3, 0])])];
    const held = resident([filled(2)]);
    for (const { release } of nothing) release();
    expectAll(held.tensors[0]!, 2);
    held.release();
  });
});

it("evaluation inside a scope may use what was made outside, in any kernels", () => {
  const outer = filled(2);
  const sums = scope(() => {
    const x = noGrad(() => outer.add(1));
    enableWasmSync();
    const inner = scope(() => x.add(outer));
    return [inner.sum().item(), elementsOf(x)[0]];
  });
  expect(sums).toEqual([5 * SIZE, 3]);
});
