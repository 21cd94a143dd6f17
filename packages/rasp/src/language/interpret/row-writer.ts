/** A selector's matrix row by row, for pictures and for selectors without boxes: O(n) time for each row, O(n) memory. */
import { compareAtoms } from "../atom/compare.js";
import type { Atom, BestNode, SelectNode, Selector, SOp } from "../graph/node.js";
import type { Choice } from "./best.js";
import type { Matrix } from "./matrix.js";
import type { Ranking } from "./ranking.js";
import { ABOVE, BELOW, EQUAL, RELATIONS } from "./disjoint-form.js";

/** Overwrites `row` with a row of a selector: 1 where it selects, 0 elsewhere. */
export type RowWriter = (query: number, row: Uint8Array) => void;

/** The part of an evaluation that a writer needs. */
export interface RowContext {
  readonly length: number;
  readonly values: (node: SOp) => readonly Atom[];
  ranking(values: readonly Atom[]): Ranking | undefined;
  choice(node: BestNode): Choice;
  /** The matrix of a selector, if it is known. */
  kept(node: Selector): Matrix | undefined;
}

/** The selectors that are combined are computed one after the other, each once, in as few rows as are needed at the same time. */
export function rowWriter(root: Selector, context: RowContext): RowWriter {
  const isLeaf = (node: Selector): boolean => context.kept(node) !== undefined || combined(node).length === 0;
  if (isLeaf(root)) return leafWriter(root, context);
  const needed = new Set<Selector>([root]);
  for (const node of needed) if (!isLeaf(node)) for (const operand of combined(node)) needed.add(operand);
  const nodes = [...needed].sort((a, b) => a.id - b.id);
  const lastReader = new Map<Selector, Selector>();
  for (const node of nodes) if (!isLeaf(node)) for (const operand of combined(node)) lastReader.set(operand, node);

  const rows = new Map<Selector, Uint8Array>();
  const free: Uint8Array[] = [];
  const steps = nodes.map((node): ((q: number) => void) => {
    const row = free.pop() ?? new Uint8Array(context.length);
    rows.set(node, row);
    if (isLeaf(node)) {
      const write = leafWriter(node, context);
      return (q) => write(q, row);
    }
    const operands = combined(node);
    const [left, right] = [rows.get(operands[0]!)!, rows.get(operands.at(-1)!)!];
    for (const operand of new Set(operands)) if (lastReader.get(operand) === node) free.push(rows.get(operand)!);
    return () => combine(node.kind, left, right, row);
  });
  const result = rows.get(root)!;
  return (q, row) => {
    for (const step of steps) step(q);
    row.set(result);
  };
}

/** The selectors that a selector combines cell by cell. */
function combined(node: Selector): readonly Selector[] {
  if (node.kind === "not") return [node.arg];
  return node.kind === "and" || node.kind === "or" ? [node.left, node.right] : [];
}

function combine(kind: Selector["kind"], left: Uint8Array, right: Uint8Array, row: Uint8Array): void {
  if (kind === "and") for (let k = 0; k < row.length; k++) row[k] = left[k]! & right[k]!;
  else if (kind === "or") for (let k = 0; k < row.length; k++) row[k] = left[k]! | right[k]!;
  else for (let k = 0; k < row.length; k++) row[k] = left[k]! ^ 1;
}

function leafWriter(node: Selector, context: RowContext): RowWriter {
  const kept = context.kept(node);
  if (kept) return (q, row) => row.set(kept[q]!);
  if (node.kind === "select") return comparisonWriter(node, context);
  if (node.kind !== "best") throw new Error(`${node.kind} combines selectors`);
  const choice = context.choice(node);
  return (q, row) => {
    row.fill(0);
    if (choice[q]! >= 0) row[choice[q]!] = 1;
  };
}

function comparisonWriter(node: SelectNode, context: RowContext): RowWriter {
  const [keys, queries] = [context.values(node.keys), context.values(node.queries)];
  const ranking = context.ranking(keys);
  const placement = ranking?.place(queries);
  if (!ranking || !placement) {
    return (q, row) => {
      for (let k = 0; k < row.length; k++) row[k] = compareAtoms(node.op, keys[k]!, queries[q]!) ? 1 : 0;
    };
  }
  const { ranks } = ranking;
  const [below, equal, above] = [BELOW, EQUAL, ABOVE].map((bit) => ((RELATIONS[node.op] & bit) === 0 ? 0 : 1)) as [
    number,
    number,
    number,
  ];
  return (q, row) => {
    const [first, end] = [placement.below[q]!, placement.upTo[q]!];
    for (let k = 0; k < row.length; k++) row[k] = ranks[k]! < first ? below : ranks[k]! < end ? equal : above;
  };
}
