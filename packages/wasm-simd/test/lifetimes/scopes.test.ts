/** What a scope returns, and what it leaves behind. */
import { allocate, keep, ones, referenceKernels, setKernels, zeros, type Tensor } from "@selectron/core";
import { enableWasmSync, resident, scope } from "@selectron/wasm-simd";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { disturb, expectAll, filled, GONE, SIZE } from "./filled.js";

beforeEach(() => void enableWasmSync());
afterAll(() => setKernels(referenceKernels));

describe("what a scope's function returns is moved out", () => {
  class Pair {
    readonly left: Tensor;
    readonly right: { deep: readonly Tensor[] };
    constructor(left: Tensor, right: Tensor) {
      this.left = left;
      this.right = { deep: [right] };
    }
    get both(): number {
      return this.left.size + this.right.deep[0]!.size;
    }
  }
  class Stack extends Array<Tensor> {
    top: Tensor | undefined;
  }

  it.each<[string, (x: Tensor) => unknown, (held: never) => Tensor]>([
    ["a set", (x) => new Set([x]), (held: Set<Tensor>) => [...held][0]!],
    ["a map's value", (x) => new Map([[1, x]]), (held: Map<number, Tensor>) => held.get(1)!],
    ["a map's key", (x) => new Map([[x, 1]]), (held: Map<Tensor, number>) => [...held.keys()][0]!],
    ["a class instance", (x) => new Pair(x, x), (held: Pair) => held.right.deep[0]!],
    ["a subclass of Array", (x) => Object.assign(new Stack(), { top: x }), (held: Stack) => held.top!],
    [
      "a symbol's property",
      (x) => ({ [Symbol.for("x")]: x }),
      (held: Record<symbol, Tensor>) => held[Symbol.for("x")]!,
    ],
    [
      "an object without prototype",
      (x) => Object.assign(Object.create(null) as object, { x }),
      (held: { x: Tensor }) => held.x,
    ],
    [
      "a property that is not listed",
      (x) => Object.defineProperty({}, "x", { value: x }),
      (held: { x: Tensor }) => held.x,
    ],
    ["a frozen object", (x) => Object.freeze({ x }), (held: { x: Tensor }) => held.x],
    [
      "an object that holds itself",
      (x) => {
        const circle: { x: Tensor; self?: unknown } = { x };
        circle.self = circle;
        return circle;
      },
      (held: { x: Tensor }) => held.x,
    ],
    ["a tensor's gradient", (x) => Object.assign(zeros([SIZE]), { grad: x }), (held: Tensor) => held.grad!],
    [
      "a list of 100,000 links",
      (x) => {
        let list: unknown = x;
        for (let i = 0; i < 1e5; i++) list = { next: list };
        return list;
      },
      (held) => {
        let at: unknown = held;
        while ("next" in (at as object)) at = (at as { next: unknown }).next;
        return at as Tensor;
      },
    ],
  ])("in %s", (_, hold, find) => {
    const held = scope(() => hold(filled(3)));
    expectAll(find(held as never), 3);
  });

  it("as the same objects, so that what else knows them knows them still", () => {
    const known: Tensor[] = [];
    const result = scope(() => {
      const x = filled(2);
      known.push(x);
      return { x };
    });
    expect(result.x).toBe(known[0]);
    expectAll(known[0]!, 2);
  });

  it("with its views: they still share their elements", () => {
    const { x, turned } = scope(() => {
      const x = filled(2);
      return { x, turned: x.reshape([8, 8]).transpose() };
    });
    disturb();
    x.data[1] = 7;
    expect(turned.toArray()).toEqual(
      Array.from({ length: 8 }, (_, i) => Array.from({ length: 8 }, (_, j) => (j === 0 && i === 1 ? 7 : 2))),
    );
  });

  it("from an inner scope to an outer one, and on", () => {
    const x = scope(() => {
      const inner = scope(() => filled(5));
      disturb();
      return scope(() => [inner, inner.add(1)]);
    });
    expectAll(x[0]!, 5);
    expectAll(x[1]!, 6);
  });

  it("or throws, with the error", () => {
    let thrown: { readonly x?: Tensor } = {};
    try {
      scope(() => {
        throw Object.assign(new Error("stop"), { x: filled(4) });
      });
    } catch (error) {
      thrown = error as { x: Tensor };
    }
    expectAll(thrown.x!, 4);
    expect(scope(() => filled(1).sum().item())).toBe(SIZE);
  });

  it("also where it is an array that `allocate` gave, but not inside something else", () => {
    const array = scope(() => allocate(SIZE).fill(2));
    disturb();
    expect([...array]).toEqual(new Array(SIZE).fill(2));
    expect(() => scope(() => [allocate(SIZE)])).toThrow(/an array that `allocate` gave, which ends with the scope/);
  });
});

describe("what a scope leaves behind otherwise", () => {
  it.each<[string, (x: Tensor, stay: (x: unknown) => void) => unknown]>([
    ["in a closure", (x) => () => x],
    ["in a variable", (x, stay) => void stay(x)],
    ["as a view in a variable", (x, stay) => void stay(x.reshape([8, 8]).slice(2, 4))],
  ])("%s is an error to use, and never wrong numbers", (_, leave) => {
    let kept: unknown;
    const result = scope(() => leave(filled(3), (x) => (kept = x)));
    disturb();
    const x = (typeof result === "function" ? (result as () => Tensor)() : kept) as Tensor;
    for (const use of [
      () => x.data,
      () => x.storage,
      () => x.toArray(),
      () => x.toString(),
      () => x.add(1),
      () => x.sum(),
      () => x.reshape([-1]),
      () => x.slice(0, 1),
      () => x.detach(),
      () => x.reshape([1, -1]).matmul(ones([x.size, 1])),
      () => resident([x]),
      () => keep(x),
      () => scope(() => x.mul(2)),
    ]) {
      expect(use).toThrow(GONE);
    }
    enableWasmSync();
    expect(() => x.data).toThrow(GONE);
    setKernels(referenceKernels);
    expect(() => x.add(1)).toThrow(GONE);
  });

  it("is there if `keep` was told, and so is what `data` gave", () => {
    const kept: Tensor[] = [];
    const arrays: Float32Array[] = [];
    scope(() => {
      const [x, y] = [filled(3), filled(4)];
      kept.push(keep(x), ...keep({ y: [y] }).y);
      arrays.push(filled(5).data, filled(6).storage, filled(7).reshape([8, 8]).slice(1).data);
      const turned = filled(8).reshape([8, 8]).transpose();
      arrays.push(turned.data);
    });
    expectAll(kept[0]!, 3);
    expectAll(kept[1]!, 4);
    expect(arrays.map((array) => [array.length, new Set(array)])).toEqual([
      [SIZE, new Set([5])],
      [SIZE, new Set([6])],
      [SIZE - 8, new Set([7])],
      [SIZE, new Set([8])],
    ]);
  });

  it("and writing to what `data` gave changes the tensor and its views", () => {
    const sums = scope(() => {
      const x = filled(1);
      const view = x.reshape([8, 8]).transpose();
      x.data.fill(2);
      return [x.sum().item(), view.sum().item(), view.add(0).sum().item()];
    });
    expect(sums).toEqual([2 * SIZE, 2 * SIZE, 2 * SIZE]);
  });
});
