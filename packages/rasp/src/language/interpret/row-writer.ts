/** A selector's matrix row by row, for pictures and for selectors without boxes: O(n) time for each row, O(n) memory. */
import type { Capacity } from "../limits.js";
import { compareAtoms } from "../atom/compare.js";
import type { BestNode, SelectNode, Selector, SOp } from "../graph/node.js";
import type { Choice } from "./best.js";
import { fillBits, invertBits, setBit, wordsFor, type Bits } from "./bits.js";
import type { Column } from "./columns.js";
import type { Ranking } from "./ranking.js";
import { ABOVE, BELOW, EQUAL, RELATIONS, UNEQUAL } from "./disjoint-form.js";

/** Overwrites `row` with a row of a selector, a bit for each position. */
export type RowWriter = (query: number, row: Bits) => void;

/** The part of an evaluation that a writer needs. */
export interface RowContext {
  readonly length: number;
  readonly values: (node: SOp) => Column;
  ranking(values: Column): Ranking | undefined;
  choice(node: BestNode): Choice;
  /** The rows of a selector one after the other, if they are known. */
  kept(node: Selector): Bits | undefined;
  readonly capacity: Capacity;
}

/** How many steps a comparison of two atoms is. */
const SLOW = 20;
/** How many steps a word of a comparison's row is. */
const ROW_STEPS = 3;

/** The selectors that are combined are computed one after the other, each once, in as few rows as are needed at the same time. */
export function rowWriter(root: Selector, context: RowContext): RowWriter {
  const size = wordsFor(context.length);
  const isLeaf = (node: Selector): boolean => context.kept(node) !== undefined || combined(node).length === 0;
  if (isLeaf(root)) return leafWriter(root, context);
  const needed = new Set<Selector>([root]);
  for (const node of needed) if (!isLeaf(node)) for (const operand of combined(node)) needed.add(operand);
  const nodes = [...needed].sort((a, b) => a.id - b.id);
  const lastReader = new Map<Selector, Selector>();
  for (const node of nodes) if (!isLeaf(node)) for (const operand of combined(node)) lastReader.set(operand, node);

  const rows = new Map<Selector, Bits>();
  const free: Bits[] = [];
  const steps = nodes.map((node): ((q: number) => void) => {
    const row = free.pop() ?? new Uint32Array(size);
    rows.set(node, row);
    if (isLeaf(node)) {
      const write = leafWriter(node, context);
      return (q) => write(q, row);
    }
    const operands = combined(node);
    const [left, right] = [rows.get(operands[0]!)!, rows.get(operands.at(-1)!)!];
    for (const operand of new Set(operands)) if (lastReader.get(operand) === node) free.push(rows.get(operand)!);
    return () => combine(node.kind, left, right, row, context.length);
  });
  const result = rows.get(root)!;
  return (q, row) => {
    context.capacity.work(steps.length * size);
    for (const step of steps) step(q);
    row.set(result);
  };
}

/** The selectors that a selector combines cell by cell. */
export function combined(node: Selector): readonly Selector[] {
  if (node.kind === "not") return [node.arg];
  return node.kind === "and" || node.kind === "or" ? [node.left, node.right] : [];
}

function combine(kind: Selector["kind"], left: Bits, right: Bits, row: Bits, length: number): void {
  if (kind === "and") for (let word = 0; word < row.length; word++) row[word] = left[word]! & right[word]!;
  else if (kind === "or") for (let word = 0; word < row.length; word++) row[word] = left[word]! | right[word]!;
  else invertBits(left, row, length);
}

function leafWriter(node: Selector, context: RowContext): RowWriter {
  const kept = context.kept(node);
  if (kept) return (q, row) => row.set(kept.subarray(q * row.length, (q + 1) * row.length));
  if (node.kind === "select") return comparisonWriter(node, context);
  if (node.kind !== "best") throw new Error(`${node.kind} combines selectors`);
  const choice = context.choice(node);
  return (q, row) => {
    row.fill(0);
    if (choice[q]! >= 0) setBit(row, choice[q]!);
  };
}

function comparisonWriter(node: SelectNode, context: RowContext): RowWriter {
  const [keys, queries] = [context.values(node.keys), context.values(node.queries)];
  const ranking = context.ranking(keys);
  const placement = ranking?.place(queries);
  if (!ranking || !placement) {
    return (q, row) => {
      context.capacity.work(SLOW * keys.length);
      const [all, query] = [keys.atoms, queries.at(q)];
      fillBits(row, keys.length, (k) => compareAtoms(node.op, all[k]!, query));
    };
  }
  const { prefixes } = ranking;
  const relation = RELATIONS[node.op];
  /** `key = query` and `key != query` are a rank; the others are the ranks below one or not below it. */
  const ofRank = relation === EQUAL || relation === UNEQUAL;
  const isBelow = relation === BELOW || relation === (BELOW | EQUAL);
  const isInverted = relation === UNEQUAL || (!ofRank && !isBelow);
  const ends = relation === BELOW || relation === (ABOVE | EQUAL) ? placement.below : placement.upTo;
  return (q, row) => {
    context.capacity.work(ROW_STEPS * row.length);
    if (!ofRank) prefixes.below(ends[q]!, row);
    else if (placement.below[q]! < placement.upTo[q]!) prefixes.equal(placement.below[q]!, row);
    else row.fill(0);
    if (isInverted) invertBits(row, row, context.length);
  };
}
