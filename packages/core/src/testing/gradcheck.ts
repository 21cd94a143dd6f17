/**
 * Gradients against central differences, in float64. The reference kernels and the ops compute in the precision of
 * their arrays, so giving them Float64Arrays runs the same code in float64, forward and backward.
 */
import type { Kernels } from "../kernels/kernels.js";
import { allocate, getKernels, setKernels } from "../registry.js";
import { Rng } from "../random.js";
import { referenceKernels } from "../reference/reference.js";
import { sizeOf, type Shape } from "../shape.js";
import { Tensor } from "../tensor.js";

const wide: Kernels = {
  ...referenceKernels,
  name: "reference in float64",
  allocate: (length) => new Float64Array(length) as unknown as Float32Array,
};

/** Options of `gradcheck`. */
export interface GradcheckOptions {
  /** The largest difference allowed, relative to 1 + |gradient|; 1e-6 by default. */
  readonly tolerance?: number | undefined;
  /** How far an element is moved to either side; 1e-5 by default. */
  readonly step?: number | undefined;
}

function copyOf(x: Tensor): Tensor {
  const storage = allocate(x.size);
  storage.set(x.data);
  return new Tensor(storage, x.shape, { requiresGrad: true });
}

function randomWeights(shape: Shape, seed: number): Tensor {
  const rng = new Rng(seed);
  const storage = allocate(sizeOf(shape));
  for (let i = 0; i < storage.length; i++) storage[i] = 0.5 + rng.float();
  return new Tensor(storage, shape);
}

/**
 * Compares the gradient of every element of every input with the slope of `f` there. A result of more than one element
 * is weighted by fixed random numbers and summed.
 *
 * @param f - from tensors of the inputs' shapes; must be smooth around them, and deterministic
 * @throws Error that names the input, the element and both values
 */
export function gradcheck(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  options: GradcheckOptions = {},
): void {
  const { tolerance = 1e-6, step = 1e-5 } = options;
  const before = getKernels();
  setKernels(wide);
  try {
    const copies = inputs.map(copyOf);
    const result = f(...copies);
    const weights = randomWeights(result.shape, 1);
    const weighted = (x: Tensor): Tensor => x.mul(weights).sum();
    weighted(result).backward();
    const value = (): number => weighted(f(...copies)).item();
    copies.forEach((x, number) => {
      const gradient = x.grad?.data ?? new Float64Array(x.size);
      for (let i = 0; i < x.size; i++) {
        const own = x.data[i]!;
        x.data[i] = own + step;
        const above = value();
        x.data[i] = own - step;
        const slope = (above - value()) / (2 * step);
        x.data[i] = own;
        if (Math.abs(gradient[i]! - slope) <= tolerance * (1 + Math.abs(slope))) continue;
        throw new Error(`gradcheck: input ${number}, element ${i}: gradient ${gradient[i]}, slope ${slope}.`);
      }
    });
  } finally {
    setKernels(before);
  }
}
