/**
 * Tables and weights that are too large for a program's text, in a safetensors file beside it. Its metadata `selectron` describes the
 * axes of each tensor in JSON: `bases` are lists of atoms by name, or a number n for 0 … n − 1; `tables` gives the bases of each table.
 */
import { decodeSafetensors, encodeSafetensors, readable, tensor, type FileBytes, type Tensor } from "@selectron/core";
import type { Atom } from "./graph/node.js";
import type { OpaqueWeights } from "./graph/soft.js";
import { Basis, denseTable, type Table, type Weights } from "./graph/table.js";

/** A table of one or two axes. */
export interface AttachedTable {
  name?: string;
  readonly table: Table | undefined;
  readonly weights: Weights | undefined;
}

/** The tables that `table("…")` finds by name, and the weights that `opaque(…, "…")` finds. */
export interface Attached {
  readonly tables: ReadonlyMap<string, AttachedTable>;
  readonly opaque: ReadonlyMap<string, OpaqueWeights>;
}

export const NO_TABLES: Attached = { tables: new Map(), opaque: new Map() };

/** A sidecar file that is damaged or incomplete. */
export class TablesError extends Error {
  override readonly name = "TablesError";

  constructor(message: string) {
    super(readable(message));
  }
}

/** The description of a sidecar: the bases, and their names for the axes of each table. */
export interface TableFile {
  readonly bases: Readonly<Record<string, readonly string[] | number>>;
  readonly tables: Readonly<Record<string, readonly string[]>>;
  /** Names of opaque weights, each with the tensors `name.input`, `name.input_bias`, `name.output`, `name.output_bias`. */
  readonly opaque: readonly string[];
}

/** The bytes of a sidecar. */
export function encodeTables(file: TableFile, tensors: ReadonlyMap<string, Float32Array>): Uint8Array {
  const shape = (name: string): number[] => file.tables[name]!.map((basis) => sizeOfBasis(file.bases[basis]!));
  const named = new Map<string, Tensor>();
  for (const name of Object.keys(file.tables)) named.set(name, tensor(tensors.get(name)!, shape(name)));
  return encodeSafetensors(named, { selectron: JSON.stringify(file) });
}

const sizeOfBasis = (basis: readonly string[] | number): number => (typeof basis === "number" ? basis : basis.length);

/** Reads a sidecar. @throws TablesError or SafetensorsError if it is damaged */
export function decodeTables(bytes: FileBytes): Attached {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const file = readDescription(metadata["selectron"]);
  const bases = new Map(Object.entries(file.bases).map(([name, basis]) => [name, basisOf(basis)]));
  const tables = new Map<string, AttachedTable>();
  for (const [name, axes] of Object.entries(file.tables)) {
    const value = tensors.get(name);
    const [rows, columns] = axes.map((axis) => bases.get(axis));
    const fits =
      value?.shape.length === axes.length && axes.every((axis, i) => bases.get(axis)?.size === value.shape[i]);
    if (!value || !rows || !fits) throw new TablesError(`the table "${name}" does not fit what the file says of it`);
    const { data } = value;
    tables.set(name, {
      name,
      table: columns && denseTable(rows, columns, (row, column) => data[row * columns.size + column]!),
      weights: columns ? undefined : { basis: rows, values: data },
    });
  }
  const part = (name: string): AttachedTable => {
    const found = tables.get(name);
    if (!found) throw new TablesError(`the weights "${name}" are missing`);
    return found;
  };
  const opaque = file.opaque.map((name): [string, OpaqueWeights] => [
    name,
    {
      input: part(`${name}.input`).table!,
      inputBias: part(`${name}.input_bias`).weights!,
      output: part(`${name}.output`).table!,
      outputBias: part(`${name}.output_bias`).weights!,
    },
  ]);
  return { tables, opaque: new Map(opaque) };
}

function basisOf(basis: readonly string[] | number): Basis {
  const atoms: readonly Atom[] = typeof basis === "number" ? Array.from({ length: basis }, (_, i) => BigInt(i)) : basis;
  return new Basis(atoms);
}

function readDescription(text: string | undefined): TableFile {
  try {
    const file = JSON.parse(text ?? "") as TableFile;
    if (typeof file.bases === "object" && typeof file.tables === "object" && Array.isArray(file.opaque)) return file;
  } catch {
    // Not JSON: the error below says what is wrong.
  }
  throw new TablesError("this safetensors file holds no tables of a RASP program");
}
