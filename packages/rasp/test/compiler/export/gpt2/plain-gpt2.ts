/**
 * A GPT-2 in float32 with every operation rounded on its own, in whatever order is asked for: what libraries may do. Slow, and for tests.
 */
import type { Tensor } from "@selectron/core";
import type { Gpt2Config } from "@selectron/nn";

const f = Math.fround;

/** How one library computes. */
export interface Habits {
  readonly name: string;
  /** The sum of some floats, each addition rounded. */
  readonly sum: (terms: Float32Array) => number;
  /** The mean and the variance of a row. */
  readonly moments: (row: Float32Array, sum: Habits["sum"]) => readonly [mean: number, variance: number];
  /** How a norm becomes a line: (x - mean) · factor, or x · factor + offset. */
  readonly isLine: boolean;
  readonly tanh: (x: number) => number;
}

const inOrder = (terms: Float32Array): number => terms.reduce((sum, term) => f(sum + term), 0);

/** Halves, and halves of halves. */
const inPairs = (terms: Float32Array): number =>
  terms.length <= 2
    ? inOrder(terms)
    : f(inPairs(terms.subarray(0, terms.length >> 1)) + inPairs(terms.subarray(terms.length >> 1)));

/** Sixteen sums, as vectors of a processor have, and theirs. */
function inLanes(terms: Float32Array): number {
  const lanes = new Float32Array(16);
  terms.forEach((term, i) => (lanes[i % 16] = f(lanes[i % 16]! + term)));
  return inPairs(lanes);
}

/** The large terms first, of which rounding takes most away of all that follows. */
const largestFirst = (terms: Float32Array): number =>
  inOrder([...terms].sort((a, b) => Math.abs(b) - Math.abs(a)) as never);

const twoPass: Habits["moments"] = (row, sum) => {
  const mean = f(sum(row) / row.length);
  return [mean, f(sum(row.map((x) => f(f(x - mean) ** 2))) / row.length)];
};
const onePass: Habits["moments"] = (row, sum) => {
  const mean = f(sum(row) / row.length);
  return [mean, f(f(sum(row.map((x) => f(x * x))) / row.length) - f(mean * mean))];
};
const running: Habits["moments"] = (row) => {
  let [mean, squares] = [0, 0];
  row.forEach((x, i) => {
    const distance = f(x - mean);
    mean = f(mean + f(distance / (i + 1)));
    squares = f(squares + f(distance * f(x - mean)));
  });
  return [mean, f(squares / row.length)];
};

/** 4 units in the last place below 1, from 9 on. */
const clamped = (x: number): number => (Math.abs(x) < 9 ? f(Math.tanh(x)) : Math.sign(x) * (1 - 2 ** -22));

export const HABITS: readonly Habits[] = [
  { name: "in order", sum: inOrder, moments: twoPass, isLine: false, tanh: (x) => f(Math.tanh(x)) },
  { name: "in lanes", sum: inLanes, moments: onePass, isLine: true, tanh: clamped },
  { name: "running moments", sum: inPairs, moments: running, isLine: true, tanh: clamped },
  { name: "largest first", sum: largestFirst, moments: twoPass, isLine: false, tanh: (x) => f(Math.tanh(x)) },
];

/** What a forward pass of one input gives. */
export interface Pass {
  /** [n][entries] */
  readonly logits: readonly Float32Array[];
  /** After each sublayer, [n][n_embd]. */
  readonly streams: ReadonlyMap<string, readonly Float32Array[]>;
}

/** A row with mean 0 and variance 1, before the gain. */
export function normalised(x: Float32Array, epsilon: number, habits: Habits): Float32Array {
  const [mean, variance] = habits.moments(x, habits.sum);
  const factor = f(1 / f(Math.sqrt(f(variance + f(epsilon)))));
  const offset = f(-mean * factor);
  return x.map((value) => (habits.isLine ? f(f(value * factor) + offset) : f(f(value - mean) * factor)));
}

/** Long: the whole forward pass, to be read beside its formulas. */
export function plainPass(
  config: Gpt2Config,
  tensors: ReadonlyMap<string, Tensor>,
  ids: readonly number[],
  habits: Habits,
): Pass {
  const weights = (name: string): Tensor => tensors.get(name)!;
  const { dModel, heads, layers, epsilon } = config;
  const dHead = dModel / heads;
  const map = (x: Float32Array, name: string): Float32Array => {
    const { data, shape } = weights(`${name}.weight`);
    const [rows, columns] = shape as [number, number];
    const bias = weights(`${name}.bias`).data;
    const terms = new Float32Array(rows);
    return Float32Array.from({ length: columns }, (_, c) => {
      for (let r = 0; r < rows; r++) terms[r] = f(x[r]! * data[r * columns + c]!);
      return f(habits.sum(terms) + bias[c]!);
    });
  };
  const norm = (x: Float32Array, name: string): Float32Array => {
    const [gain, bias] = [weights(`${name}.weight`).data, weights(`${name}.bias`).data];
    return normalised(x, epsilon, habits).map((value, c) => f(f(value * gain[c]!) + bias[c]!));
  };
  const gelu = (x: number): number => {
    const inner = f(f(Math.sqrt(2 / Math.PI)) * f(x + f(f(0.044715) * f(f(x * x) * x))));
    return f(f(0.5 * x) * f(1 + habits.tanh(inner)));
  };
  const streams = new Map<string, readonly Float32Array[]>();
  const row = (name: string, at: number): Float32Array => weights(name).data.subarray(at * dModel, (at + 1) * dModel);
  const plus = (x: Float32Array, y: Float32Array): Float32Array => x.map((value, c) => f(value + y[c]!));
  let x = ids.map((id, at) => plus(row("wte.weight", id), row("wpe.weight", at)));
  for (let layer = 0; layer < layers; layer++) {
    const all = x.map((value) => map(norm(value, `h.${layer}.ln_1`), `h.${layer}.attn.c_attn`));
    const mixed = all.map((own, i) => {
      const out = new Float32Array(dModel);
      for (let h = 0; h < heads; h++) {
        const part = (of: Float32Array, p: number) => of.subarray(p * dModel + h * dHead, p * dModel + (h + 1) * dHead);
        const seen = all.slice(0, i + 1);
        const query = part(own, 0);
        const scores = seen.map((other) =>
          f(habits.sum(query.map((q, d) => f(q * part(other, 1)[d]!))) * f(1 / Math.sqrt(dHead))),
        );
        const most = Math.max(...scores);
        const shares = Float32Array.from(scores, (score) => f(Math.exp(f(score - most))));
        const total = habits.sum(shares);
        for (let d = 0; d < dHead; d++) {
          const terms = Float32Array.from(seen, (other, j) => f(f(shares[j]! / total) * part(other, 2)[d]!));
          out[h * dHead + d] = habits.sum(terms);
        }
      }
      return out;
    });
    x = x.map((value, i) => plus(value, map(mixed[i]!, `h.${layer}.attn.c_proj`)));
    streams.set(`${layer + 1} attention`, x);
    const hidden = x.map((value) => map(norm(value, `h.${layer}.ln_2`), `h.${layer}.mlp.c_fc`).map(gelu));
    x = x.map((value, i) => plus(value, map(hidden[i]!, `h.${layer}.mlp.c_proj`)));
    streams.set(`${layer + 1} feed-forward`, x);
  }
  const { data, shape } = weights("lm_head.weight");
  const logits = x.map((value) => {
    const last = norm(value, "ln_f");
    return Float32Array.from({ length: shape[0]! }, (_, entry) =>
      habits.sum(last.map((y, c) => f(y * data[entry * dModel + c]!))),
    );
  });
  return { logits, streams };
}
