/** The hidden units of a feed-forward sublayer: groups that compute one function each, and those that clear coordinates. */
import { getOrInsert, groupBy } from "../../../language/maps.js";
import { read, statesOf, valueOf, type ResidualStream } from "./residual-stream.js";
import type { Sample } from "./sample.js";
import { cleaned, picked, ValueSet, type Subspace } from "./subspace.js";
import { column, row, type CompiledWeights, type LayerWeights, type Matrix } from "./weights.js";

/** A subspace that hidden units write, and the subspaces that they read. */
export interface UnitsRun {
  readonly subspace: Subspace;
  readonly inputs: readonly Subspace[];
}

/** The coordinates that hidden units set to 0 so that they can be used again: relu(x) and relu(-x) are subtracted from x. */
export function clearedBy({ hidden, output }: LayerWeights): Set<number> {
  const cleared = new Set<number>();
  for (let u = 0; u < output.rows; u++) {
    const reads = [...column(hidden.weight, u).entries()].filter(([, w]) => w !== 0);
    if (reads.length !== 1 || hidden.bias[u] !== 0) continue;
    const [c, w] = reads[0]!;
    if (Math.abs(w) === 1 && row(output, u)[c] === -w) cleared.add(c);
  }
  return cleared;
}

/** The feed-forward sublayer of a layer. */
interface FeedForward {
  readonly weights: CompiledWeights;
  readonly layer: number;
  /** See `clearedBy`. */
  readonly clearing: ReadonlySet<number>;
}

/** Which maps read a residual coordinate after it is written, as a text: coordinates with the same readers belong together. */
function readersOf(c: number, { weights, layer }: FeedForward): string {
  const reads = ({ rows, columns, data }: Matrix): boolean => {
    if (rows === 0) return false;
    return data.subarray(c * columns, (c + 1) * columns).some((w) => w !== 0);
  };
  const later = weights.layers.slice(layer + 1).flatMap(({ heads, hidden }, l) => [
    // The heads of the next layer do not count as readers.
    ...(l === 0 ? [] : heads.flatMap(({ query, key, value }) => [query, key, value])),
    hidden,
  ]);
  const maps = [...later, ...weights.outputs.map(({ unembedding }) => unembedding)];
  return maps.map(({ weight }) => Number(reads(weight))).join("");
}

/** The subspaces that hidden units write: units that write the same coordinates are one function of what they read. */
export function runUnits(sublayer: FeedForward, stream: ResidualStream, sample: Sample): UnitsRun[] {
  const { hidden, output, written } = sublayer.weights.layers[sublayer.layer]!;
  const groups =
    written?.map((coordinates) => groupWriting(output, coordinates)) ?? groupsOf(output, sublayer.clearing);
  return groups.flatMap(({ units, coordinates }) => {
    const reading = read(stream, { weight: pickColumns(hidden.weight, units), bias: picked(hidden.bias, units) });
    const inputs = reading.parts.map(({ subspace }) => subspace);
    const states = statesOf(inputs, sample.token.length);
    const byReaders = groupBy(coordinates, (c) => (written ? "" : readersOf(c, sublayer)));
    return [...byReaders.values()].map((own) => {
      const outputOf = (pre: Float64Array): Float64Array =>
        Float64Array.from(own, (c) =>
          cleaned(units.reduce((total, u, j) => total + Math.max(0, pre[j]!) * row(output, u)[c]!, 0)),
        );
      const set = new ValueSet();
      const ids = states.tuples.map((tuple) => set.idOf(outputOf(valueOf(reading, tuple))));
      const subspace: Subspace = {
        writer: { kind: "units", layer: sublayer.layer, units },
        coordinates: own,
        values: set.values,
        at: states.at.map((state) => ids[state]!),
        atBos: outputOf(reading.atBos),
      };
      return { subspace, inputs };
    });
  });
}

function pickColumns({ rows, columns, data }: Matrix, chosen: readonly number[]): Matrix {
  const result = new Float64Array(rows * chosen.length);
  for (let r = 0; r < rows; r++) chosen.forEach((c, j) => (result[r * chosen.length + j] = data[r * columns + c]!));
  return { rows, columns: chosen.length, data: result };
}

/** Units and the coordinates that they write. */
interface Group {
  readonly units: number[];
  readonly coordinates: number[];
}

function groupWriting(output: Matrix, coordinates: readonly number[]): Group {
  const units = Array.from({ length: output.rows }, (_, u) => u).filter((u) =>
    coordinates.some((c) => row(output, u)[c] !== 0),
  );
  return { units, coordinates: [...coordinates] };
}

/** The connected components of units and the coordinates that they write, other than those that they clear. */
function groupsOf(output: Matrix, clearing: ReadonlySet<number>): Group[] {
  const owner = Array.from({ length: output.columns }, (_, c) => c);
  const find = (c: number): number => {
    while (owner[c] !== c) c = owner[c]!;
    return c;
  };
  const writes = Array.from({ length: output.rows }, (_, u) =>
    [...row(output, u).entries()].filter(([c, w]) => w !== 0 && !clearing.has(c)).map(([c]) => c),
  );
  for (const [first, ...others] of writes) for (const other of others) owner[find(other)] = find(first!);
  const groups = new Map<number, Group>();
  for (const [u, coordinates] of writes.entries()) {
    if (coordinates.length === 0) continue;
    const group = getOrInsert(groups, find(coordinates[0]!), (): Group => ({ units: [], coordinates: [] }));
    group.units.push(u);
    for (const c of coordinates) if (!group.coordinates.includes(c)) group.coordinates.push(c);
  }
  return [...groups.values()].map(({ units, coordinates }) => ({
    units,
    coordinates: coordinates.sort((a, b) => a - b),
  }));
}
