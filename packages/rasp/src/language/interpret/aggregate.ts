/**
 * `aggregate` without a matrix: sums over the boxes of the selector. They are used only where they equal `aggregateReference` to the
 * last bit: where sums of the values are exact in any order, or where rows can be added from left to right. Otherwise every cell is
 * visited.
 */
import { aggregateRow, notNumbers } from "../atom/mean.js";
import type { Atom, Selector } from "../graph/node.js";
import { Column, LONG_SEQUENCE } from "./columns.js";
import { leftToRightSums } from "./ordered-sums.js";
import type { Selections } from "./selection.js";
import type { SharedInts } from "./shared-ints.js";
import { positionsOfBoxes, sumsOfBoxes, type SignedBox } from "./box-sums.js";
import { countBits, hasBit, setPositions, wordsFor, type Bits } from "./bits.js";

/** Gives the value of a row that selects nothing, or throws. */
export type Default = () => Atom;

/** The mean of each row. @throws RaspError of class type for the mean of values that are no numbers */
export function aggregate(
  selections: Selections,
  selector: Selector,
  column: Column,
  otherwise: Default,
  ints: SharedInts,
): Column {
  const { type } = column;
  const numeric = type === "int" || type === "float";
  const boxes = selections.boxes(selector);
  const counts = boxes && selections.counts(selector);
  const isMean = numeric && counts?.some((count) => count > 1) === true;
  const sums = boxes && isMean ? meanSums(boxes, selections, selector, column) : counts;
  if (!boxes || !counts || !sums) return Column.of(aggregateRows(selections, selector, column, numeric, otherwise));
  // In a row that selects one position, the sum of the selected positions is that position.
  const positions = counts.includes(1) ? positionsOfBoxes(boxes, column.length) : counts;
  const long = aggregateColumn(column, numeric, { counts, sums, positions }, otherwise, ints);
  if (long) return long;
  const values = column.atoms;
  return Column.of(
    values.map((_, q) => {
      const count = counts[q]!;
      if (count === 0) return otherwise();
      if (count === 1) return values[positions[q]!]!;
      if (!numeric) throw notNumbers(values[0]!);
      return sums[q]! / count;
    }),
  );
}

/** The same of a long sequence of numbers, or of few distinct atoms of which no row has several; `undefined` for others. */
function aggregateColumn(
  column: Column,
  numeric: boolean,
  {
    counts,
    sums,
    positions,
  }: { readonly counts: Float64Array; readonly sums: Float64Array; readonly positions: Float64Array },
  otherwise: Default,
  ints: SharedInts,
): Column | undefined {
  const { length, coded } = column;
  if (length < LONG_SEQUENCE) return undefined;
  const numbers = numeric ? column.numbers : undefined;
  const none = counts.includes(0) ? otherwise() : undefined;
  if (coded && !counts.some((count) => count > 1)) {
    const codes = new Uint8Array(length);
    for (let q = 0; q < length; q++) codes[q] = counts[q] === 0 ? coded.atoms.length : coded.codes[positions[q]!]!;
    return Column.ofCodes(codes, (code) => (code < coded.atoms.length ? coded.atoms[code]! : none!));
  }
  const isInt = typeof none === "bigint" && Number.isSafeInteger(Number(none));
  if (!numbers || numbers.hasBools || (none !== undefined && typeof none !== "number" && !isInt)) return undefined;
  const [results, areInts] = [new Float64Array(length), new Uint8Array(length)];
  for (let q = 0; q < length; q++) {
    const count = counts[q]!;
    if (count === 0) {
      results[q] = Number(none);
      areInts[q] = Number(isInt);
    } else if (count === 1) {
      results[q] = numbers.values[positions[q]!]!;
      areInts[q] = numbers.isInt[positions[q]!]!;
    } else {
      results[q] = sums[q]! / count;
    }
  }
  return Column.ofNumbers(results, areInts, ints);
}

/** The sum of each row's values as added from left to right; `undefined` if the boxes do not give it. */
function meanSums(
  boxes: readonly SignedBox[],
  selections: Selections,
  selector: Selector,
  column: Column,
): Float64Array | undefined {
  const floats = exactFloats(column);
  if (!floats) return undefined;
  if (addsExactly(floats)) return sumsOfBoxes(boxes, floats);
  const { capacity } = selections;
  const sums = leftToRightSums(boxes, floats, capacity);
  if (sums) return sums;
  const others = selections.boxesOfPositions(selector);
  return others && leftToRightSums(others, floats, capacity);
}

/**
 * Visits every row that differs, with one in memory. Where the order of a sum does not matter, few values that are not 0 are looked at
 * alone (`selector_width` has one), and many four at a time.
 */
function aggregateRows(
  selections: Selections,
  selector: Selector,
  column: Column,
  numeric: boolean,
  otherwise: Default,
): readonly Atom[] {
  const values = column.atoms;
  const floats = numeric ? exactFloats(column) : undefined;
  const isExact = floats !== undefined && addsExactly(floats);
  const sumOf = isExact ? exactSum(floats) : undefined;
  const positions = new Int32Array(values.length);
  const result = new Array<Atom>(values.length);
  const first = selections.forEachDistinctRow(selector, (q, row) => {
    const count = countBits(row);
    selections.capacity.work(row.length + (sumOf ? sumOf.steps : count));
    if (count === 0) {
      result[q] = otherwise();
    } else if (count === 1) {
      setPositions(row, positions);
      result[q] = values[positions[0]!]!;
    } else if (!numeric) {
      throw notNumbers(values[0]!);
    } else if (sumOf) {
      result[q] = sumOf.of(row) / count;
    } else {
      const selected = positions.subarray(0, setPositions(row, positions));
      if (floats) {
        result[q] = selected.reduce((sum, key) => sum + floats[key]!, 0) / count;
      } else {
        result[q] = aggregateRow(
          Array.from(selected, (key) => values[key]!),
          0n,
        );
      }
    }
  });
  return Array.from(first, (q) => result[q]!);
}

/** The sum of the values whose bits are set, where sums are exact in any order, and how many steps that is. */
function exactSum(floats: Float64Array): { readonly steps: number; readonly of: (row: Bits) => number } {
  const summands = Int32Array.from(floats.keys()).filter((key) => floats[key] !== 0);
  if (summands.length < floats.length / 4) {
    return {
      steps: summands.length,
      of: (row) => {
        let sum = 0;
        for (let i = 0; i < summands.length; i++) if (hasBit(row, summands[i]!)) sum += floats[summands[i]!]!;
        return sum;
      },
    };
  }
  // The sums of all subsets of four values in a row.
  const table = new Float64Array(128 * wordsFor(floats.length));
  for (let i = 0; i < table.length; i++) {
    for (let bit = 0; bit < 4; bit++) if ((i >>> bit) & 1) table[i]! += floats[4 * (i >>> 4) + bit] ?? 0;
  }
  return {
    steps: floats.length / 4,
    of: (row) => {
      let sum = 0;
      for (let word = 0, at = 0; word < row.length; word++) {
        for (let left = row[word]!, four = 0; four < 8; four++, left >>>= 4, at += 16) sum += table[at + (left & 15)]!;
      }
      return sum;
    },
  };
}

/** The values as floats, if their sums as floats are Python's: every int is small enough, and none is null. */
function exactFloats(column: Column): Float64Array | undefined {
  const { numbers: long, length } = column;
  const limit = Number.MAX_SAFE_INTEGER / length;
  if (long) {
    return long.values.some((value, i) => long.isInt[i] === 1 && Math.abs(value) > limit) ? undefined : long.values;
  }
  const values = column.atoms;
  const floats = new Float64Array(length);
  for (let i = 0; i < floats.length; i++) {
    if (values[i] === null) return undefined;
    floats[i] = Number(values[i]);
    if (Math.abs(floats[i]!) > limit && typeof values[i] !== "number") return undefined;
  }
  return floats;
}

/** Whether sums of these floats are exact in any order: multiples of one power of two that fit 53 bits together. */
function addsExactly(floats: Float64Array): boolean {
  const size = floats.reduce((sum, value) => sum + Math.abs(value), 0);
  for (let unit = 1; size / unit <= Number.MAX_SAFE_INTEGER; unit /= 2 ** 8) {
    if (floats.every((value) => Number.isInteger(value / unit))) return true;
  }
  return false;
}
