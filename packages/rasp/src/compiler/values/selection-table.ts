/** A selection over finite sets of joint values. */
import { compareAtoms } from "../../language/atom/compare.js";
import { RaspError } from "../../language/diagnostic.js";
import type { Atom } from "../../language/graph/node.js";
import type { Compared, Selection } from "../normalize/normal.js";
import type { VectorSet } from "./vectors.js";

/** Which pairs of joint values a selection selects. Each pair of values is compared once. */
export class SelectionTable {
  readonly #answers: readonly Answers[];
  readonly #keyColumns = new Map<VectorSet, readonly Column[]>();
  readonly #queryColumns = new Map<VectorSet, readonly Column[]>();

  readonly #selection: Selection;

  constructor(selection: Selection) {
    this.#selection = selection;
    this.#answers = selection.comparisons.map(({ op }) => new Answers(op));
  }

  /** Pairs of sets of equal signature are selected alike. At one position most of what is compared is one value. */
  signature(keys: VectorSet, queries: VectorSet): string {
    const columns = this.#columns(keys, queries);
    let signature = `${keys.vectors.length}x${queries.vectors.length}:`;
    for (const [j, answers] of this.#answers.entries()) {
      const [key, query] = [columns.keys[j]!, columns.queries[j]!];
      const both = key.only !== undefined && query.only !== undefined;
      signature += both ? `${answers.to(query.only)[key.only]!};` : `${key.id},${query.id};`;
    }
    return signature;
  }

  /** [query, key]: 0, 1, or FAILS where a comparison fails, so that such a program has no value. */
  between(keys: VectorSet, queries: VectorSet): Uint16Array {
    const [rows, columns] = [queries.vectors.length, keys.vectors.length];
    const { keys: keyColumns, queries: queryColumns } = this.#columns(keys, queries);
    /** The answers of the comparisons as bits; those that fail are beyond all of them. */
    const bits = new Uint16Array(rows * columns);
    const failed = 1 << this.#answers.length;
    for (const [j, answers] of this.#answers.entries()) {
      const key = keyColumns[j]!.numbers;
      for (let q = 0; q < rows; q++) {
        const ofQuery = answers.to(queryColumns[j]!.numbers[q]!);
        for (let k = 0; k < columns; k++) {
          const answer = ofQuery[key[k]!]!;
          bits[q * columns + k]! |= answer === FAILS ? failed : answer << j;
        }
      }
    }
    const { truth } = this.#selection;
    for (let pair = 0; pair < bits.length; pair++) {
      bits[pair] = bits[pair]! >= failed ? FAILS : Number(truth[bits[pair]!]);
    }
    return bits;
  }

  #columns(keys: VectorSet, queries: VectorSet): { keys: readonly Column[]; queries: readonly Column[] } {
    let ofKeys = this.#keyColumns.get(keys);
    if (!ofKeys) this.#keyColumns.set(keys, (ofKeys = this.#answers.map((answers, j) => answers.keys.column(keys, j))));
    let ofQueries = this.#queryColumns.get(queries);
    if (!ofQueries) {
      this.#queryColumns.set(
        queries,
        (ofQueries = this.#answers.map((answers, j) => answers.queries.column(queries, j))),
      );
    }
    return { keys: ofKeys, queries: ofQueries };
  }
}

const FAILS = 2;

/** The answers of one comparison, by the numbers that keys and queries are given here. */
class Answers {
  readonly keys = new Numbering();
  readonly queries = new Numbering();
  readonly #rows: Uint8Array[] = [];

  readonly #op: Compared["op"];

  constructor(op: Compared["op"]) {
    this.#op = op;
  }

  /** By the number of the key: 0, 1 or FAILS. */
  to(query: number): Uint8Array {
    const known = this.#rows[query];
    const { atoms } = this.keys;
    if (known && known.length === atoms.length) return known;
    const row = new Uint8Array(atoms.length);
    if (known) row.set(known);
    for (let key = known?.length ?? 0; key < row.length; key++) row[key] = this.#compare(atoms[key]!, query);
    this.#rows[query] = row;
    return row;
  }

  #compare(key: Atom, query: number): number {
    try {
      return Number(compareAtoms(this.#op, key, this.queries.atoms[query]!));
    } catch (error) {
      if (error instanceof RaspError) return FAILS;
      throw error;
    }
  }
}

/** One component of all vectors of a set, as numbers. Equal ones have equal ids. */
export interface Column {
  readonly id: number;
  readonly numbers: Int32Array;
  /** The number that all are. */
  readonly only: number | undefined;
}

/** 0, 1, 2, … for the atoms in the order in which they come. */
export class Numbering {
  readonly atoms: Atom[] = [];
  readonly #numbers = new Map<number, number>();
  readonly #columns = new Map<string, Column>();

  /** @param component - counted from the end where it is negative. */
  column({ vectors }: VectorSet, component: number): Column {
    const numbers = Int32Array.from(vectors, ({ codes, atoms }) =>
      this.#number(codes.at(component)!, atoms.at(component)!),
    );
    const only = numbers.every((number) => number === numbers[0]) ? numbers[0] : undefined;
    const key = numbers.join(",");
    let column = this.#columns.get(key);
    if (!column) this.#columns.set(key, (column = { id: this.#columns.size, numbers, only }));
    return column;
  }

  #number(code: number, atom: Atom): number {
    let number = this.#numbers.get(code);
    if (number === undefined) {
      this.#numbers.set(code, (number = this.atoms.length));
      this.atoms.push(atom);
    }
    return number;
  }
}
