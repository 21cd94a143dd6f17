/**
 * Conformance of what training needs: gradients of layer norm and cross-entropy by differences, Adam, embedding rows.
 */
import { LARGEST_FLOAT } from "../float.js";
import type { Kernels } from "../kernels/kernels.js";
import { Rng } from "../random.js";
import { assertAllNear, assertNear, blank, finiteFloat, normals, ROUNDOFF, type ConformanceCase } from "./support.js";

function layerNormSum(x: Float64Array, gain: Float64Array, bias: Float64Array, weight: Float32Array): number {
  const columns = gain.length;
  let total = 0;
  for (let start = 0; start < x.length; start += columns) {
    const row = x.subarray(start, start + columns);
    const mean = row.reduce((a, b) => a + b, 0) / columns;
    const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / columns;
    row.forEach((value, j) => {
      total += weight[start + j]! * (((value - mean) / Math.sqrt(variance + 1e-5)) * gain[j]! + bias[j]!);
    });
  }
  return total;
}

/** The slope of f at x along each axis, by central differences. */
function differences(x: Float64Array, f: (x: Float64Array) => number): Float64Array {
  const step = 1e-5;
  return x.map((value, i) => {
    const [above, below] = [x.slice(), x.slice()];
    above[i] = value + step;
    below[i] = value - step;
    return (f(above) - f(below)) / (2 * step);
  });
}

function layerNormBackwardCase(kernels: Kernels): ConformanceCase {
  return {
    name: "layerNormRowsBackward, with and without gain",
    run: () => {
      const rng = new Rng(11);
      for (const columns of [1, 2, 3, 4, 7, 8, 17, 32]) {
        for (const affine of [true, false]) {
          const rows = 3;
          const [x, outGradient] = [normals(rng, rows * columns), normals(rng, rows * columns)];
          const gain = affine ? normals(rng, columns) : undefined;
          const [xGradient, gainGradient, biasGradient] = [blank(x.length), blank(columns), blank(columns)];
          const call = { x, gain, outGradient, xGradient, gainGradient, biasGradient, rows, columns, epsilon: 1e-5 };
          kernels.layerNormRowsBackward(call);
          const g = gain ? Float64Array.from(gain) : new Float64Array(columns).fill(1);
          const [wide, none] = [Float64Array.from(x), new Float64Array(columns)];
          const tolerance = (value: number): number => 2e-4 * (1 + Math.abs(value));
          const label = `layerNormRowsBackward of ${columns} columns`;
          // Of one or two columns the normalised values hardly depend on x, and differences are mostly rounding.
          if (columns > 2) {
            const slopes = differences(wide, (at) => layerNormSum(at, g, none, outGradient));
            assertAllNear(`${label}: x`, xGradient, slopes, tolerance);
          }
          const gains = differences(g, (at) => layerNormSum(wide, at, none, outGradient));
          assertAllNear(`${label}: gain`, gainGradient, gains, tolerance);
          const biases = differences(none, (at) => layerNormSum(wide, g, at, outGradient));
          assertAllNear(`${label}: bias`, biasGradient, biases, tolerance);
        }
      }
    },
  };
}

function crossEntropyCase(kernels: Kernels): ConformanceCase {
  return {
    name: "crossEntropyRows, with ignored targets, with and without gradient",
    run: () => {
      const rng = new Rng(12);
      for (const columns of [1, 2, 5, 8, 33, 200]) {
        const rows = 6;
        const logits = normals(rng, rows * columns).map((x, i) => {
          const row = Math.floor(i / columns);
          // Equal ones that are so large that the logarithm cannot be added to them, and all magnitudes.
          return row === 3 ? 1e30 : row === 4 ? finiteFloat(rng) : x * 10;
        });
        const targets = Int32Array.from({ length: rows }, (_, i) => (i === 2 ? -1 : rng.int(columns)));
        const call = { logits, targets, rows, columns, scale: 0.25 };
        const [losses, again, gradient] = [blank(rows), blank(rows), blank(logits.length)];
        kernels.crossEntropyRows({ ...call, losses, gradient });
        kernels.crossEntropyRows({ ...call, losses: again });
        assertAllNear("crossEntropyRows without gradient", again, losses, () => 0);
        targets.forEach((target, i) => {
          const row = logits.subarray(i * columns, (i + 1) * columns);
          const most = Math.max(...row);
          const sum = row.reduce((total, x) => total + Math.exp(x - most), 0);
          const label = `crossEntropyRows row ${i} of ${columns}`;
          const loss = target < 0 ? 0 : Math.fround(Math.log(sum) + (most - row[target]!));
          assertNear(label, losses[i], loss, (columns + 16) * ROUNDOFF * (1 + Math.abs(loss)));
          row.forEach((x, j) => {
            const slope = target < 0 ? 0 : 0.25 * (Math.exp(x - most) / sum - (j === target ? 1 : 0));
            assertNear(`${label}, column ${j}`, gradient[i * columns + j], slope, (columns + 80) * ROUNDOFF * 0.25);
          });
        });
      }
    },
  };
}

function adamCase(kernels: Kernels): ConformanceCase {
  return {
    name: "adamStep, three steps, with and without weight decay",
    run: () => {
      const rng = new Rng(13);
      for (const length of [1, 3, 4, 5, 130]) {
        for (const weightDecay of [0, 0.1]) {
          const rates = { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay };
          const parameter = normals(rng, length);
          const [firstMoment, secondMoment] = [new Float32Array(length), new Float32Array(length)];
          const expected = Float64Array.from(parameter);
          const [first, second] = [new Float64Array(length), new Float64Array(length)];
          for (let step = 1; step <= 3; step++) {
            const gradient = normals(rng, length);
            kernels.adamStep({ parameter, firstMoment, secondMoment, gradient, step, ...rates });
            for (let i = 0; i < length; i++) {
              first[i] = 0.9 * first[i]! + 0.1 * gradient[i]!;
              second[i] = 0.999 * second[i]! + 0.001 * gradient[i]! ** 2;
              const move = first[i]! / (1 - 0.9 ** step) / (Math.sqrt(second[i]! / (1 - 0.999 ** step)) + 1e-8);
              expected[i] = expected[i]! - 0.01 * (move + weightDecay * expected[i]!);
            }
          }
          assertAllNear("adamStep", parameter, expected, (value) => 4e-7 * (1 + Math.abs(value)));
          assertAllNear("adamStep: second moment", secondMoment, second, (value) => 1e-6 * value);
        }
      }
    },
  };
}

/** Gradients of all magnitudes, several steps: moments and steps stay finite, and are those of float64 where float32 holds them. */
function adamRangeCase(kernels: Kernels): ConformanceCase {
  return {
    name: "adamStep of gradients of all magnitudes",
    run: () => {
      const rng = new Rng(17);
      const special = [0, 1e20, -1e20, 3e38, -3e38, 1e-45, 1e-20, 1e30];
      const length = 80;
      const rates = { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 };
      const parameter = normals(rng, length);
      const [firstMoment, secondMoment] = [new Float32Array(length), new Float32Array(length)];
      const most = Math.sqrt(LARGEST_FLOAT / (1 - 0.999));
      for (let step = 1; step <= 6; step++) {
        const [first, second, before] = [firstMoment.slice(), secondMoment.slice(), parameter.slice()];
        const gradient = Float32Array.from(
          { length },
          (_, i) => special[i] ?? (i % 2 ? rng.normal() : finiteFloat(rng)),
        );
        kernels.adamStep({ parameter, firstMoment, secondMoment, gradient, step, ...rates });
        gradient.forEach((given, i) => {
          const slope = Math.min(Math.max(given, -most), most);
          const label = `adamStep ${step} of the gradient ${given}`;
          const size = Math.abs(0.9 * first[i]!) + Math.abs(0.1 * slope);
          assertNear(
            `${label}: first moment`,
            firstMoment[i],
            0.9 * first[i]! + 0.1 * slope,
            4 * ROUNDOFF * size + 2 ** -148,
          );
          const moment = Math.min(0.999 * second[i]! + 0.001 * slope ** 2, LARGEST_FLOAT);
          assertNear(`${label}: second moment`, secondMoment[i], moment, 16 * ROUNDOFF * moment + 2 ** -147);
          const root = Math.sqrt(secondMoment[i]! / (1 - 0.999 ** step)) + 1e-8;
          const move = (0.01 * firstMoment[i]!) / (1 - 0.9 ** step) / root;
          assertNear(label, parameter[i], before[i]! - move, 16 * ROUNDOFF * (Math.abs(before[i]!) + Math.abs(move)));
        });
      }
      const gradient = Float32Array.from({ length }, (_, i) => [Infinity, -Infinity, NaN][i % 3]!);
      kernels.adamStep({ parameter, firstMoment, secondMoment, gradient, step: 7, ...rates });
      for (const values of [parameter, firstMoment, secondMoment]) {
        values.forEach((value) => assertNear("adamStep of a gradient that is not finite", value, NaN, 0));
      }
    },
  };
}

function embeddingCase(kernels: Kernels): ConformanceCase {
  return {
    name: "gatherRows and scatterAddRows, with repeated rows",
    run: () => {
      const rng = new Rng(14);
      for (const width of [1, 4, 7]) {
        const table = normals(rng, 9 * width);
        const indices = Int32Array.of(3, 0, 3, 8, 8, 8);
        const rows = blank(indices.length * width);
        kernels.gatherRows(table, indices, rows, width);
        const expected = [...indices].flatMap((index) => [...table.subarray(index * width, (index + 1) * width)]);
        assertAllNear("gatherRows", rows, expected, () => 0);

        const added = normals(rng, indices.length * width);
        const sums = Float64Array.from(table);
        indices.forEach((index, i) => {
          for (let c = 0; c < width; c++) sums[index * width + c]! += added[i * width + c]!;
        });
        kernels.scatterAddRows(added, indices, table, width);
        assertAllNear("scatterAddRows", table, sums, (value) => 8 * ROUNDOFF * (1 + Math.abs(value)));
      }
    },
  };
}

export function trainingCases(kernels: Kernels): ConformanceCase[] {
  return [layerNormBackwardCase, crossEntropyCase, adamCase, adamRangeCase, embeddingCase].map((make) => make(kernels));
}
