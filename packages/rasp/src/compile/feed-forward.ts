/**
 * Any function of finitely many values as one hidden ReLU layer, exactly.
 *
 * The arguments are split into *gates* (one-hot) and an *axis*: a weighted sum of the other arguments, whose weights are signs
 * or, where signs do not tell enough apart, digits of a mixed-radix number. Inside one box of gate values the function depends
 * on the axis alone and is built as a staircase: at each place between two axis values
 * where it changes, a pair of units makes a step, relu(a) - relu(a - 1), with a = slope·(axis - place) + 1/2. The slope is a
 * power of two with a margin of 1/2 on both sides, so that a step is exactly 0 or 1 up to rounding. A closed gate pushes
 * its units far below zero. Of all splits the one with the fewest units is taken.
 */
import { combineReads, readAtBos, type Read } from "./read.js";

/** An argument of the function. `number[v]` is what value v counts on an axis. */
export interface Argument {
  readonly numbers: readonly number[] | undefined;
  /** The read whose value is `numbers[v]` where the argument is value v. */
  readonly axis: Read | undefined;
  /** For one-hot arguments: reads 1 where the argument's value is in `subset`, else 0. */
  readonly gate: ((subset: readonly number[]) => Read) | undefined;
  /** How far `axis` may be off. */
  readonly noise: number;
}

/** One line of the function's table: the arguments' value numbers, and the number of the result. */
export interface Row {
  readonly values: readonly number[];
  readonly result: number;
}

/** A hidden unit: relu(input), added to output coordinate j with weight output[j]. */
export interface Unit {
  readonly input: Read;
  readonly output: readonly number[];
  /** Added at the BOS position so that the unit is silent there. */
  readonly bosWeight: number;
}

/** Axis values nearer than this many times the noise cannot be told apart. */
const SEPARATION = 32;

/** A gate, or how the argument is summed into the axis: its sign within a digit, digit 0 being the finest. */
type Role = "gate" | { readonly digit: number; readonly sign: 1 | -1 };

/** Inside a box of gate values: the results along the axis, ascending. */
type Staircase = readonly { readonly at: number; readonly result: number }[];

/** What remains of the table below some gates: rest of the gate values -> axis value -> result. */
type Table = Map<string, { readonly gates: readonly number[]; readonly at: number; readonly result: number }>;

interface Box {
  readonly gates: readonly (readonly number[])[];
  readonly stairs: Staircase;
}

interface Split {
  /** The weight of each argument on the axis; 0 for gates. */
  readonly weights: readonly number[];
  readonly gateOrder: readonly number[];
  readonly boxes: readonly Box[];
  readonly units: number;
}

/**
 * @param vectors - `vectors[result]` is what the units add up to for that result.
 * @returns undefined where no split tells all rows apart that differ.
 */
export function fitUnits(
  args: readonly Argument[],
  rows: readonly Row[],
  vectors: readonly (readonly number[])[],
): Unit[] | undefined {
  let best: Split | undefined;
  for (const [digits, steps] of [
    [1, "all"],
    [MAX_DIGITS, "changes"],
    [MAX_DIGITS, "all"],
  ] as const) {
    for (const roles of rolesOf(args, digits)) {
      const weights = axisWeights(args, rows, roles, steps);
      const split = weights.includes(NaN) ? undefined : trySplit(args, rows, vectors, weights, best?.units ?? Infinity);
      if (split && (!best || split.units < best.units)) best = split;
    }
    if (best) break;
  }
  if (!best) return undefined;
  const { weights, gateOrder, boxes } = best;
  // A closed gate must silence its units wherever the axis stands, not only where its own box has values.
  const reach = maximum(boxes.flatMap(({ stairs }) => stairs.map(({ at }) => Math.abs(at))));
  return boxes.flatMap((box) => unitsOf(args, weights, gateOrder, box, reach, vectors));
}

const MAX_DIGITS = 3;

/** All ways to split with at most so many digits. In each digit the first argument has sign +: only relative signs matter. */
function rolesOf(args: readonly Argument[], digits: number): Role[][] {
  let all: Role[][] = [[]];
  for (const arg of args) {
    const canGate = arg.gate !== undefined;
    const canAxis = arg.axis !== undefined && (!canGate || args.length <= 5);
    all = all.flatMap((roles) => {
      const grown: Role[][] = canGate ? [[...roles, "gate"]] : [];
      for (let digit = 0; canAxis && digit < digits; digit++) {
        const started = roles.some((role) => role !== "gate" && role.digit === digit);
        for (const sign of started ? ([1, -1] as const) : ([1] as const)) grown.push([...roles, { digit, sign }]);
      }
      return grown;
    });
  }
  // Digits are used from 0 up without gaps.
  return all.filter((roles) => {
    const used = new Set(roles.map((role) => (role === "gate" ? -1 : role.digit)));
    used.delete(-1);
    return [...used].every((digit) => digit < used.size);
  });
}

/** What each argument weighs on the axis, so that a coarser digit's smallest step is more than all finer digits together. */
function axisWeights(args: readonly Argument[], rows: readonly Row[], roles: readonly Role[], steps: Steps): number[] {
  const weights = roles.map(() => 0);
  /** The reach of all digits so far. */
  let reach = 0;
  for (let digit = 0; ; digit++) {
    const members = roles.flatMap((role, j) => (role !== "gate" && role.digit === digit ? [j] : []));
    if (members.length === 0) return weights;
    const sign = (j: number): number => (roles[j] as { sign: number }).sign;
    const digitOf = ({ values }: Row): number =>
      members.reduce((sum, j) => sum + sign(j) * args[j]!.numbers![values[j]!]!, 0);
    // The first digit counts as it is; each further one is stretched by a power of two until it clears the ones before.
    const factor =
      digit === 0 ? 1 : 2 ** Math.ceil(Math.log2((2 * reach) / smallestStep(rows, digitOf, members, steps)));
    if (!Number.isFinite(factor) || factor === 0) return weights.map(() => NaN);
    for (const j of members) weights[j] = sign(j) * factor;
    const sums = rows.map(digitOf);
    reach += factor * (maximum(sums) + maximum(sums.map((sum) => -sum)));
  }
}

/** Which neighbouring values of a coarse digit must be kept apart: all, or those between which the function changes. */
type Steps = "all" | "changes";

/** The smallest distance between neighbouring values of a digit that must be kept apart. */
function smallestStep(
  rows: readonly Row[],
  digitOf: (row: Row) => number,
  members: readonly number[],
  steps: Steps,
): number {
  const below = new Map<number, { at: number; table: Map<string, number> }>();
  for (const row of rows) {
    const at = digitOf(row);
    let entry = below.get(axisKey(at));
    if (!entry) below.set(axisKey(at), (entry = { at, table: new Map() }));
    entry.table.set(row.values.map((v, j) => (members.includes(j) ? "" : v)).join(","), row.result);
  }
  const [first, ...others] = [...below.values()].sort((a, b) => a.at - b.at);
  let [previous, step] = [first!.at, Infinity];
  let group = first!.table;
  for (const { at, table } of others) {
    const differs = steps === "all" || [...table].some(([key, result]) => (group.get(key) ?? result) !== result);
    if (differs) {
      step = Math.min(step, at - previous);
      group = table;
    } else for (const [key, result] of table) group.set(key, result);
    previous = at;
  }
  return step;
}

const maximum = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.max(a, b), -Infinity);

function trySplit(
  args: readonly Argument[],
  rows: readonly Row[],
  vectors: readonly (readonly number[])[],
  weights: readonly number[],
  limit: number,
): Split | undefined {
  const axis = weights.flatMap((weight, j) => (weight === 0 ? [] : [j]));
  const gates = weights.flatMap((weight, j) => (weight === 0 ? [j] : []));
  const noise = axis.reduce((sum, j) => sum + Math.abs(weights[j]!) * args[j]!.noise, 0);
  const orders = gates.length <= 1 ? [gates] : [gates, [...gates].reverse()];
  let best: Split | undefined;
  for (const order of orders) {
    const table: Table = new Map();
    for (const row of rows) {
      const at = axis.reduce((sum, j) => sum + weights[j]! * args[j]!.numbers![row.values[j]!]!, 0);
      const gateValues = order.map((j) => row.values[j]!);
      if (!insert(table, gateValues, at, row.result)) return undefined;
    }
    const boxes = boxesOf(table, order.length, SEPARATION * noise);
    if (!boxes) return undefined;
    const units = boxes.reduce((sum, box) => sum + unitCount(box, vectors), 0);
    if (units < Math.min(limit, best?.units ?? Infinity)) best = { weights, gateOrder: order, boxes, units };
  }
  return best;
}

/** Axis values are compared after rounding to 2^-30, far below any noise. */
const axisKey = (at: number): number => Math.round(at * 2 ** 30);

/** @returns false where the table already holds another result there. */
function insert(table: Table, gates: readonly number[], at: number, result: number): boolean {
  const key = `${gates.join(",")};${axisKey(at)}`;
  const known = table.get(key);
  if (!known) table.set(key, { gates, at, result });
  return known === undefined || known.result === result;
}

/** Merges gate values below which the function is the same (where both are defined), gate by gate. */
function boxesOf(table: Table, gateCount: number, minimumGap: number): Box[] | undefined {
  if (gateCount === 0) {
    const stairs = [...table.values()].map(({ at, result }) => ({ at, result })).sort((a, b) => a.at - b.at);
    return smallestGap(stairs) >= minimumGap ? [{ gates: [], stairs }] : undefined;
  }
  const byValue = new Map<number, Table>();
  for (const { gates, at, result } of table.values()) {
    const value = gates[0]!;
    let below = byValue.get(value);
    if (!below) byValue.set(value, (below = new Map<string, never>()));
    insert(below, gates.slice(1), at, result);
  }
  const merged: { values: number[]; table: Table }[] = [];
  for (const [value, below] of byValue) {
    const home = merged.find((group) => compatible(group.table, below) && staysClear(group.table, below, minimumGap));
    if (home) {
      home.values.push(value);
      for (const [key, entry] of below) home.table.set(key, entry);
    } else merged.push({ values: [value], table: below });
  }
  const boxes: Box[] = [];
  for (const group of merged) {
    const below = boxesOf(group.table, gateCount - 1, minimumGap);
    if (!below) return undefined;
    for (const box of below) boxes.push({ gates: [group.values, ...box.gates], stairs: box.stairs });
  }
  return boxes;
}

function compatible(a: Table, b: Table): boolean {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  for (const [key, entry] of small) {
    const other = large.get(key);
    if (other && other.result !== entry.result) return false;
  }
  return true;
}

/** Merging must not bring different results much nearer to each other along the axis than they were. */
function staysClear(a: Table, b: Table, minimumGap: number): boolean {
  const together = tableGap(new Map([...a, ...b]));
  return together >= minimumGap && together >= Math.min(tableGap(a), tableGap(b)) / 2;
}

function tableGap(table: Table): number {
  const stairs = new Map<string, { at: number; result: number }[]>();
  for (const { gates, at, result } of table.values()) {
    const key = gates.join(",");
    const known = stairs.get(key);
    if (known) known.push({ at, result });
    else stairs.set(key, [{ at, result }]);
  }
  return Math.min(...[...stairs.values()].map((s) => smallestGap(s.sort((x, y) => x.at - y.at))));
}

function smallestGap(stairs: Staircase): number {
  let gap = Infinity;
  for (let j = 1; j < stairs.length; j++)
    if (stairs[j]!.result !== stairs[j - 1]!.result) gap = Math.min(gap, stairs[j]!.at - stairs[j - 1]!.at);
  return gap;
}

const changes = (stairs: Staircase): number =>
  stairs.filter((s, j) => j > 0 && s.result !== stairs[j - 1]!.result).length;

function unitCount({ stairs }: Box, vectors: readonly (readonly number[])[]): number {
  return (vectors[stairs[0]!.result]!.some((v) => v !== 0) ? 1 : 0) + 2 * changes(stairs);
}

function unitsOf(
  args: readonly Argument[],
  weights: readonly number[],
  gateOrder: readonly number[],
  box: Box,
  reach: number,
  vectors: readonly (readonly number[])[],
): Unit[] {
  const axis = combineReads(weights.flatMap((weight, j) => (weight === 0 ? [] : [[weight, args[j]!.axis!] as const])));
  const gates = gateOrder.map((j, depth) => args[j]!.gate!(box.gates[depth]!));
  /** 0 where all gates are open, at most -1 elsewhere. */
  const closed = combineReads(
    gates.map((gate) => [1, gate] as const),
    -gates.length,
  );
  const { stairs } = box;
  const units: Unit[] = [];
  const first = vectors[stairs[0]!.result]!;
  if (first.some((v) => v !== 0)) units.push(silentAtBos(combineReads([[1, closed]], 1), first));
  for (let j = 1; j < stairs.length; j++) {
    const [below, above] = [stairs[j - 1]!, stairs[j]!];
    if (below.result === above.result) continue;
    const slope = 2 ** Math.ceil(Math.log2(2 / (above.at - below.at)));
    const place = (below.at + above.at) / 2;
    const push = gates.length === 0 ? 0 : 2 ** Math.ceil(Math.log2(slope * (reach + Math.abs(place)) + 2));
    const step = vectors[above.result]!.map((v, c) => v - vectors[below.result]![c]!);
    for (const [offset, sign] of [
      [0.5, 1],
      [-0.5, -1],
    ] as const) {
      const input = combineReads(
        [[slope, axis], ...(push === 0 ? [] : [[push, closed] as const])],
        offset - slope * place,
      );
      units.push(
        silentAtBos(
          input,
          step.map((v) => sign * v),
        ),
      );
    }
  }
  return units;
}

function silentAtBos(input: Read, output: readonly number[]): Unit {
  const atBos = readAtBos(input);
  return { input, output, bosWeight: atBos > -1 ? -(2 ** Math.ceil(Math.log2(atBos + 2))) : 0 };
}
