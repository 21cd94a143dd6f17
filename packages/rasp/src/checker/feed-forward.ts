/**
 * The feed-forward sublayer on ranges. Where a hidden unit is certainly active its result is a linear function of the residual stream,
 * and errors of that cancel between units: relu(a) - relu(a - 1) is 1, however uncertain a is. So the sum of the active units is taken
 * as one function, and as a sum of ranges, and the narrower of the two results counts.
 */
import { gamma, gridOf, isExact, TINY } from "./float32.js";
import { addTo, rangesOf, setRange, type Affine, type Column, type ColumnSum, type Ranges } from "./ranges.js";

export class FeedForward {
  readonly #hidden: Affine;
  readonly #output: Affine;
  /** How many weights are not 0. */
  readonly size: number;
  /** Of a pair relu(z) and relu(-z) with opposite outputs: together they are linear. */
  readonly #pairs: readonly ("first" | "second" | undefined)[];

  constructor(hidden: Affine, output: Affine) {
    this.#hidden = hidden;
    this.#output = output;
    this.#pairs = pairsOf(hidden, output);
    this.size = hidden.size + output.size;
  }

  /** The residual stream after the sublayer. @param kept - the coordinates that are wanted; the others are 0 */
  apply(x: Ranges, kept: readonly number[] = [...x.lo.keys()]): Ranges {
    const sums = this.#hidden.sums(x);
    const hidden = rangesOf(sums.length);
    sums.forEach(({ lo, hi, grid }, u) => setRange(hidden, u, Math.max(0, lo), Math.max(0, hi), grid));
    const added = addTo(x, this.#output, hidden, this.#output.sums(hidden), kept);
    for (const c of kept) {
      const column = this.#output.columns[c]!;
      if (added.lo[c] === added.hi[c] || column.rows.length === 0) continue;
      const [lo, hi] = this.#together(x, c, column, hidden, sums);
      const [from, to] = [Math.max(added.lo[c]!, Math.fround(lo)), Math.min(added.hi[c]!, Math.fround(hi))];
      setRange(added, c, from, to, added.grid[c]);
    }
    return added;
  }

  /** x_c and all that is added to it, before the last rounding. */
  #together(x: Ranges, c: number, column: Column, hidden: Ranges, sums: readonly ColumnSum[]): [number, number] {
    const coefficients = new Map<number, Sum>([[c, new Sum(1)]]);
    const [lo, hi] = [new Sum(column.bias), new Sum(column.bias)];
    let [rounding, size, grid, terms] = [
      0,
      Math.abs(column.bias),
      gridOf(column.bias),
      Math.sign(Math.abs(column.bias)),
    ];
    let [isPower, isScaledDown] = [true, false];
    for (const [t, u] of column.rows.entries()) {
      const [w, pair] = [column.weights[t]!, this.#pairs[u]];
      const most = hidden.hi[u]!;
      size += Math.abs(w) * most;
      grid = Math.min(grid, column.grids[t]! * hidden.grid[u]!);
      // Of a pair one is 0.
      if (pair === "first" || (!pair && most > 0)) terms++;
      isScaledDown ||= Math.abs(w) < 1;
      isPower &&= Math.abs(w) === column.grids[t]! && sums[u]!.error === 0;
      if (pair === "first" || (!pair && hidden.lo[u]! > 0)) {
        const { rows, weights, bias } = this.#hidden.columns[u]!;
        rounding += (pair ? 2 : 1) * Math.abs(w) * sums[u]!.error;
        for (const end of [lo, hi]) end.add(w * bias);
        rows.forEach((row, k) => {
          const sum = coefficients.get(row) ?? new Sum(0);
          sum.add(w * weights[k]!);
          coefficients.set(row, sum);
        });
      } else if (!pair) {
        (w > 0 ? hi : lo).add(w * most);
      }
    }
    for (const [row, { value, error }] of coefficients) {
      const ends = [x.lo[row]!, x.hi[row]!];
      const [a, b] = ends.map((end) => value * end) as [number, number];
      lo.add(Math.min(a, b));
      hi.add(Math.max(a, b));
      const isFloat32 = Math.fround(value) === value;
      for (const end of ends) rounding += (error + (isFloat32 ? 0 : Math.abs(value) * 2 ** -53)) * Math.abs(end);
    }
    // The sum may start from x_c. One product that is exact leaves it at one rounding.
    size += Math.max(Math.abs(x.lo[c]!), Math.abs(x.hi[c]!));
    const isOnce = terms <= 1 && isPower;
    if (!isExact(size, Math.min(grid, x.grid[c]!))) {
      if (!isOnce) rounding += gamma(terms + 1) * size + TINY;
      else if (isScaledDown) rounding += TINY;
    }
    return [lo.value - lo.error - rounding, hi.value + hi.error + rounding];
  }
}

/** A sum in float64 and how far it can be off. */
class Sum {
  value: number;
  error = 0;

  constructor(value: number) {
    this.value = value;
  }

  add(term: number): void {
    const sum = this.value + term;
    const added = sum - this.value;
    // Knuth's two-sum: what was rounded away, exactly.
    this.error += Math.abs(this.value - (sum - added) + (term - added)) * (1 + 2 ** -40);
    this.value = sum;
  }
}

function pairsOf(hidden: Affine, output: Affine): ("first" | "second" | undefined)[] {
  const written = hidden.columns.map((): [number, number][] => []);
  output.columns.forEach(({ rows, weights }, c) => rows.forEach((u, t) => written[u]!.push([c, weights[t]!])));
  const keyOf = (u: number, sign: number): string => {
    const { rows, weights, bias } = hidden.columns[u]!;
    const numbers = [bias, ...weights, ...written[u]!.map(([, w]) => w)].map((w) => String(sign * w + 0));
    return `${rows.join()};${written[u]!.map(([c]) => c).join()};${numbers.join()}`;
  };
  const units = new Map<string, number[]>();
  hidden.columns.forEach((_, u) => units.set(keyOf(u, 1), [...(units.get(keyOf(u, 1)) ?? []), u]));
  return hidden.columns.map(({ weights }, u) => {
    const [same, opposite] = [units.get(keyOf(u, 1)), units.get(keyOf(u, -1))];
    if (weights.length === 0 || same?.length !== 1 || opposite?.length !== 1 || opposite[0] === u) return undefined;
    return u < opposite[0]! ? "first" : "second";
  });
}
