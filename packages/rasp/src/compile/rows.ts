/** What the rows of a selection can give: which keys a row can take, and what means and widths follow. */
import { atomKey, compareAtoms } from "../atom/compare.js";
import { RaspError } from "../diagnostic.js";
import type { Atom, Comparison } from "../graph/node.js";
import type { Mean, Selection, Width } from "./normal.js";
import { refuse } from "./refusal.js";
import { atomNumber } from "./value-set.js";

/** Different (count, sum) pairs beyond which a mean is refused. */
const MEAN_LIMIT = 1 << 15;

/** What a key position can contribute to a row: nothing, or one of `values`. */
export interface Outcome {
  readonly canSkip: boolean;
  readonly values: readonly Atom[];
}

/** Several selected values have a mean only where the sequence is of numbers, and then only if none of them is null. */
export const hasMeans = (values: readonly Atom[]): boolean =>
  values.every((value) => typeof value !== "string") &&
  values.some((value) => value !== null && typeof value !== "boolean");

const outcomeIds = new WeakMap<readonly Outcome[], number>();
let nextOutcomeId = 0;
/** Equal lists of outcomes are one object; this names it. */
export function outcomeId(outcomes: readonly Outcome[]): number {
  let id = outcomeIds.get(outcomes);
  if (id === undefined) outcomeIds.set(outcomes, (id = nextOutcomeId++));
  return id;
}

type Vectors = readonly (readonly Atom[])[];

/** Whether a key is selected; undefined where a comparison fails, so that such a program has no value. */
export function selectionTable(
  selection: Selection,
  keys: Vectors,
  queries: Vectors,
): (k: number, q: number) => boolean | undefined {
  const tables = selection.comparisons.map(({ op }, j) => {
    const key = numbered(keys.map((vector) => vector[j]!));
    const query = numbered(queries.map((vector) => vector[j]!));
    const answers = key.atoms.map((a) => query.atoms.map((b) => answerOf(op, a, b)));
    return (k: number, q: number) => answers[key.numbers[k]!]![query.numbers[q]!];
  });
  return (k, q) => {
    let bits = 0;
    for (let j = 0; j < tables.length; j++) {
      const answer = tables[j]!(k, q);
      if (answer === undefined) return undefined;
      if (answer) bits |= 1 << j;
    }
    return selection.truth[bits]!;
  };
}

/** Numbers the different atoms of a list. */
function numbered(list: readonly Atom[]): { atoms: readonly Atom[]; numbers: readonly number[] } {
  const numberOf = new Map<string, number>();
  const atoms: Atom[] = [];
  const numbers = list.map((atom) => {
    const key = atomKey(atom);
    let number = numberOf.get(key);
    if (number === undefined) {
      numberOf.set(key, (number = atoms.length));
      atoms.push(atom);
    }
    return number;
  });
  return { atoms, numbers };
}

function answerOf(op: Comparison, key: Atom, query: Atom): boolean | undefined {
  try {
    return compareAtoms(op, key, query);
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

/** What one row can give: every choice of skipping or taking each key. */
export function rowValues(sop: Mean | Width, row: readonly Outcome[], copied: boolean): Iterable<Atom> {
  const fixed = row.filter((outcome) => !outcome.canSkip).length;
  if (sop.kind === "width") return Array.from({ length: row.length - fixed + 1 }, (_, j) => BigInt(fixed + j));
  const values = new Map<string, Atom>();
  const add = (value: Atom): void => void values.set(typeof value + atomKey(value), value);
  if (fixed === 0) add(sop.default);
  if (copied) {
    for (const outcome of row) outcome.values.forEach(add);
    return values.values();
  }
  // (count, sum) pairs, the sum taken from left to right as the interpreter does; a single value keeps its kind.
  let sums = new Map<string, { count: number; sum: number; only: Atom | undefined }>();
  sums.set("0", { count: 0, sum: 0, only: undefined });
  for (const outcome of row) {
    const next: typeof sums = outcome.canSkip ? new Map(sums) : new Map<string, never>();
    for (const { count, sum, only } of sums.values())
      for (const value of outcome.values) {
        if (count > 0 && (value === null || (count === 1 && only === null))) continue;
        const total = {
          count: count + 1,
          sum: sum + (atomNumber(value) ?? NaN),
          only: count === 0 ? value : undefined,
        };
        next.set(`${total.count} ${total.sum}`, total);
      }
    if (next.size > MEAN_LIMIT)
      refuse(
        sop.origin,
        `this mean can take more than ${MEAN_LIMIT} values`,
        "use a smaller vocabulary or maximum length, or aggregate fewer different values",
      );
    sums = next;
  }
  for (const { count, sum, only } of sums.values()) if (count > 0) add(only === undefined ? sum / count : only);
  return values.values();
}
