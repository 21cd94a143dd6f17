/**
 * The dimensions of a head that tell whether whole numbers are equal. The score
 *
 *     2·k·q - k²  =  q² - (k - q)²
 *
 * of keys (2k, -k²) and queries (q, 1) is highest for the key with the query's number, by the square of the distance to the next. With
 * a third dimension (1, -q²) the highest score is the same for all queries, so that it can be compared with that of BOS.
 *
 * Several equalities share the dimensions of squares. So do the digits of numbers that are too large: float32 must hold every
 * partial sum, and these are at most (|k| + |q|)².
 */
import type { Atom } from "../../../language/graph/node.js";
import type { NormalSOp } from "../../normalize/normal-form.js";
import type { NumberDimension, NumberScores } from "../ir/plan.js";
import { combineReads, constantRead, type Read } from "../ir/read.js";
import type { HeadContext } from "./context.js";
import { digitsOf, extentOf, type Digits } from "./digits.js";
import type { Level, Match } from "./number-match.js";
import type { Block } from "./selection.js";

/** The dimensions of some blocks of a head. */
export interface NumberReads {
  readonly keys: readonly Read[];
  readonly queries: readonly Read[];
  /** The score of a key for which all of the blocks hold. */
  readonly selectedScore: number;
  readonly scores: NumberScores;
}

/**
 * The dimensions of equalities that all must hold.
 *
 * @param unit - a power of two: how much lower a key scores for each number that differs, at least
 * @param room - how many times the unit the partial sums of these dimensions can be without being rounded
 */
export function numberDimensions(
  matches: readonly Match[],
  { unit, room, level }: { readonly unit: number; readonly room: number; readonly level: Level },
  context: HeadContext,
): NumberReads {
  const dimensions: NumberDimension[] = [];
  const [keySquares, querySquares]: [Side[], Side[]] = [[], []];
  for (const { block, digits } of fitted(matches, context, room)) {
    const key = sideOf(block.keys, digits, "key", context);
    const query = sideOf(block.queries, digits, "query", context);
    for (const d of digits.keys()) {
      dimensions.push({
        key: combineReads([[2, key.reads[d]!]]),
        query: combineReads([[unit, query.reads[d]!]]),
        largestKey: 2 * key.largest[d]!,
        largestQuery: unit * query.largest[d]!,
        grid: 2 * unit,
      });
    }
    keySquares.push(key);
    querySquares.push(query);
  }
  const ofKeys = combineReads(keySquares.map(({ square }) => [-1, square()]));
  dimensions.push({
    key: ofKeys,
    query: constantRead(unit),
    largestKey: largestSquare(keySquares),
    largestQuery: unit,
    grid: unit,
  });
  if (level === "BOS") {
    const ofQueries = combineReads(
      querySquares.map(({ square }) => [-unit, square()]),
      unit,
    );
    const largestQuery = unit * Math.max(1, largestSquare(querySquares) - 1);
    dimensions.push({ key: constantRead(1), query: ofQueries, largestKey: 1, largestQuery, grid: unit });
  }
  return {
    keys: dimensions.map(({ key }) => key),
    queries: dimensions.map(({ query }) => query),
    selectedScore: level === "BOS" ? unit : 0,
    scores: { kind: "numbers", unit, dimensions },
  };
}

/** One side of an equality. */
interface Side {
  /** Of the digits. */
  readonly reads: readonly Read[];
  /** In absolute value, of each digit. */
  readonly largest: readonly number[];
  /** The read of the sum of the digits' squares. */
  readonly square: () => Read;
}

function sideOf(sop: NormalSOp, digits: Digits, side: "key" | "query", { materialize }: HeadContext): Side {
  const numbersOf = (atom: Atom): number[] => digits.map((digit) => digit[side](atom));
  const squareOf = (atom: Atom): number => numbersOf(atom).reduce((sum, number) => sum + number ** 2, 0);
  const largest = digits.map(({ largestKey, largestQuery }) => (side === "key" ? largestKey : largestQuery));
  if (digits.length === 1) {
    const reads = materialize(sop, numbersOf, ["number"]);
    return { reads, largest, square: () => materialize(sop, (atom) => [squareOf(atom)], ["square"])[0]! };
  }
  // Hidden units that compute digits compute the squares too.
  const names = [...digits.map((_, d) => `digit ${d + 1} of ${digits.length}`), "squares"];
  const reads = materialize(sop, (atom) => [...numbersOf(atom), squareOf(atom)], names);
  return { reads, largest, square: () => reads.at(-1)! };
}

const largestSquare = (sides: readonly Side[]): number =>
  sides.flatMap(({ largest }) => largest).reduce((sum, number) => sum + number ** 2, 0);

/** The numbers of equalities, or their digits: as few as leave their sums in the room. */
function fitted(
  matches: readonly Match[],
  { domain }: HeadContext,
  room: number,
): readonly { readonly block: Block; readonly digits: Digits }[] {
  const compared = matches.map(({ block, equal }) => {
    const ways = digitsOf(equal, domain.values(block.keys), domain.values(block.queries));
    const digits = ways.next().value!;
    return { block, digits, ways, size: extentOf(digits), isFinest: false };
  });
  while (compared.reduce((sum, { size }) => sum + size, 0) > room) {
    const [largest] = compared.filter(({ isFinest }) => !isFinest).sort((a, b) => b.size - a.size);
    if (!largest) break;
    const finer = largest.ways.next().value;
    if (finer) [largest.digits, largest.size] = [finer, extentOf(finer)];
    else largest.isFinest = true;
  }
  return compared;
}
