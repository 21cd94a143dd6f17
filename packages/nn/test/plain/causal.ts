/** The Llama kind and GPT-NeoX as loops over nested arrays of float64, written from the papers' equations. One row at a time. */
import type { LlamaConfig, NeoXConfig } from "@selectron/nn";
import { activations, add, softmax, type Matrix, type Parameters } from "./layers.js";

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/** Turns pairs of the first columns of a head by the position times base^(-2i / columns); `partner` says which columns are pair i. */
function turned(
  row: readonly number[],
  at: number,
  columns: number,
  frequency: (i: number) => number,
  isHalves: boolean,
): number[] {
  const out = [...row];
  for (let i = 0; i < columns / 2; i++) {
    const [p, q] = isHalves ? [i, i + columns / 2] : [2 * i, 2 * i + 1];
    const angle = at * frequency(i);
    out[p] = row[p]! * Math.cos(angle) - row[q]! * Math.sin(angle);
    out[q] = row[p]! * Math.sin(angle) + row[q]! * Math.cos(angle);
  }
  return out;
}

/** Maps of [out, in], as torch.nn.Linear has them. */
class Maps {
  readonly parameters: Parameters;
  constructor(parameters: Parameters) {
    this.parameters = parameters;
  }

  map(x: Matrix, name: string): Matrix {
    const weight = this.parameters[`${name}.weight`] as Matrix;
    const bias = this.parameters[`${name}.bias`] as number[] | undefined;
    return x.map((row) => weight.map((to, j) => dot(to, row) + (bias?.[j] ?? 0)));
  }

  vector(name: string): number[] {
    return this.parameters[name] as number[];
  }
}

/** Causal attention of one head, from its rows of queries, keys and values. */
const attend = (query: Matrix, key: Matrix, value: Matrix): Matrix =>
  query.map((q, i) => {
    const weights = softmax(key.slice(0, i + 1).map((k) => dot(q, k) / Math.sqrt(q.length)));
    return value[0]!.map((_, c) => weights.reduce((sum, weight, j) => sum + weight * value[j]![c]!, 0));
  });

/** Logits [n][V]. */
export function plainLlama(config: LlamaConfig, parameters: Parameters, ids: readonly number[]): Matrix {
  const maps = new Maps(parameters);
  const { heads, keyValueHeads, dHead, base, epsilon, scaling } = config;
  const norm = (x: Matrix, name: string): Matrix =>
    x.map((row) => {
      const size = Math.sqrt(dot(row, row) / row.length + epsilon);
      return row.map((value, c) => (value / size) * maps.vector(name)[c]!);
    });
  const frequency = (i: number): number => {
    const plain = base ** ((-2 * i) / dHead);
    if (!scaling) return plain;
    if (scaling.kind === "linear") return plain / scaling.factor;
    const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalLength: length } = scaling;
    const wavelength = (2 * Math.PI) / plain;
    if (wavelength < length / high) return plain;
    if (wavelength > length / low) return plain / factor;
    const smooth = (length / wavelength - low) / (high - low);
    return ((1 - smooth) * plain) / factor + smooth * plain;
  };
  const head = (x: Matrix, h: number): Matrix => x.map((row) => row.slice(h * dHead, (h + 1) * dHead));
  const turn = (x: Matrix): Matrix =>
    x.map((row, at) => turned(row, at, dHead, frequency, config.pairing !== "interleaved"));
  let x: Matrix = ids.map((id) => (parameters["embed_tokens.weight"] as Matrix)[id]!);
  for (let layer = 0; layer < config.layers; layer++) {
    const path = `layers.${layer}`;
    const y = norm(x, `${path}.input_layernorm.weight`);
    const [q, k, v] = ["q", "k", "v"].map((part) => maps.map(y, `${path}.self_attn.${part}_proj`)) as [
      Matrix,
      Matrix,
      Matrix,
    ];
    const mixed: Matrix = ids.map(() => []);
    for (let h = 0; h < heads; h++) {
      const group = Math.floor(h / (heads / keyValueHeads));
      attend(turn(head(q, h)), turn(head(k, group)), head(v, group)).forEach((row, i) => mixed[i]!.push(...row));
    }
    x = add(x, maps.map(mixed, `${path}.self_attn.o_proj`));
    const z = norm(x, `${path}.post_attention_layernorm.weight`);
    const [gate, up] = ["gate", "up"].map((part) => maps.map(z, `${path}.mlp.${part}_proj`)) as [Matrix, Matrix];
    const silu = (value: number): number => value / (1 + Math.exp(-value));
    const f = config.activation === undefined || config.activation === "silu" ? silu : activations[config.activation]!;
    x = add(
      x,
      maps.map(
        gate.map((row, i) => row.map((value, c) => f(value) * up[i]![c]!)),
        `${path}.mlp.down_proj`,
      ),
    );
  }
  return maps.map(norm(x, "norm.weight"), config.tied ? "embed_tokens" : "lm_head");
}

/** Logits [n][V]. */
export function plainNeoX(config: NeoXConfig, parameters: Parameters, ids: readonly number[]): Matrix {
  const maps = new Maps(parameters);
  const { heads, dModel, rotaryColumns: columns, base, epsilon, parallel = true } = config;
  const dHead = dModel / heads;
  const norm = (x: Matrix, name: string): Matrix =>
    x.map((row) => {
      const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
      const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
      const [gain, bias] = [maps.vector(`${name}.weight`), maps.vector(`${name}.bias`)];
      return row.map((value, c) => ((value - mean) / Math.sqrt(variance + epsilon)) * gain[c]! + bias[c]!);
    });
  const turn = (x: Matrix): Matrix =>
    x.map((row, at) => turned(row, at, columns, (i) => base ** ((-2 * i) / columns), true));
  let x: Matrix = ids.map((id) => (parameters["embed_in.weight"] as Matrix)[id]!);
  for (let layer = 0; layer < config.layers; layer++) {
    const path = `layers.${layer}`;
    const all = maps.map(norm(x, `${path}.input_layernorm`), `${path}.attention.query_key_value`);
    const mixed: Matrix = ids.map(() => []);
    for (let h = 0; h < heads; h++) {
      const part = (which: number): Matrix =>
        all.map((row) => row.slice((3 * h + which) * dHead, (3 * h + which + 1) * dHead));
      attend(turn(part(0)), turn(part(1)), part(2)).forEach((row, i) => mixed[i]!.push(...row));
    }
    const attended = add(x, maps.map(mixed, `${path}.attention.dense`));
    const z = norm(parallel ? x : attended, `${path}.post_attention_layernorm`);
    const hidden = maps
      .map(z, `${path}.mlp.dense_h_to_4h`)
      .map((row) => row.map(activations[config.activation ?? "geluExact"]!));
    x = add(attended, maps.map(hidden, `${path}.mlp.dense_4h_to_h`));
  }
  return maps.map(norm(x, "final_layer_norm"), config.tied ? "embed_in" : "embed_out");
}
