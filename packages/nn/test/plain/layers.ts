/**
 * Layers as loops over nested arrays of float64, written from the equations and independent of `src`: what the tests
 * compare the real ones with.
 */

export type Matrix = number[][];

/** Parameters as nested arrays, by name. */
export type Parameters = Readonly<Record<string, number[] | number[][]>>;

export const add = (x: Matrix, y: Matrix): Matrix => x.map((row, i) => row.map((value, j) => value + y[i]![j]!));

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/**
 * The position that each token of a row counts as: among the real ones, those after its padding at the end. `real` has a flag for each;
 * all are real if absent.
 */
export const placesOf = (length: number, real?: readonly boolean[]): number[] => {
  const isReal = (i: number): boolean => real?.[i] ?? true;
  const indices = Array.from({ length }, (_, i) => i);
  const count = indices.filter(isReal).length;
  return indices.map((i) =>
    isReal(i)
      ? indices.slice(0, i).filter(isReal).length
      : count + indices.slice(0, i).filter((j) => !isReal(j)).length,
  );
};

/** The layers with the given parameters. */
export class PlainLayers {
  readonly #parameters: Parameters;
  readonly #epsilon: number;

  constructor(parameters: Parameters, epsilon = 1e-5) {
    this.#parameters = parameters;
    this.#epsilon = epsilon;
  }

  matrix(name: string): Matrix {
    const value = this.#parameters[name];
    if (!value) throw new Error(`no parameter ${name}`);
    return value as Matrix;
  }

  vector(name: string): number[] {
    return (this.#parameters[name] as number[] | undefined) ?? [];
  }

  linear(x: Matrix, name: string): Matrix {
    const weight = this.matrix(`${name}.weight`);
    const bias = this.vector(`${name}.bias`);
    return x.map((row) =>
      weight[0]!.map((_, j) => row.reduce((sum, value, i) => sum + value * weight[i]![j]!, bias[j] ?? 0)),
    );
  }

  norm(x: Matrix, name: string): Matrix {
    const [gain, bias] = [this.vector(`${name}.weight`), this.vector(`${name}.bias`)];
    return x.map((row) => {
      const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
      const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
      return row.map((value, j) => ((value - mean) / Math.sqrt(variance + this.#epsilon)) * gain[j]! + (bias[j] ?? 0));
    });
  }

  /** Multi-head attention of x to the memory, by the parameters under `name`. */
  attention(
    x: Matrix,
    memory: Matrix,
    name: string,
    heads: number,
    options: PlainAttention = {},
  ): { output: Matrix; patterns: Matrix[]; heads: Matrix[] } {
    const { sees = () => true, score = () => 0, turn = (row) => row, value: extra } = options;
    const part = (y: Matrix, map: string): Matrix => this.linear(y, `${name}.${map}`);
    const [query, key, value] = [part(x, "query"), part(memory, "key"), part(memory, "value")];
    const dHead = query[0]!.length / heads;
    const mixed: Matrix = x.map(() => []);
    const patterns = Array.from({ length: heads }, (_, h) => {
      const own = (row: number[]): number[] => row.slice(h * dHead, (h + 1) * dHead);
      const pattern = x.map((_, i) => {
        const q = turn(own(query[i]!), i);
        return softmax(
          memory.map((_, j) =>
            sees(i, j) ? dot(q, turn(own(key[j]!), j)) / Math.sqrt(dHead) + score(h, i, j, q) : -Infinity,
          ),
        );
      });
      pattern.forEach((weights, i) => {
        for (let c = 0; c < dHead; c++) {
          mixed[i]!.push(
            weights.reduce((sum, weight, j) => sum + weight * (own(value[j]!)[c]! + (extra?.(i, j)[c] ?? 0)), 0),
          );
        }
      });
      return pattern;
    });
    const given = patterns.map((_, h) => mixed.map((row) => row.slice(h * dHead, (h + 1) * dHead)));
    return { output: part(mixed, "output"), patterns, heads: given };
  }
}

/** What a positional encoding or a mask does inside attention; h is the head, i the query, j the key. */
export interface PlainAttention {
  sees?: (i: number, j: number) => boolean;
  /** Added to the scaled score. */
  score?: (h: number, i: number, j: number, query: number[]) => number;
  /** A head's query or key at a position, turned. */
  turn?: (row: number[], position: number) => number[];
  /** Added to the value. */
  value?: (i: number, j: number) => number[];
}

/** Softmax; all 0 where every score is −∞. */
export function softmax(scores: readonly number[]): number[] {
  const most = Math.max(...scores);
  const weights = scores.map((score) => (score === -Infinity ? 0 : Math.exp(score - most)));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => (total === 0 ? 0 : weight / total));
}

/** The error function by its Maclaurin series, which converges everywhere; more than enough for |x| < 6. */
export function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 300; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return Math.abs(x) > 5 ? Math.sign(x) : (2 / Math.sqrt(Math.PI)) * sum;
}

export const activations: Readonly<Record<string, (x: number) => number>> = {
  relu: (x) => Math.max(0, x),
  gelu: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  geluExact: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
};
