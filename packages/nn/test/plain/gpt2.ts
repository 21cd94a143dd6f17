/** GPT-2 as loops over nested arrays of float64, with every activation shown to a function that may replace it. One row at a time. */
import type { Gpt2Config } from "@selectron/nn";
import { activations, add, softmax, type Matrix, type Parameters } from "./layers.js";

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/** [n][…], or of heads [H][n][…]. */
export type Activation = Matrix | Matrix[];

/** Logits [n][V]. @param see - gives what to go on with */
export function plainGpt2(
  { layers, heads, dModel, epsilon }: Gpt2Config,
  parameters: Parameters,
  ids: readonly number[],
  positions: readonly number[],
  see: <T extends Activation>(name: string, value: T) => T,
): Matrix {
  // Long: the equations, in their order.
  const matrix = (name: string): Matrix => parameters[`${name}.weight`] as Matrix;
  const vector = (name: string): number[] => parameters[name] as number[];
  const map = (x: Matrix, name: string): Matrix =>
    x.map((row) =>
      vector(`${name}.bias`).map(
        (bias, j) =>
          bias +
          dot(
            row,
            matrix(name).map((to) => to[j]!),
          ),
      ),
    );
  const norm = (x: Matrix, name: string): Matrix =>
    x.map((row) => {
      const mean = row.reduce((a, b) => a + b) / row.length;
      const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
      const [gain, bias] = [vector(`${name}.weight`), vector(`${name}.bias`)];
      return row.map((value, c) => ((value - mean) / Math.sqrt(variance + epsilon)) * gain[c]! + bias[c]!);
    });
  const width = dModel / heads;
  const all = Array.from({ length: heads }, (_, h) => h);
  let x = see(
    "embedding",
    ids.map((id, i) => matrix("wte")[id]!.map((value, c) => value + matrix("wpe")[positions[i]!]![c]!)),
  );
  for (let layer = 0; layer < layers; layer++) {
    const path = `h.${layer}`;
    const qkv = map(norm(x, `${path}.ln_1`), `${path}.attn.c_attn`);
    const part = (h: number, which: number): Matrix =>
      qkv.map((row) => row.slice(which * dModel + h * width, which * dModel + (h + 1) * width));
    const patterns = all.map((h) =>
      part(h, 0).map((query, i) =>
        softmax(part(h, 1).map((key, j) => (j > i ? -Infinity : dot(query, key) / Math.sqrt(width)))),
      ),
    );
    const given = see(
      `${path}.attn.heads`,
      see(`${path}.attn.pattern`, patterns).map((pattern, h) =>
        pattern.map((weights) =>
          part(h, 2)[0]!.map((_, c) =>
            dot(
              weights,
              part(h, 2).map((value) => value[c]!),
            ),
          ),
        ),
      ),
    );
    const together = ids.map((_, i) => given.flatMap((head) => head[i]!));
    x = see(`${path}.attn.residual`, add(x, map(together, `${path}.attn.c_proj`)));
    const inner = map(norm(x, `${path}.ln_2`), `${path}.mlp.c_fc`).map((row) => row.map(activations["gelu"]!));
    const output = map(see(`${path}.mlp.hidden`, inner), `${path}.mlp.c_proj`);
    x = see(`${path}.mlp.residual`, add(x, see(`${path}.mlp.output`, output)));
  }
  return norm(x, "ln_f").map((row) => matrix("wte").map((token) => dot(row, token)));
}
