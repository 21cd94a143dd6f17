/** Where regression puts variables in an activation, as orthonormal directions to begin a search with. */
import { randn, type Rng } from "@selectron/core";
import { solve } from "../numeric/conditional-logit.js";

/** A direction, [D]. */
export type Column = Float64Array;

/** Rows of features, and of the activation that is to be a linear function of them. */
export interface RegressionRows {
  readonly features: readonly Float64Array[];
  readonly activations: readonly Float32Array[];
}

/** Small beside the number of rows; it makes components that sum to 1 solvable. */
const RIDGE = 1e-3;

/** What each feature adds to the activation, by least squares: [features][D]. */
export function regressed({ features, activations }: RegressionRows): Column[] {
  const [size, width] = [features[0]!.length, activations[0]!.length];
  const gram = new Float64Array(size * size);
  const products = Array.from({ length: width }, () => new Float64Array(size));
  features.forEach((row, r) => {
    row.forEach((x, a) => {
      if (x === 0) return;
      row.forEach((y, b) => (gram[a * size + b]! += x * y));
      activations[r]!.forEach((value, d) => (products[d]![a]! += x * value));
    });
  });
  for (let a = 0; a < size; a++) gram[a * size + a]! += RIDGE * features.length;
  const solutions = products.map((product) => solve(Float64Array.from(gram), product, size));
  return Array.from({ length: size }, (_, a) => Float64Array.from(solutions, (solution) => solution[a]!));
}

/** Shorter than this before it is scaled, a direction is one of the others but for rounding. */
const NOTHING = 1e-6;

/** The columns made orthonormal one after the other (Gram and Schmidt, twice); random ones replace those that depend on others. */
export function orthonormal(columns: readonly Column[], rng: Rng): Column[] {
  const done: Column[] = [];
  for (const column of columns) {
    let own = reduced(column, done);
    while (!own) own = reduced(Float64Array.from(randn([column.length], rng).data), done);
    done.push(own);
  }
  return done;
}

function reduced(column: Column, done: readonly Column[]): Column | undefined {
  const norm = (x: Column): number => Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));
  const before = norm(column);
  let own = column;
  for (let round = 0; round < 2; round++) {
    for (const other of done) {
      const dot = own.reduce((sum, value, d) => sum + value * other[d]!, 0);
      own = own.map((value, d) => value - dot * other[d]!);
    }
  }
  const length = norm(own);
  return length > NOTHING * Math.max(before, NOTHING) ? own.map((value) => value / length) : undefined;
}
