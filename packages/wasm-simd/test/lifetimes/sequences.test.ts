import { referenceKernels, setKernels } from "@selectron/core";
import { afterAll, expect, it } from "vitest";
import { breadth } from "../../../../test/long.js";
import { Sequence } from "./sequences.js";

afterAll(() => setKernels(referenceKernels));

it("no order of scopes, residents, releases, gradients and kernels changes a tensor that somebody keeps", () => {
  const seen = { right: 0, gone: 0 };
  const count = breadth({ short: 100, long: 2000 });
  for (let seed = 1; seed <= count; seed++) {
    const sequence = new Sequence(seed, 40);
    try {
      sequence.run();
    } catch (error) {
      throw new Error(`Sequence ${seed}: ${(error as Error).message}`, { cause: error });
    }
    seen.right += sequence.seen.right;
    seen.gone += sequence.seen.gone;
  }
  expect(seen.right).toBeGreaterThan(1000);
  expect(seen.gone).toBeGreaterThan(1000);
});
