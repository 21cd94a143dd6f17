/**
 * Tables and weights that are too large for a program's text, in a safetensors file beside it. Its metadata `selectron` describes the
 * axes of each tensor in JSON: `bases` are lists of atoms by name, or a number n for 0 … n − 1; `tables` gives the bases of each table.
 */
import {
  ChecksumError,
  decodeSafetensors,
  encodeSafetensors,
  printable,
  readable,
  SafetensorsError,
  tensor,
  verifyChecksum,
  withChecksum,
  type FileBytes,
  type SafetensorsFile,
  type Tensor,
} from "@selectron/core";
import { Untrusted } from "./files/untrusted.js";
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

const METADATA = "selectron";

/** The bytes of a sidecar, with a checksum. */
export function encodeTables(file: TableFile, tensors: ReadonlyMap<string, Float32Array>): Uint8Array {
  const shape = (name: string): number[] => file.tables[name]!.map((basis) => sizeOfBasis(file.bases[basis]!));
  const named = new Map<string, Tensor>();
  for (const name of Object.keys(file.tables)) named.set(name, tensor(tensors.get(name)!, shape(name)));
  return encodeSafetensors(named, withChecksum(named, { [METADATA]: JSON.stringify(file) }));
}

const sizeOfBasis = (basis: readonly string[] | number): number => (typeof basis === "number" ? basis : basis.length);

/** Reads a sidecar. @throws TablesError if it is damaged, or does not fit what it says of itself */
export function decodeTables(bytes: FileBytes): Attached {
  const { tensors, metadata } = decoded(bytes);
  const file = Untrusted.parse(metadata[METADATA], `the tables' description`, (problem) => new TablesError(problem));
  const entries = file.field("tables").entries();
  const axesOf = new Map(entries.map(([name, entry]) => [name, entry.items().map((axis) => axis.text())]));
  const bases = basesOf(file.field("bases"), new Set([...axesOf.values()].flat()), tensors);
  const tables = new Map(
    entries.map(([name, entry]) => [name, tableOf(entry, name, tensors.get(name), axesOf.get(name)!, bases)]),
  );
  const unknown = [...tensors.keys()].find((name) => !tables.has(name));
  if (unknown !== undefined) throw new TablesError(`nothing says what the axes of "${printable(unknown)}" are`);
  const opaque = file
    .field("opaque")
    .items()
    .map((entry): [string, OpaqueWeights] => {
      const name = entry.text();
      const names = [`${name}.input`, `${name}.input_bias`, `${name}.output`, `${name}.output_bias`] as const;
      const [input, inputBias, output, outputBias] = names.map((part) => tables.get(part));
      if (!input?.table || !inputBias?.weights || !output?.table || !outputBias?.weights) {
        return entry.fail(
          "it needs the tables NAME.input and NAME.output, and the weights NAME.input_bias and NAME.output_bias",
        );
      }
      const [into, intoBias, from, fromBias] = names.map((part) => axesOf.get(part)!);
      const fits = into![1] === intoBias![0] && into![1] === from![0] && from![1] === fromBias![0];
      entry.must(fits, "the bases of its parts do not fit");
      return [
        name,
        { input: input.table, inputBias: inputBias.weights, output: output.table, outputBias: outputBias.weights },
      ];
    });
  return { tables, opaque: new Map(opaque) };
}

function decoded(bytes: FileBytes): SafetensorsFile {
  try {
    const file = decodeSafetensors(bytes);
    verifyChecksum(file);
    return file;
  } catch (error) {
    if (error instanceof ChecksumError) throw new TablesError(`${error.message}; ${error.suggestion}`);
    if (error instanceof SafetensorsError) throw new TablesError(error.message);
    throw error;
  }
}

/** The bases that are used. None is built that is larger than all tables together. */
function basesOf(
  bases: Untrusted,
  used: ReadonlySet<string>,
  tensors: ReadonlyMap<string, Tensor>,
): ReadonlyMap<string, Basis> {
  const numbers = [...tensors.values()].reduce((sum, { size }) => sum + size, 0);
  return new Map(
    bases.entries().flatMap(([name, basis]): [string, Basis][] => {
      if (!used.has(name)) return [];
      if (typeof basis.raw() !== "number") {
        const atoms = basis.items().map((atom) => atom.text());
        basis.must(new Set(atoms).size === atoms.length, "a name occurs twice");
        return [[name, new Basis(atoms)]];
      }
      const size = basis.count();
      basis.must(size <= numbers, `the tables of the file have ${numbers} numbers, and this basis ${size}`);
      return [[name, new Basis(Array.from({ length: size }, (_, i) => BigInt(i)))]];
    }),
  );
}

function tableOf(
  entry: Untrusted,
  name: string,
  value: Tensor | undefined,
  axes: readonly string[],
  bases: ReadonlyMap<string, Basis>,
): AttachedTable {
  const found = axes.map((axis) => bases.get(axis));
  const sizes = found.map((basis, i) => basis?.size ?? `no basis ${printable(axes[i]!)}`);
  const fits = value !== undefined && value.shape.join() === sizes.join();
  entry.must(
    fits,
    `${value ? `it has the shape [${value.shape.join(", ")}]` : "the file does not have it"}, and its bases say [${sizes.join(", ")}]`,
  );
  const [rows, columns, ...more] = found;
  if (!value || !rows || more.length > 0) entry.refuse("a list of one or two bases");
  const { data } = value;
  const wrong = data.find((number) => !Number.isFinite(number));
  entry.must(wrong === undefined, `a number in it is ${wrong}`);
  return {
    name,
    table: columns && denseTable(rows, columns, (row, column) => data[row * columns.size + column]!),
    weights: columns ? undefined : { basis: rows, values: data },
  };
}
