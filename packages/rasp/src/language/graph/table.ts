/**
 * Tables of real numbers whose rows and columns are named by atoms, for scores and projections. They are sparse, since tables that
 * people can read are mostly zeros.
 */
import { atomKey } from "../atom/compare.js";
import type { Atom } from "../atom/atom.js";

/** The atoms that name the components of vectors, in order. */
export class Basis {
  readonly atoms: readonly Atom[];
  readonly #positions = new Map<string, number>();

  constructor(atoms: readonly Atom[]) {
    this.atoms = atoms;
    atoms.forEach((atom, i) => this.#positions.set(atomKey(atom), i));
  }

  /** The distinct atoms of a list, in its order. */
  static distinct(atoms: Iterable<Atom>): Basis {
    return new Basis([...new Map([...atoms].map((atom) => [atomKey(atom), atom])).values()]);
  }

  /** How many components vectors of this basis have. */
  get size(): number {
    return this.atoms.length;
  }

  /** The index of an atom, -1 if it is not in the basis. */
  find(atom: Atom): number {
    return this.#positions.get(atomKey(atom)) ?? -1;
  }
}

/** One number for each component. */
export interface Weights {
  readonly basis: Basis;
  readonly values: ArrayLike<number>;
}

/** The entries of a row that are not 0. */
export interface TableRow {
  readonly columns: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

/** `rows[i]` belongs to the atom `rowBasis.atoms[i]`; the row of an atom outside the basis is zeros. */
export interface Table {
  readonly rowBasis: Basis;
  readonly columnBasis: Basis;
  readonly rows: readonly TableRow[];
}

/** A table from a function of row and column. */
export function denseTable(rowBasis: Basis, columnBasis: Basis, entry: (row: number, column: number) => number): Table {
  const rows = rowBasis.atoms.map((_, row) => {
    const columns: number[] = [];
    const values: number[] = [];
    for (let column = 0; column < columnBasis.size; column++) {
      const value = entry(row, column);
      if (value === 0) continue;
      columns.push(column);
      values.push(value);
    }
    return { columns: Int32Array.from(columns), values: Float64Array.from(values) };
  });
  return { rowBasis, columnBasis, rows };
}

/** How many entries are not 0. */
export const tableEntries = (table: Table): number => table.rows.reduce((sum, { values }) => sum + values.length, 0);
