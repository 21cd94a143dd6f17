/**
 * The values of an s-op at all positions. Long sequences are held as numbers in a typed array, or as codes of few distinct atoms, where that
 * is possible: their atoms are made where something asks for them.
 */
import type { Atom } from "../graph/node.js";
import { sequenceType, type SequenceType } from "./sequence.js";
import type { SharedInts } from "./shared-ints.js";

/** Shorter sequences are looked at atom by atom. */
export const LONG_SEQUENCE = 256;

/** Ints that floats hold exactly, floats, and bools as 0 and 1; which of them are ints or bools, and whether any is a bool. */
export interface NumberColumn {
  readonly values: Float64Array;
  readonly isInt: Uint8Array;
  readonly hasBools: boolean;
}

/** `atoms[codes[i]]` at each position. Each of the atoms occurs, and they are in the order in which they first do. */
export interface CodedColumn {
  readonly codes: Uint8Array;
  readonly atoms: readonly Atom[];
}

/** The most atoms that are coded. */
const MOST_CODES = 64;

export class Column {
  readonly length: number;
  #atoms: readonly Atom[] | undefined;
  #numbers: NumberColumn | null | undefined;
  #coded: CodedColumn | null | undefined;
  readonly #ints: SharedInts | undefined;

  private constructor(length: number, ints?: SharedInts) {
    this.length = length;
    this.#ints = ints;
  }

  /** Atoms, which are not changed afterwards. */
  static of(atoms: readonly Atom[]): Column {
    const column = new Column(atoms.length);
    column.#atoms = atoms;
    return column;
  }

  /** Numbers, of which some are ints. */
  static ofNumbers(values: Float64Array, isInt: Uint8Array, ints: SharedInts): Column {
    const column = new Column(values.length, ints);
    column.#numbers = { values, isInt, hasBools: false };
    column.#coded = null;
    return column;
  }

  /** The sequence of images of codes, each of which is asked for when it first occurs. */
  static ofCodes(codes: Uint8Array, imageOf: (code: number) => Atom): Column {
    const column = new Column(codes.length);
    const used: Atom[] = [];
    const codeOf = new Int16Array(256).fill(-1);
    const own = new Uint8Array(codes.length);
    for (let i = 0; i < own.length; i++) {
      let code = codeOf[codes[i]!]!;
      if (code < 0) {
        const image = imageOf(codes[i]!);
        const known = used.findIndex((other) => Object.is(other, image));
        code = known < 0 ? used.push(image) - 1 : known;
        codeOf[codes[i]!] = code;
      }
      own[i] = code;
    }
    column.#coded = { codes: own, atoms: used };
    return column;
  }

  /** One atom everywhere. */
  static constant(atom: Atom, length: number): Column {
    if (length < LONG_SEQUENCE) return Column.of(new Array<Atom>(length).fill(atom));
    return Column.ofCodes(new Uint8Array(length), () => atom);
  }

  /** The positions as ints. */
  static positions(length: number, ints: SharedInts): Column {
    if (length < LONG_SEQUENCE) return Column.of(Array.from({ length }, (_, i) => ints.of(i)));
    const values = new Float64Array(length);
    for (let i = 0; i < length; i++) values[i] = i;
    return Column.ofNumbers(values, new Uint8Array(length).fill(1), ints);
  }

  /** The atoms one after the other. */
  get atoms(): readonly Atom[] {
    return (this.#atoms ??= this.#made());
  }

  #made(): readonly Atom[] {
    const atoms = new Array<Atom>(this.length);
    if (this.#coded) {
      const { codes, atoms: few } = this.#coded;
      for (let i = 0; i < atoms.length; i++) atoms[i] = few[codes[i]!]!;
    } else {
      const { values, isInt } = this.#numbers!;
      for (let i = 0; i < atoms.length; i++) atoms[i] = isInt[i] === 1 ? this.#ints!.of(values[i]!) : values[i]!;
    }
    return atoms;
  }

  at(position: number): Atom {
    if (this.#atoms) return this.#atoms[position]!;
    if (this.#coded) return this.#coded.atoms[this.#coded.codes[position]!]!;
    const { values, isInt } = this.#numbers!;
    return isInt[position] === 1 ? this.#ints!.of(values[position]!) : values[position]!;
  }

  /** The one type of all elements. @throws RaspError of class type if they have none */
  get type(): SequenceType {
    if (this.#coded) return sequenceType(this.#coded.atoms);
    if (!this.#atoms) return this.#numbers!.isInt.includes(0) ? "float" : "int";
    return sequenceType(this.#atoms);
  }

  get hasNull(): boolean {
    if (this.#coded) return this.#coded.atoms.includes(null);
    return !this.#numbers && this.atoms.includes(null);
  }

  /** A long sequence as numbers; `undefined` if a string, null or an int beyond 2^53 is in it. */
  get numbers(): NumberColumn | undefined {
    if (this.length < LONG_SEQUENCE) return undefined;
    if (this.#numbers === undefined) {
      this.#numbers = this.#coded ? numbersOfCodes(this.#coded) : numbersOfAtoms(this.#atoms!);
    }
    return this.#numbers ?? undefined;
  }

  /** A long sequence of few distinct strings or bools, or of any few atoms that is known to be one. */
  get coded(): CodedColumn | undefined {
    if (this.length < LONG_SEQUENCE) return undefined;
    if (this.#coded === undefined) {
      const first = typeof this.#atoms![0];
      this.#coded = first === "string" || first === "boolean" ? codesOfAtoms(this.#atoms!) : null;
    }
    return this.#coded ?? undefined;
  }
}

function numbersOfAtoms(atoms: readonly Atom[]): NumberColumn | null {
  const values = new Float64Array(atoms.length);
  const isInt = new Uint8Array(atoms.length);
  let hasBools = false;
  for (let i = 0; i < atoms.length; i++) {
    const atom = atoms[i]!;
    hasBools ||= typeof atom === "boolean";
    if (typeof atom === "number") {
      values[i] = atom;
      continue;
    }
    if (typeof atom === "string" || atom === null) return null;
    values[i] = Number(atom);
    isInt[i] = 1;
    if (!Number.isSafeInteger(values[i])) return null;
  }
  return { values, isInt, hasBools };
}

function numbersOfCodes({ codes, atoms }: CodedColumn): NumberColumn | null {
  const few = numbersOfAtoms(atoms);
  if (!few) return null;
  const values = new Float64Array(codes.length);
  const isInt = new Uint8Array(codes.length);
  for (let i = 0; i < codes.length; i++) {
    values[i] = few.values[codes[i]!]!;
    isInt[i] = few.isInt[codes[i]!]!;
  }
  return { values, isInt, hasBools: few.hasBools };
}

function codesOfAtoms(values: readonly Atom[]): CodedColumn | null {
  const known = new Map<Atom, number>();
  const codes = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const atom = values[i]!;
    let code = known.get(atom);
    if (code === undefined) {
      // A map does not tell 0 from -0.
      if (known.size === MOST_CODES || typeof atom === "number") return null;
      known.set(atom, (code = known.size));
    }
    codes[i] = code;
  }
  return { codes, atoms: [...known.keys()] };
}
