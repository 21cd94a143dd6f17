/**
 * What a table of the values of a state for short inputs says of longer ones: a guess, which `kept-values.ts` holds to what a step makes.
 * Values near both ends of an input, and those in between, go on as they do in short inputs: runs of ints end where a multiple of the
 * length and of the position says, and all else is what it was in any of them.
 */
import type { Atom } from "../../language/graph/node.js";
import { getOrInsert } from "../../language/maps.js";
import { distinctAtoms } from "../values/value-set.js";
import { Table, type Cells, type Dependence } from "../values/table.js";

/** So many positions at each end of an input are unlike those in between. */
const END = 4;
/** So many of the longest of the short inputs are compared: programs that take every third or fifth token make sets in turn. */
const COMPARED = 6;

/** A value that is constant + ofLength · length + ofPosition · position. */
interface Line {
  readonly constant: number;
  readonly ofLength: number;
  readonly ofPosition: number;
}

/** Ints from one to another, and values that are no ints. */
interface Shape {
  readonly runs: readonly (readonly [from: number, to: number])[];
  readonly others: readonly Atom[];
}

/** Such a shape at any length and position. */
interface Law {
  readonly runs: readonly (readonly [from: Line, to: Line])[];
  readonly others: readonly Atom[];
}

interface Place {
  readonly length: number;
  readonly position: number;
}

/** The shortest inputs from which longer ones can be guessed. */
export const LEAST_LENGTH = 16;

/**
 * @param table - up to the length `known`, which is `LEAST_LENGTH` or more
 * @returns undefined where the short inputs say nothing of longer ones
 */
export function longerTable(
  table: Table<readonly Atom[]>,
  known: number,
  cells: Cells,
): Table<readonly Atom[]> | undefined {
  const { dependence } = table;
  const laws = new Map<string, Law | "none">();
  const lawAt = (place: Place): Law | "none" => {
    const name = partOf(place, dependence);
    return getOrInsert(laws, name, () => {
      const samples = placesUpTo(known, dependence).filter((other) => partOf(other, dependence) === name);
      const shapes = samples.map(({ length, position }) => shapeOf(table.at(length, position)));
      return lawOf(samples, shapes) ?? "none";
    });
  };
  const sets = new Map<string, readonly Atom[]>();
  let isKnown = true;
  const longer = Table.of(dependence, cells, (length, position) => {
    if (length <= known) return table.at(length, position);
    const law = isKnown ? lawAt({ length, position }) : "none";
    if (law !== "none") return setOf(law, { length, position }, sets);
    isKnown = false;
    return [];
  });
  return isKnown ? longer : undefined;
}

/** Which part of an input a position is in. */
function partOf({ length, position }: Place, dependence: Dependence): string {
  if (!dependence.position) return "all";
  if (position < END) return `${position} from the left`;
  const fromRight = length - 1 - position;
  return dependence.length && fromRight < END ? `${fromRight} from the right` : "middle";
}

/** The places of the longest inputs up to a length. */
function placesUpTo(known: number, dependence: Dependence): readonly Place[] {
  const from = known - COMPARED + 1;
  if (!dependence.position) return Array.from({ length: COMPARED }, (_, l) => ({ length: from + l, position: 0 }));
  if (!dependence.length) return Array.from({ length: known }, (_, i) => ({ length: i + 1, position: i }));
  return Array.from({ length: COMPARED }, (_, l) =>
    Array.from({ length: from + l }, (__, position) => ({ length: from + l, position })),
  ).flat();
}

/** @param atoms - in the order of value sets: ints ascend */
function shapeOf(atoms: readonly Atom[]): Shape {
  const runs: [number, number][] = [];
  const others: Atom[] = [];
  for (const atom of atoms) {
    const last = runs.at(-1);
    if (typeof atom !== "bigint") others.push(atom);
    else if (last?.[1] === Number(atom) - 1) last[1]++;
    else runs.push([Number(atom), Number(atom)]);
  }
  return { runs, others };
}

/** What goes through all the shapes; undefined where the ends of their runs follow no law. What is no int is in all longer inputs. */
function lawOf(places: readonly Place[], shapes: readonly Shape[]): Law | undefined {
  const areAlike = shapes.every(({ runs }) => runs.length === shapes[0]!.runs.length);
  const runsOf = ({ runs }: Shape): Shape["runs"] => (areAlike || runs.length === 0 ? runs : [hullOf(runs)]);
  const all = shapes.map(runsOf);
  const runs: [Line, Line][] = [];
  for (const r of all[0]?.keys() ?? []) {
    const [from, to] = [0, 1].map((end) =>
      lineThrough(
        places,
        all.map((ofShape) => ofShape[r]?.[end] ?? NaN),
      ),
    );
    if (!from || !to) return undefined;
    runs.push([from, to]);
  }
  return { runs, others: distinctAtoms(shapes.flatMap(({ others }) => others)) };
}

const hullOf = (runs: Shape["runs"]): Shape["runs"][number] => [runs[0]![0], runs.at(-1)![1]];

/** The line on which all the values lie, if one does. */
function lineThrough(places: readonly Place[], values: readonly number[]): Line | undefined {
  for (const ofLength of [0, 1, -1]) {
    for (const ofPosition of [0, 1, -1]) {
      const rest = values.map((v, p) => v - ofLength * places[p]!.length - ofPosition * places[p]!.position);
      if (rest.every((constant) => constant === rest[0])) return { constant: rest[0]!, ofLength, ofPosition };
    }
  }
  return undefined;
}

function setOf({ runs, others }: Law, place: Place, sets: Map<string, readonly Atom[]>): readonly Atom[] {
  const at = ({ constant, ofLength, ofPosition }: Line): number =>
    constant + ofLength * place.length + ofPosition * place.position;
  const ends = runs.map(([from, to]) => [at(from), at(to)] as const);
  return getOrInsert(sets, JSON.stringify([ends, others.map((other) => [typeof other, String(other)])]), () => [
    ...ends.flatMap(([from, to]) => Array.from({ length: Math.max(0, to - from + 1) }, (_, k) => BigInt(from + k))),
    ...others,
  ]);
}
