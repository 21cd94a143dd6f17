import { kernelConformance } from "@selectron/core/testing";
import { referenceKernels, type Kernels } from "@selectron/core";
import { describe, expect, it } from "vitest";

describe("the reference kernels conform", () => {
  for (const { name, run } of kernelConformance(referenceKernels)) it(name, run);
});

describe("the conformance suite", () => {
  const failures = (kernels: Kernels): string[] =>
    kernelConformance(kernels)
      .filter(({ run }) => {
        try {
          run();
          return false;
        } catch {
          return true;
        }
      })
      .map(({ name }) => name);

  it("catches a product that forgets its last column", () => {
    const broken: Kernels = {
      ...referenceKernels,
      matmul: (call) => {
        referenceKernels.matmul(call);
        call.out[call.out.length - 1] = 0;
      },
    };
    expect(failures(broken).length).toBeGreaterThan(20);
  });

  it("catches a softmax that does not subtract the maximum", () => {
    const broken: Kernels = {
      ...referenceKernels,
      softmaxRows: (x, out, rows, columns) => {
        for (let i = 0; i < rows; i++) {
          const row = x.subarray(i * columns, (i + 1) * columns).map(Math.exp);
          const sum = row.reduce((a, b) => a + b, 0);
          out.set(
            row.map((value) => value / sum),
            i * columns,
          );
        }
      },
    };
    expect(failures(broken)).toEqual(["softmaxRows, with masked and far-off rows"]);
  });

  it("catches a relu that hides NaN", () => {
    const broken: Kernels = {
      ...referenceKernels,
      unary: (operation, x, out) => {
        if (operation === "relu") out.set(x.map((value) => (value > 0 ? value : 0)));
        else referenceKernels.unary(operation, x, out);
      },
    };
    expect(failures(broken)).toEqual(["unary relu"]);
  });
});
