import { referenceKernels, setKernels } from "@selectron/core";
import { enableThreads } from "@selectron/wasm-simd/threads";
import { afterAll, describe, expect, it } from "vitest";
import { breadth } from "../../../../test/long.js";
import { Sequence } from "./sequences.js";

afterAll(() => setKernels(referenceKernels));

function runAll(count: number, start?: null): { readonly right: number; readonly gone: number } {
  const seen = { right: 0, gone: 0 };
  for (let seed = 1; seed <= count; seed++) {
    const sequence = new Sequence(seed, 40, start);
    try {
      sequence.run();
    } catch (error) {
      throw new Error(`Sequence ${seed}: ${(error as Error).message}`, { cause: error });
    }
    seen.right += sequence.seen.right;
    seen.gone += sequence.seen.gone;
  }
  return seen;
}

describe("no order of scopes, residents, releases, gradients and kernels changes a tensor that somebody keeps", () => {
  it("on one thread", () => {
    const seen = runAll(breadth({ short: 100, long: 2000 }));
    expect(seen.right).toBeGreaterThan(1000);
    expect(seen.gone).toBeGreaterThan(1000);
  });

  it("on two, in one memory for all sequences", async () => {
    const status = await enableThreads({ threads: 2, leastWork: 1000 });
    try {
      expect(status.reason).toBeUndefined();
      const seen = runAll(breadth({ short: 40, long: 1000 }), null);
      expect(seen.right).toBeGreaterThan(400);
      expect(seen.gone).toBeGreaterThan(400);
    } finally {
      status.stop();
    }
  });
});
