import { kernelConformance } from "@selectron/core/testing";
import { referenceKernels, type Kernels } from "@selectron/core";
import { describe, expect, it } from "vitest";

describe("the reference kernels conform", () => {
  for (const { name, run } of kernelConformance(referenceKernels)) it(name, run);
});

describe("the conformance suite", () => {
  /** Names of the cases that fail, of those that match. */
  const failures = (kernels: Kernels, among = /./): string[] =>
    kernelConformance(kernels)
      .filter(({ name }) => among.test(name))
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
    expect(failures(broken, /^matmul/).length).toBeGreaterThan(20);
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
    expect(failures(broken, /Rows/)).toEqual(["softmaxRows, with masked rows and rows far from 0"]);
  });

  it("catches a relu that hides NaN", () => {
    const broken: Kernels = {
      ...referenceKernels,
      unary: (operation, x, out) => {
        if (operation === "relu") out.set(x.map((value) => (value > 0 ? value : 0)));
        else referenceKernels.unary(operation, x, out);
      },
    };
    expect(failures(broken, /^unary/)).toEqual(["unary relu"]);
  });

  it("catches attention that sees one key too many", () => {
    const broken: Kernels = {
      ...referenceKernels,
      attention: (call) =>
        referenceKernels.attention({ ...call, after: call.after === undefined ? undefined : call.after + 1 }),
    };
    expect(failures(broken, /^attention/)).toEqual(
      expect.arrayContaining([
        "attention with causal",
        "attention with a window",
        "attention with blocks of 5, causal",
      ]),
    );
  });

  it("catches attention that forgets the second row of hidden keys", () => {
    const broken: Kernels = {
      ...referenceKernels,
      attention: (call) =>
        referenceKernels.attention({ ...call, hiddenKeys: call.hiddenKeys?.map((x, i) => (i < call.keys ? x : 0)) }),
    };
    expect(failures(broken, /^attention with hidden/)).toContain("attention with hidden keys, one row all hidden");
  });

  it("catches gradients of attention, layer norm and cross-entropy that are off by a factor", () => {
    const broken: Kernels = {
      ...referenceKernels,
      attentionBackward: (call) => {
        referenceKernels.attentionBackward(call);
        call.keyGradient.data.forEach((value, i, data) => (data[i] = value * 1.001));
      },
      layerNormRowsBackward: (call) => {
        referenceKernels.layerNormRowsBackward(call);
        call.gainGradient.forEach((value, i, data) => (data[i] = value * 1.01));
      },
      crossEntropyRows: (call) => referenceKernels.crossEntropyRows({ ...call, scale: call.scale * 1.001 }),
    };
    const found = failures(broken, /Backward with (causal|a window|a bias)|layerNormRowsB|crossEntropy/);
    expect(found.filter((name) => name.startsWith("attentionBackward"))).toHaveLength(3);
    expect(found).toContain("layerNormRowsBackward, with and without gain");
    expect(found).toContain("crossEntropyRows, with ignored targets, with and without gradient");
  });

  it("catches an activation that is left out, and a decay that Adam forgets", () => {
    const broken: Kernels = {
      ...referenceKernels,
      matmul: (call) => referenceKernels.matmul({ ...call, activation: undefined }),
      adamStep: (call) => referenceKernels.adamStep({ ...call, weightDecay: 0 }),
    };
    expect(failures(broken, /matmul with|adam/)).toEqual([
      "matmul with relu",
      "matmul with gelu",
      "matmul with geluExact",
      "adamStep, three steps, with and without weight decay",
    ]);
  });
});
