/** Hidden units of a feed-forward sublayer: groups that compute one function each, and those that clear coordinates. */
import type { Sample } from "./sample.js";
import { cleaned, picked, read, statesOf, ValueSet, valueOf, type ResidualStream, type Subspace } from "./subspace.js";
import { column, row, type CompiledWeights, type LayerWeights, type Matrix } from "./weights.js";

/** What hidden units that write the same coordinates read. */
export interface UnitsRun {
  readonly subspace: Subspace;
  readonly inputs: readonly Subspace[];
}

/** Coordinates that hidden units set to 0, for others to stand in: relu(x) and relu(-x) are taken off x. */
export function clearingsOf({ hidden, output }: LayerWeights): Set<number> {
  const cleared = new Set<number>();
  for (let u = 0; u < output.rows; u++) {
    const reads = [...column(hidden.weight, u).entries()].filter(([, w]) => w !== 0);
    if (reads.length !== 1 || hidden.bias[u] !== 0) continue;
    const [c, w] = reads[0]!;
    if (Math.abs(w) === 1 && row(output, u)[c] === -w) cleared.add(c);
  }
  return cleared;
}

/** Who reads a residual coordinate after it was written in a layer: coordinates with the same readers belong together. */
function readersOf(c: number, weights: CompiledWeights, layer: number): string {
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
export function runUnits(
  layer: LayerWeights,
  l: number,
  weights: CompiledWeights,
  clearings: ReadonlySet<number>,
  stream: ResidualStream,
  sample: Sample,
): UnitsRun[] {
  return groupsOf(layer.output, clearings).flatMap(({ units, coordinates }) => {
    const map = {
      weight: pickColumns(layer.hidden.weight, units),
      bias: picked(layer.hidden.bias, units),
    };
    const reading = read(stream, map);
    const inputs = reading.parts.map(({ subspace }) => subspace);
    const states = statesOf(inputs, sample.token.length);
    return groupedBy(coordinates, (c) => readersOf(c, weights, l + 1)).map((own) => {
      const outputOf = (hidden: Float64Array): Float64Array =>
        Float64Array.from(own, (c) =>
          cleaned(units.reduce((total, u, j) => total + Math.max(0, hidden[j]!) * row(layer.output, u)[c]!, 0)),
        );
      const set = new ValueSet();
      const ids = states.tuples.map((tuple) => set.idOf(outputOf(valueOf(reading, tuple))));
      const subspace: Subspace = {
        writer: { kind: "units", layer: l, units },
        coordinates: own,
        values: set.values,
        at: states.at.map((state) => ids[state]!),
        atBos: outputOf(reading.atBos),
      };
      return { subspace, inputs };
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
