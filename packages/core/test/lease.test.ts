/** Looking up who owns an array: rarely, and with every backend that has lent memory. */
import { addLeaseFinder, Lease, randn, removeLeaseFinder, Rng, tensor, type LeaseFinder } from "@selectron/core";
import { expect, it } from "vitest";

it("is not done for results outside scopes, nor for arrays that begin a buffer", () => {
  let asked = 0;
  const finder: LeaseFinder = () => {
    asked++;
    return undefined;
  };
  addLeaseFinder(finder);
  try {
    const x = randn([4, 6], new Rng(1));
    x.requiresGrad = true;
    const y = x.matmul(x.transpose()).add(1).softmax(0).relu().layerNorm().gather([1, 0]).slice(0, 1).reshape([-1]);
    y.sum().backward();
    expect(x.grad!.shape).toEqual([4, 6]);
    expect(asked).toBe(0);
    tensor(new Float32Array(8).subarray(4));
    expect(asked).toBe(1);
  } finally {
    removeLeaseFinder(finder);
  }
});

it.each([[[0, 1, 2]], [[2, 1, 0]], [[1, 0, 2]], [[1, 2, 0]]])(
  "asks all backends that have lent memory, which end in any order, such as %j",
  (order) => {
    const leases = [0, 1, 2].map(() => new Lease("resident"));
    const memories = [0, 1, 2].map(() => new Float32Array(8));
    const finders = leases.map(
      (lease, i): LeaseFinder =>
        ({ buffer }) =>
          buffer === memories[i]!.buffer ? lease : undefined,
    );
    finders.forEach(addLeaseFinder);
    const found = (): number[] => memories.map((memory) => leases.indexOf(tensor(memory.subarray(4)).lease!));
    const expected = [0, 1, 2];
    for (const which of order) {
      expect(found()).toEqual(expected);
      removeLeaseFinder(finders[which]!);
      expected[which] = -1;
    }
    expect(found()).toEqual(expected);
  },
);
