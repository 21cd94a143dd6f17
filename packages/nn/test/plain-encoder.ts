/**
 * The encoder again, as loops over nested arrays of float64, written from the equations and from nothing in `src`. It is
 * what the tests compare the real one with.
 */
import type { EncoderConfig } from "@selectron/nn";

/** A parameter as nested arrays. */
export type Parameters = Readonly<Record<string, number[] | number[][]>>;

type Matrix = number[][];

export interface PlainResult {
  logits: Matrix[];
  /** Every activation by its name, per row of the batch. */
  activations: Record<string, unknown[]>;
}

export function plainEncoder(
  config: EncoderConfig,
  parameters: Parameters,
  tokens: readonly (readonly number[])[],
  padding?: readonly (readonly boolean[])[],
): PlainResult {
  const matrix = (name: string): Matrix => parameters[name] as Matrix;
  const vector = (name: string): number[] => parameters[name] as number[];
  const linear = (x: Matrix, name: string): Matrix =>
    x.map((row) =>
      vector(`${name}.bias`).map((bias, j) =>
        row.reduce((sum, value, i) => sum + value * matrix(`${name}.weight`)[i]![j]!, bias),
      ),
    );
  const norm = (x: Matrix, name: string): Matrix => {
    if (!config.layerNorm) return x;
    return x.map((row) => {
      const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
      const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
      return row.map(
        (value, j) =>
          ((value - mean) / Math.sqrt(variance + 1e-5)) * vector(`${name}.weight`)[j]! + vector(`${name}.bias`)[j]!,
      );
    });
  };
  const sum = (x: Matrix, y: Matrix): Matrix => x.map((row, i) => row.map((value, j) => value + y[i]![j]!));

  const activations: Record<string, unknown[]> = {};
  const record = (name: string, value: unknown): number => (activations[name] ??= []).push(value);

  const logits = tokens.map((row, b) => {
    let x = row.map((id, i) =>
      matrix("embedding.token.weight")[id]!.map((value, j) => value + matrix("embedding.position.weight")[i]![j]!),
    );
    record("embedding", x);
    config.blocks.forEach(({ heads, dHead, dFf }, index) => {
      const attention = `blocks.${index}.attention`;
      const feedForward = `blocks.${index}.feedForward`;
      if (heads > 0) {
        const input = norm(x, `${attention}.norm`);
        const [query, key, value] = ["query", "key", "value"].map((name) => linear(input, `${attention}.${name}`)) as [
          Matrix,
          Matrix,
          Matrix,
        ];
        const mixed: Matrix = x.map(() => []);
        const patterns: Matrix[] = [];
        for (let h = 0; h < heads; h++) {
          const own = (y: Matrix, i: number): number[] => y[i]!.slice(h * dHead, (h + 1) * dHead);
          const pattern = x.map((_, i) => {
            const scores = x.map((_, j) => {
              const score = own(query, i).reduce((total, q, c) => total + q * own(key, j)[c]!, 0) / Math.sqrt(dHead);
              return (padding && !padding[b]![j]) || (config.causal && j > i) ? -Infinity : score;
            });
            // Scores of some hundreds below 0 would all become 0 without it, even in float64.
            const most = Math.max(...scores);
            const weights = scores.map((score) => (score === -Infinity ? 0 : Math.exp(score - most)));
            const total = weights.reduce((a, c) => a + c, 0);
            return weights.map((weight) => (total === 0 ? 0 : weight / total));
          });
          patterns.push(pattern);
          pattern.forEach((weights, i) => {
            for (let c = 0; c < dHead; c++) {
              mixed[i]!.push(weights.reduce((total, weight, j) => total + weight * own(value, j)[c]!, 0));
            }
          });
        }
        x = sum(x, linear(mixed, `${attention}.output`));
        record(`${attention}.pattern`, patterns);
        record(`${attention}.residual`, x);
      }
      if (dFf > 0) {
        const hidden = linear(norm(x, `${feedForward}.norm`), `${feedForward}.hidden`).map((units) =>
          units.map((unit) => Math.max(0, unit)),
        );
        x = sum(x, linear(hidden, `${feedForward}.output`));
        record(`${feedForward}.hidden`, hidden);
        record(`${feedForward}.residual`, x);
      }
    });
    return linear(norm(x, "norm"), "unembedding");
  });
  return { logits, activations };
}
