/** LSTM, GRU and additive attention as loops over nested arrays of float64, written from the equations and independent of `src`. */
import { PlainLayers, softmax, type Matrix, type Parameters } from "./layers.js";

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** What a layer carries: its output and, of an LSTM, the cell. */
export interface PlainState {
  h: number[];
  c: number[];
}

/** One step of a layer whose parameters are under `name`. */
export function plainStep(
  parameters: Parameters,
  name: string,
  kind: "lstm" | "gru",
  x: number[],
  state: PlainState,
): PlainState {
  const layers = new PlainLayers(parameters);
  const size = state.h.length;
  const a = layers.linear([x], `${name}input`)[0]!;
  const s = layers.linear([state.h], `${name}state`)[0]!;
  const gate = (g: number, i: number): number => a[g * size + i]! + s[g * size + i]!;
  if (kind === "lstm") {
    const c = state.c.map((old, i) => sigmoid(gate(1, i)) * old + sigmoid(gate(0, i)) * Math.tanh(gate(2, i)));
    return { c, h: c.map((value, i) => sigmoid(gate(3, i)) * Math.tanh(value)) };
  }
  const h = state.h.map((old, i) => {
    const [r, z] = [sigmoid(gate(0, i)), sigmoid(gate(1, i))];
    const n = Math.tanh(a[2 * size + i]! + r * s[2 * size + i]!);
    return (1 - z) * n + z * old;
  });
  return { h, c: [] };
}

/** The outputs of a layer that reads a row from its first real token to the last, or the other way round, and its last state. */
export function plainRecurrent(
  parameters: Parameters,
  name: string,
  kind: "lstm" | "gru",
  row: Matrix,
  hidden: number,
  { real = row.length, reverse = false }: { real?: number; reverse?: boolean } = {},
): { outputs: Matrix; state: PlainState } {
  let state: PlainState = { h: new Array<number>(hidden).fill(0), c: new Array<number>(hidden).fill(0) };
  const outputs: Matrix = row.map(() => []);
  for (let step = 0; step < row.length; step++) {
    const t = reverse ? row.length - 1 - step : step;
    if (t < real) state = plainStep(parameters, name, kind, row[t]!, state);
    outputs[t] = state.h;
  }
  return { outputs, state };
}

/** Weights and mean of additive attention of a query to keys. */
export function plainAdditive(parameters: Parameters, name: string, query: number[], keys: Matrix, real = keys.length) {
  const layers = new PlainLayers(parameters);
  const q = layers.linear([query], `${name}query`)[0]!;
  const v = layers.matrix(`${name}score.weight`);
  const scores = layers
    .linear(keys, `${name}key`)
    .map((key, j) => (j < real ? key.reduce((sum, k, c) => sum + v[c]![0]! * Math.tanh(q[c]! + k), 0) : -Infinity));
  const weights = softmax(scores);
  return { weights, context: keys[0]!.map((_, c) => keys.reduce((sum, key, j) => sum + weights[j]! * key[c]!, 0)) };
}
