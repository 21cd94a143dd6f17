/**
 * The model in the limit of sharp attention, run on the sample in 64 bits: what every head selects, and which value every variable has
 * at every place. A selected key counts in full and another one not at all, so that a mean is the mean and a count is whole.
 */
import type { Sample } from "./sample.js";
import { cleaned, read, statesOf, ValueSet, valueOf, type Reading, type Stream, type Variable } from "./variable.js";
import { column, row, type HardWeights, type HeadWeights, type LayerWeights, type Matrix } from "./weights.js";

/** What a head does on the sample. */
export interface HeadRun {
  readonly layer: number;
  readonly head: number;
  readonly query: Reading;
  readonly key: Reading;
  readonly value: Reading;
  /** Whether the head adds up what it selects, as a width does; else it takes the mean. */
  readonly adds: boolean;
  /** The places that each place selects, ascending; none where it falls on BOS. */
  readonly selected: readonly Int32Array[];
  /** The residual coordinates that it writes. */
  readonly written: readonly number[];
}

/** What hidden units that write the same coordinates read. */
export interface UnitsRun {
  readonly variable: Variable;
  readonly inputs: readonly Variable[];
}

export interface Run {
  readonly variables: readonly Variable[];
  readonly heads: readonly HeadRun[];
  readonly units: ReadonlyMap<Variable, UnitsRun>;
  /** One for each result. */
  readonly outputs: readonly Reading[];
}

/** A model whose attention is not sharp, or whose values are too many to be a program's. */
export class NotHardError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "NotHardError";
  }
}

/** A key whose part in the result is less than this is not selected. */
const LEAST_PART = 1e-3;

export function runHard(weights: HardWeights, sample: Sample): Run {
  const constant = new Float64Array(weights.dModel);
  const variables: Variable[] = [
    embedded("tokens", weights.tokens, sample.token, constant),
    embedded("indices", weights.positions, sample.position, constant),
  ];
  const cleared = new Map<Variable, Set<number>>();
  const stream: Stream = { variables, constant, cleared };
  const heads: HeadRun[] = [];
  const units = new Map<Variable, UnitsRun>();
  weights.layers.forEach((layer, l) => {
    const runs = layer.heads.map((head, h) => runHead(head, l, h, stream, sample, weights.causal));
    heads.push(...runs);
    add(constant, layer.constant.attention);
    variables.push(...writtenByHeads(runs, l, sample));
    const clearings = clearingsOf(layer);
    const fed = runUnits(layer, l, weights, clearings, stream, sample);
    add(constant, layer.constant.feedForward);
    for (const c of clearings) {
      constant[c] = 0;
      for (const variable of variables) cleared.set(variable, (cleared.get(variable) ?? new Set()).add(c));
    }
    for (const run of fed) {
      units.set(run.variable, run);
      variables.push(run.variable);
    }
  });
  return { variables, heads, units, outputs: weights.outputs.map(({ unembedding }) => read(stream, unembedding)) };
}

/** Coordinates that hidden units set to 0, for others to stand in: relu(x) and relu(-x) are taken off x. */
function clearingsOf({ hidden, output }: LayerWeights): Set<number> {
  const cleared = new Set<number>();
  for (let u = 0; u < output.rows; u++) {
    const reads = [...column(hidden.weight, u).entries()].filter(([, w]) => w !== 0);
    if (reads.length !== 1 || hidden.bias[u] !== 0) continue;
    const [c, w] = reads[0]!;
    if (Math.abs(w) === 1 && row(output, u)[c] === -w) cleared.add(c);
  }
  return cleared;
}

function add(sum: Float64Array, term: Float64Array): void {
  for (let c = 0; c < sum.length; c++) sum[c]! += term[c]!;
}

/** An embedding, row 0 of which is BOS's. What is the same in all rows goes to the constant. */
function embedded(kind: "tokens" | "indices", table: Matrix, at: Int32Array, constant: Float64Array): Variable {
  const shared = Float64Array.from({ length: table.columns }, (_, c) => {
    const values = column(table, c).subarray(1);
    return values.every((value) => value === values[0]) ? values[0]! : 0;
  });
  add(constant, shared);
  const rest = (r: number): Float64Array => row(table, r).map((value, c) => value - shared[c]!);
  return {
    writer: { kind },
    coordinates: Array.from({ length: table.columns }, (_, c) => c),
    values: Array.from({ length: table.rows - 1 }, (_, v) => rest(v + 1)),
    at,
    atBos: rest(0),
  };
}

function runHead(
  weights: HeadWeights,
  layer: number,
  head: number,
  stream: Stream,
  sample: Sample,
  causal: boolean,
): HeadRun {
  const [query, key, value] = [weights.query, weights.key, weights.value].map((map) => read(stream, map));
  const [queries, keys, values] = [query!, key!, value!].map((reading) => {
    const states = statesOf(
      reading.parts.map(({ variable }) => variable),
      sample.token.length,
    );
    return { ...states, rows: states.tuples.map((tuple) => valueOf(reading, tuple)) };
  });
  /** How much a key can change what is written: where BOS outweighs the keys, a small share of much is what counts. */
  const largest = values!.rows.reduce(
    (all, v) => v.reduce((most, x, c) => Math.max(most, Math.abs(x - value!.atBos[c]!)), all),
    1,
  );
  const bosScores = queries!.rows.map((q) => dot(q, key!.atBos));
  // Scores of pairs of states, each worked out once.
  const scores = queries!.rows.map(() => new Float64Array(keys!.rows.length).fill(NaN));
  const selected: Int32Array[] = [];
  let [adding, averaging] = [0, 0];
  for (let place = 0; place < sample.token.length; place++) {
    const input = sample.input[place]!;
    const [from, to] = [sample.starts[input]!, causal ? place + 1 : sample.starts[input + 1]!];
    const q = queries!.at[place]!;
    const known = scores[q]!;
    const scoreOf = (k: number): number => {
      const at = keys!.at[k]!;
      if (Number.isNaN(known[at]!)) known[at] = dot(queries!.rows[q]!, keys!.rows[at]!);
      return known[at]!;
    };
    let most = bosScores[q]!;
    for (let k = from; k < to; k++) most = Math.max(most, scoreOf(k));
    const onBos = bosScores[q]! > most - 1;
    const chosen: number[] = [];
    let [low, high] = [Infinity, -Infinity];
    for (let k = from; k < to; k++) {
      const score = scoreOf(k) - most;
      const part = Math.exp(score) * (onBos ? largest : 1);
      if (part < LEAST_PART) continue;
      chosen.push(k);
      low = Math.min(low, score);
      high = Math.max(high, score);
    }
    if (chosen.length > 0) {
      if (high - low > 0.01) throw notSharp(layer, head, "the keys that it attends to have different scores");
      if (onBos && high > -8) throw notSharp(layer, head, "it attends to BOS and to other positions at once");
      if (onBos) adding++;
      else averaging++;
    }
    selected.push(Int32Array.from(chosen));
  }
  if (adding > 0 && averaging > 0) throw notSharp(layer, head, "it adds up in some rows and averages in others");
  return {
    layer,
    head,
    query: query!,
    key: key!,
    value: adding > 0 ? scaledToCounts(value!, selected, bosScores, scores, queries!.at, keys!.at) : value!,
    adds: adding > 0,
    selected,
    written: weights.written,
  };
}

const notSharp = (layer: number, head: number, why: string): NotHardError =>
  new NotHardError(`head ${head} of layer ${layer} is no hard selection: ${why}`);

/** Where BOS outweighs the selected keys: what each of them adds to the result. */
function scaledToCounts(
  { parts, constant, atBos }: Reading,
  selected: readonly Int32Array[],
  bosScores: readonly number[],
  scores: readonly Float64Array[],
  queryAt: Int32Array,
  keyAt: Int32Array,
): Reading {
  const place = selected.findIndex(({ length }) => length > 0);
  const q = queryAt[place]!;
  const share = Math.exp(scores[q]![keyAt[selected[place]![0]!]!]! - bosScores[q]!);
  const scaled = (row: Float64Array): Float64Array => row.map((v) => cleaned(share * v));
  return {
    parts: parts.map((part) => ({ ...part, rows: part.rows.map(scaled), atBos: scaled(part.atBos) })),
    // What BOS itself gives is no part of a sum.
    constant: constant.map((v, c) => cleaned(share * (v - atBos[c]!))),
    atBos,
  };
}

/** Residual coordinates that the same heads write, as variables: a copied value as a whole, a number for itself. */
function writtenByHeads(runs: readonly HeadRun[], layer: number, sample: Sample): Variable[] {
  const places = sample.token.length;
  const writers = new Map<number, number[]>();
  for (const [h, { written }] of runs.entries())
    for (const c of written) writers.set(c, [...(writers.get(c) ?? []), h]);
  const groups = new Map<string, { heads: number[]; coordinates: number[] }>();
  const copied = runs.map(copies);
  for (const [c, heads] of [...writers].sort(([a], [b]) => a - b)) {
    const run = runs[heads[0]!]!;
    const key = heads.length === 1 && copied[heads[0]!]! ? `${heads[0]!} ${copiedWith(run, c)}` : `number ${c}`;
    const group = groups.get(key) ?? { heads, coordinates: [] };
    group.coordinates.push(c);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ heads, coordinates }) => {
    const results = heads.map((h) => resultsOf(runs[h]!, coordinates, places));
    const set = new ValueSet();
    const at = Int32Array.from({ length: places }, (_, place) => set.idOf(sum(results.map((rows) => rows[place]!))));
    const atBos = sum(heads.map((h) => picked(runs[h]!.value.atBos, columnsOf(runs[h]!, coordinates))));
    return { writer: { kind: "heads", layer, heads }, coordinates, values: set.values, at, atBos };
  });
}

const sum = (vectors: readonly Float64Array[]): Float64Array =>
  vectors.reduce((total, vector) => total.map((v, c) => v + vector[c]!));

const picked = (vector: Float64Array, columns: readonly number[]): Float64Array =>
  Float64Array.from(columns, (c) => vector[c]!);

export const columnsOf = ({ written }: HeadRun, coordinates: readonly number[]): number[] =>
  coordinates.map((c) => written.indexOf(c));

/** Whether all that a row selects carries the same, on the whole sample. */
function copies(run: HeadRun): boolean {
  if (run.adds) return false;
  const { at } = statesOf(
    run.value.parts.map(({ variable }) => variable),
    run.selected.length,
  );
  return run.selected.every((keys) => keys.every((k) => at[k] === at[keys[0]!]));
}

/** Which variables a key's part in a coordinate depends on; where it is none, as in a sign for empty rows, those of any coordinate. */
function copiedWith(run: HeadRun, coordinate: number): string {
  const argumentsOf = (c: number): string =>
    run.value.parts.flatMap(({ rows }, j) => (rows.some((r) => r[c] !== rows[0]![c]) ? [j] : [])).join();
  const own = argumentsOf(run.written.indexOf(coordinate));
  return own === "" ? (run.written.map((_, c) => argumentsOf(c)).find((some) => some !== "") ?? "") : own;
}

/** What a head adds to some coordinates at each place. */
function resultsOf(run: HeadRun, coordinates: readonly number[], places: number): Float64Array[] {
  const columns = columnsOf(run, coordinates);
  const states = statesOf(
    run.value.parts.map(({ variable }) => variable),
    places,
  );
  const rows = states.tuples.map((tuple) => picked(valueOf(run.value, tuple), columns));
  const atBos = picked(run.value.atBos, columns);
  return run.selected.map((keys) => {
    if (keys.length === 0) return atBos;
    const total = sum([...keys].map((k) => rows[states.at[k]!]!));
    return run.adds ? total.map((v, c) => v + atBos[c]!) : total.map((v) => v / keys.length);
  });
}

/** Who reads a residual coordinate after it was written in a layer: coordinates with the same readers belong together. */
function readersOf(c: number, weights: HardWeights, layer: number): string {
  const reads = ({ rows, columns, data }: Matrix): boolean => {
    if (rows === 0) return false;
    return data.subarray(c * columns, (c + 1) * columns).some((w) => w !== 0);
  };
  const readers = weights.layers.flatMap(({ heads, hidden }, l) => [
    ...(l > layer ? heads.flatMap(({ query, key, value }) => [query, key, value]) : []).map(({ weight }) =>
      reads(weight),
    ),
    l >= layer && reads(hidden.weight),
  ]);
  return [...readers, ...weights.outputs.map(({ unembedding }) => reads(unembedding.weight))].map(Number).join("");
}

/** Hidden units that write common coordinates, each group one function of what it reads. */
function runUnits(
  layer: LayerWeights,
  l: number,
  weights: HardWeights,
  clearings: ReadonlySet<number>,
  stream: Stream,
  sample: Sample,
): UnitsRun[] {
  return groupsOf(layer.output, clearings).flatMap(({ units, coordinates }) => {
    const map = {
      weight: pickColumns(layer.hidden.weight, units),
      bias: picked(layer.hidden.bias, units),
    };
    const reading = read(stream, map);
    const inputs = reading.parts.map(({ variable }) => variable);
    const states = statesOf(inputs, sample.token.length);
    return groupedBy(coordinates, (c) => readersOf(c, weights, l + 1)).map((own) => {
      const outputOf = (hidden: Float64Array): Float64Array =>
        Float64Array.from(own, (c) =>
          cleaned(units.reduce((total, u, j) => total + Math.max(0, hidden[j]!) * row(layer.output, u)[c]!, 0)),
        );
      const set = new ValueSet();
      const ids = states.tuples.map((tuple) => set.idOf(outputOf(valueOf(reading, tuple))));
      const variable: Variable = {
        writer: { kind: "units", layer: l, units },
        coordinates: own,
        values: set.values,
        at: states.at.map((state) => ids[state]!),
        atBos: outputOf(reading.atBos),
      };
      return { variable, inputs };
    });
  });
}

function groupedBy<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return [...groups.values()];
}

function pickColumns({ rows, columns, data }: Matrix, chosen: readonly number[]): Matrix {
  const result = new Float64Array(rows * chosen.length);
  for (let r = 0; r < rows; r++) chosen.forEach((c, j) => (result[r * chosen.length + j] = data[r * columns + c]!));
  return { rows, columns: chosen.length, data: result };
}

/** Connected components of units and the coordinates that they write, apart from what they clear. */
function groupsOf(output: Matrix, clearings: ReadonlySet<number>): { units: number[]; coordinates: number[] }[] {
  const owner = Array.from({ length: output.columns }, (_, c) => c);
  const find = (c: number): number => {
    while (owner[c] !== c) c = owner[c]!;
    return c;
  };
  const writes = Array.from({ length: output.rows }, (_, u) =>
    [...row(output, u).entries()].filter(([c, w]) => w !== 0 && !clearings.has(c)).map(([c]) => c),
  );
  for (const [first, ...others] of writes) for (const other of others) owner[find(other)] = find(first!);
  const groups = new Map<number, { units: number[]; coordinates: number[] }>();
  for (const [u, coordinates] of writes.entries()) {
    if (coordinates.length === 0) continue;
    const root = find(coordinates[0]!);
    const group = groups.get(root) ?? { units: [], coordinates: [] };
    group.units.push(u);
    for (const c of coordinates) if (!group.coordinates.includes(c)) group.coordinates.push(c);
    groups.set(root, group);
  }
  return [...groups.values()].map(({ units, coordinates }) => ({
    units,
    coordinates: coordinates.sort((a, b) => a - b),
  }));
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((total, v, c) => total + v * b[c]!, 0);
