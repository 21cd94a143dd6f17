/** A product with operands as they lie in memory and transposed, in one comparison: the four forms take turns. */
import { randn, referenceKernels, Rng, setKernels, type Kernels, type Tensor } from "@selectron/core";
import { resident, scope } from "@selectron/wasm-simd";
import type { Comparison } from "../harness.js";
import { compare } from "../tasks.js";

export const transposedSizes = [128, 256, 512] as const;

/** A · B, A · Bᵀ, Aᵀ · B and Aᵀ · Bᵀ of square matrices in linear memory. */
export function transposedComparison(size: number, kernels: Kernels): Comparison {
  const rng = new Rng(size);
  const operands = [randn([size, size], rng), randn([size, size], rng)];
  setKernels(kernels);
  const { tensors, release } = resident(operands, 2 ** 26);
  const form = (name: string, multiply: (a: Tensor, b: Tensor) => Tensor) => ({
    name,
    enter: () => setKernels(kernels),
    run: () => scope(() => void multiply(tensors[0]!, tensors[1]!)),
    check: () => {
      setKernels(referenceKernels);
      const wanted = multiply(operands[0]!, operands[1]!).data;
      setKernels(kernels);
      compare(scope(() => multiply(tensors[0]!, tensors[1]!)).data, wanted);
    },
  });
  const forms = [
    form("NN", (a, b) => a.matmul(b)),
    form("NT", (a, b) => a.matmul(b.transpose())),
    form("TN", (a, b) => a.transpose().matmul(b)),
    form("TT", (a, b) => a.transpose().matmul(b.transpose())),
  ];
  return {
    name: `matmul ${size}³, transposed or not`,
    operations: 2 * size ** 3,
    candidates: forms.map((each, index) => (index === 0 ? { ...each, dispose: release } : each)),
  };
}
