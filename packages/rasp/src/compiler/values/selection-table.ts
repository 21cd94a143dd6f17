/** A selection as a table over finite sets of joint values. */
import { atomsEqual, compareAtoms } from "../../language/atom/compare.js";
import { RaspError } from "../../language/diagnostic.js";
import type { Atom } from "../../language/graph/node.js";
import { getOrInsert } from "../../language/maps.js";
import type { Compared, Selection } from "../normalize/normal-form.js";
import type { JointValueSet } from "./joint-values.js";

/** Which pairs of joint values a selection selects. Each pair of values is compared once. */
export class SelectionTable {
  readonly #answers: readonly Answers[];
  readonly #keyColumns = new Map<JointValueSet, readonly Column[]>();
  readonly #queryColumns = new Map<JointValueSet, readonly Column[]>();

  readonly #selection: Selection;
  /** By the id of a comparison: its place among the selection's. */
  readonly #places: ReadonlyMap<number, number>;
  /** The places of comparisons, one's keys the other's queries. */
  readonly #same: readonly (readonly [keys: number, queries: number])[];

  constructor(selection: Selection) {
    this.#selection = selection;
    this.#answers = selection.comparisons.map(({ op }) => new Answers(op));
    this.#places = new Map(selection.comparisons.map(({ id }, j) => [id, j]));
    this.#same = selection.comparisons.flatMap(({ keys }, j) =>
      selection.comparisons.flatMap(({ queries }, i) => (keys === queries ? [[j, i] as const] : [])),
    );
  }

  /**
   * Pairs of sets with equal signatures are selected alike. Where keys and queries have one value each, as most have at one position,
   * the answer is the signature.
   */
  signature(keys: JointValueSet, queries: JointValueSet): string {
    const columns = this.#columns(keys, queries);
    let signature = `${keys.values.length}x${queries.values.length}:`;
    for (const [j, answers] of this.#answers.entries()) {
      const [key, query] = [columns.keys[j]!, columns.queries[j]!];
      const both = key.only !== undefined && query.only !== undefined;
      signature += both ? `${answers.forQuery(query.only)[key.only]!};` : `${key.id},${query.id};`;
    }
    return signature;
  }

  /** Whether a row selects its own position by other rules than those of other positions: an s-op equals itself there. */
  get knowsSelf(): boolean {
    return this.#same.length > 0;
  }

  /**
   * [query, key]: 0, 1, or FAILS where a comparison fails, so that the program has no value there.
   *
   * @param self - whether key and query are one position; pairs that do not occur there fail, too
   */
  between(keys: JointValueSet, queries: JointValueSet, self = false): Uint8Array {
    const [rows, columns] = [queries.values.length, keys.values.length];
    const { keys: keyColumns, queries: queryColumns } = this.#columns(keys, queries);
    const result = new Uint8Array(rows * columns);
    /** The answers of the comparisons for one pair. */
    const answers = new Uint8Array(this.#answers.length);
    for (let q = 0; q < rows; q++) {
      const byKey = this.#answers.map((comparison, j) => comparison.forQuery(queryColumns[j]!.numbers[q]!));
      for (let k = 0; k < columns; k++) {
        for (let j = 0; j < answers.length; j++) answers[j] = byKey[j]![keyColumns[j]!.numbers[k]!]!;
        result[q * columns + k] = answers.includes(FAILS) ? FAILS : this.#decide(answers);
      }
    }
    if (self) this.#failApart(result, keys, queries);
    return result;
  }

  /** Pairs that give one s-op two values fail. */
  #failApart(result: Uint8Array, keys: JointValueSet, queries: JointValueSet): void {
    for (const [q, query] of queries.values.entries()) {
      for (const [k, key] of keys.values.entries()) {
        const isOne = this.#same.every(([j, i]) => isSame(key.atoms[j]!, query.atoms[i]!));
        if (!isOne) result[q * keys.values.length + k] = FAILS;
      }
    }
  }

  #decide(answers: Uint8Array): number {
    let part = this.#selection.truth;
    while (typeof part !== "boolean") part = answers[this.#places.get(part.variable)!] === 1 ? part.high : part.low;
    return Number(part);
  }

  #columns(keys: JointValueSet, queries: JointValueSet): { keys: readonly Column[]; queries: readonly Column[] } {
    return {
      keys: getOrInsert(this.#keyColumns, keys, () => this.#answers.map((answers, j) => answers.keys.column(keys, j))),
      queries: getOrInsert(this.#queryColumns, queries, () =>
        this.#answers.map((answers, j) => answers.queries.column(queries, j)),
      ),
    };
  }
}

const FAILS = 2;

/** Whether two atoms can be the value of one s-op: they are equal, or both are NaN. */
const isSame = (a: Atom, b: Atom): boolean => Object.is(a, b) || atomsEqual(a, b);

/** The answers of one comparison. Keys and queries are numbered here. */
class Answers {
  readonly keys = new Numbering();
  readonly queries = new Numbering();
  readonly #rows: Uint8Array[] = [];

  readonly #op: Compared["op"];

  constructor(op: Compared["op"]) {
    this.#op = op;
  }

  /** By the number of the key: 0, 1 or FAILS. Grows with the keys that are numbered. */
  forQuery(query: number): Uint8Array {
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

/** One component of all joint values of a set, as numbers. Equal columns have equal ids. */
export interface Column {
  readonly id: number;
  readonly numbers: Int32Array;
  /** The number that all of them are; undefined where they differ. */
  readonly only: number | undefined;
}

/** Numbers atoms 0, 1, 2, … in the order in which they come. */
export class Numbering {
  readonly atoms: Atom[] = [];
  readonly #numbers = new Map<number, number>();
  readonly #columns = new Map<string, Column>();

  /** @param component - counted from the end where it is negative */
  column({ values }: JointValueSet, component: number): Column {
    const numbers = Int32Array.from(values, ({ codes, atoms }) =>
      this.#number(codes.at(component)!, atoms.at(component)!),
    );
    const only = numbers.every((number) => number === numbers[0]) ? numbers[0] : undefined;
    return getOrInsert(this.#columns, numbers.join(","), () => ({ id: this.#columns.size, numbers, only }));
  }

  #number(code: number, atom: Atom): number {
    return getOrInsert(this.#numbers, code, () => this.atoms.push(atom) - 1);
  }
}
