/** Generators of shapes and of tensors in every layout: dense, sliced, permuted, broadcast. */
import { tensor, type Tensor } from "@selectron/core";
import fc from "fast-check";

export const shapes = (maxRank = 4, maxLength = 4): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: 0, max: maxLength }), { maxLength: maxRank });

const values = fc.float({ min: -8, max: 8, noNaN: true });

/** A dense tensor of the given shape. */
export const denseTensor = (shape: readonly number[]): fc.Arbitrary<Tensor> => {
  const size = shape.reduce((a, b) => a * b, 1);
  return fc.array(values, { minLength: size, maxLength: size }).map((data) => tensor(Float32Array.from(data), shape));
};

/** A tensor of the given shape that is a view: axes permuted, and each cut out of a longer one. */
export const viewTensor = (shape: readonly number[]): fc.Arbitrary<Tensor> => {
  const axes = shape.map((_, axis) => axis);
  return fc
    .tuple(fc.shuffledSubarray(axes, { minLength: axes.length }), fc.array(fc.nat(2), { minLength: axes.length }))
    .chain(([order, margins]) =>
      denseTensor(order.map((axis) => shape[axis]! + margins[axis]!)).map((whole) => {
        const cut = order.reduce((x, axis, own) => x.slice(margins[axis]!, margins[axis]! + shape[axis]!, own), whole);
        return cut.permute(axes.map((axis) => order.indexOf(axis)));
      }),
    );
};

/** A tensor of the given shape in any layout. */
export const anyTensor = (shape: readonly number[]): fc.Arbitrary<Tensor> =>
  fc.oneof(denseTensor(shape), viewTensor(shape));

/** Two shapes that broadcast together. */
export const broadcastable = (): fc.Arbitrary<[number[], number[]]> =>
  shapes(3).chain((shape) => {
    const part = fc
      .tuple(fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }), fc.nat(shape.length))
      .map(([ones, drop]) => shape.map((length, axis) => (ones[axis] ? 1 : length)).slice(drop));
    return fc.tuple(fc.constant(shape), part).map(([a, b]): [number[], number[]] => [a, b]);
  });
