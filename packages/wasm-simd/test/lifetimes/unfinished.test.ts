/** What goes on after a scope: promises, iterators. */
import { referenceKernels, setKernels, scope as coreScope, type Tensor } from "@selectron/core";
import { enableWasmSync, scope } from "@selectron/wasm-simd";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { expectAll, filled } from "./filled.js";

beforeEach(() => void enableWasmSync());
afterAll(() => setKernels(referenceKernels));

describe("functions that go on after the scope", () => {
  it.each([
    ["an async function", async () => Promise.resolve(filled(1).add(1))],
    [
      "one that throws later",
      async () => {
        await Promise.resolve();
        throw new Error("later");
      },
    ],
    ["a thenable", () => ({ then: (resolve: (x: number) => void) => resolve(1) })],
  ] as const)("are refused: %s", async (_, body) => {
    const error = new TypeError("scope: the function must not be asynchronous.");
    for (const run of [scope, coreScope]) expect(() => run<unknown>(body)).toThrow(error);
    setKernels(referenceKernels);
    for (const run of [scope, coreScope]) expect(() => run<unknown>(body)).toThrow(error);
    await new Promise((resolve) => setTimeout(resolve)); // an unhandled rejection would fail the test
  });

  it.each<[string, () => unknown]>([
    [
      "a generator",
      function* () {
        yield filled(1);
      },
    ],
    [
      "an async generator",
      async function* () {
        yield await Promise.resolve(1);
      },
    ],
    ["an array's iterator", () => [filled(1)].values()],
  ])("are refused: %s", (_, body) => {
    expect(() => scope(body)).toThrow(
      "the function returned an iterator, which would go on after the scope; return an array.",
    );
    expect(() => coreScope(body)).toThrow(TypeError);
  });

  it("but a generator may have scopes", () => {
    function* powers(): Generator<Tensor> {
      for (let x = filled(1); ; x = scope(() => x.mul(2))) yield x;
    }
    const made: Tensor[] = [];
    for (const x of powers()) {
      made.push(x);
      scope(() => x.add(1));
      if (made.length === 4) break;
    }
    [1, 2, 4, 8].forEach((value, i) => expectAll(made[i]!, value));
  });
});
