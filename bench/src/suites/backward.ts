/** Attention's gradients beside attention itself, both as kernel calls on operands in linear memory. */
import { randn, referenceKernels, Rng, setKernels, zeros, type HeadsView, type Kernels } from "@selectron/core";
import { resident } from "@selectron/wasm-simd";
import type { Comparison } from "../harness.js";
import { compare } from "../tasks.js";

export const backwardLengths = [256, 512, 1024, 2048] as const;

const HEADS = 4;
const WIDTH = 64;

/** Causal attention of 4 heads: its output and log-sums, and then the gradients of query, key and value. */
function passes(
  kernels: Kernels,
  length: number,
  [query, key, value, outGradient, ...results]: readonly Float32Array[],
) {
  const heads = (data: Float32Array): HeadsView => ({
    data,
    offset: 0,
    batchStride: HEADS * length * WIDTH,
    headStride: length * WIDTH,
    rowStride: WIDTH,
  });
  const [out, queryGradient, keyGradient, valueGradient, logSumExp] = results as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const call = {
    ...{ batch: 1, heads: HEADS, queries: length, keys: length, width: WIDTH, valueWidth: WIDTH },
    ...{ scale: WIDTH ** -0.5, after: 0, logSumExp, out: heads(out) },
    ...{ query: heads(query!), key: heads(key!), value: heads(value!) },
  };
  const gradients = {
    outGradient: heads(outGradient!),
    queryGradient: heads(queryGradient),
    keyGradient: heads(keyGradient),
    valueGradient: heads(valueGradient),
  };
  return {
    forward: () => kernels.attention(call),
    backward: () => kernels.attentionBackward({ ...call, ...gradients }),
    outputs: [out],
    gradients: [queryGradient, keyGradient, valueGradient],
  };
}

/** @param kind - what the kernels are called in the name */
export function backwardComparison(length: number, kernels: Kernels, kind: string): Comparison {
  const rng = new Rng(length);
  const shape = [HEADS, length, WIDTH];
  const operands = [
    ...[0, 1, 2, 3].map(() => randn(shape, rng)),
    ...[0, 1, 2, 3].map(() => zeros(shape)),
    zeros([HEADS, length]),
  ];
  const wanted = passes(
    referenceKernels,
    length,
    operands.map(({ data }) => data.slice()),
  );
  wanted.forward();
  wanted.backward();
  setKernels(kernels);
  const { tensors, release } = resident(operands, 2 ** 26);
  const own = passes(
    kernels,
    length,
    tensors.map(({ data }) => data),
  );
  const enter = (): void => setKernels(kernels);
  const candidate = (
    name: string,
    run: () => void,
    results: readonly Float32Array[],
    right: readonly Float32Array[],
  ) => ({
    name,
    enter,
    run,
    check: () => {
      run();
      results.forEach((result, i) => compare(result, right[i]!));
    },
  });
  return {
    name: `attention, 4 heads, d 64, causal, n ${length}, ${kind}`,
    candidates: [
      { ...candidate("forward", own.forward, own.outputs, wanted.outputs), dispose: release },
      candidate("backward", own.backward, own.gradients, wanted.gradients),
    ],
  };
}
