/** Matrix products: squares, the shapes of Transformer layers, and weights as sparse as a compiled program's. */
import { Rng, randn, type Kernels, type MatrixView } from "@selectron/core";
import { checkMatmul } from "@selectron/core/testing";
import type { Comparison } from "../harness.js";

/** One product: m, k, n, and the share of b that is not zero. */
export interface MatmulShape {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly density?: number;
}

export const matmulShapes: readonly MatmulShape[] = [
  { m: 8, k: 8, n: 8 },
  { m: 32, k: 32, n: 32 },
  { m: 64, k: 64, n: 64 },
  { m: 128, k: 128, n: 128 },
  { m: 256, k: 256, n: 256 },
  { m: 512, k: 512, n: 512 },
  { m: 25, k: 16, n: 25 },
  { m: 1, k: 768, n: 768 },
  { m: 8, k: 768, n: 768 },
  { m: 128, k: 768, n: 3072 },
  { m: 1600, k: 200, n: 2500 },
  { m: 1600, k: 200, n: 2500, density: 0.02 },
  { m: 1600, k: 200, n: 2500, density: 0.005 },
];

/** The same product by several backends, the first of which is the base of the ratios. */
export function matmulComparison({ m, k, n, density = 1 }: MatmulShape, backends: readonly Kernels[]): Comparison {
  const rng = new Rng(1);
  const dense = (rows: number, columns: number): MatrixView => ({
    data: randn([rows, columns], rng).data,
    offset: 0,
    rowStride: columns,
    columnStride: 1,
  });
  const [a, b] = [dense(m, k), dense(k, n)];
  if (density < 1) b.data.forEach((_, index) => (b.data[index]! *= rng.float() < density ? 1 : 0));
  return {
    name: `${m}×${k} · ${k}×${n}${density < 1 ? `, ${density * 100} % dense` : ""}`,
    operations: 2 * m * k * n,
    candidates: backends.map((kernels) => ({
      name: kernels.name,
      check: () => checkMatmul(kernels, { a, b, m, k, n }),
      run: () => kernels.matmul({ a, b, m, k, n, out: new Float32Array(m * n) }),
    })),
  };
}
