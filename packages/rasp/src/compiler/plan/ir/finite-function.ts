/** A function of finitely many values: its arguments as the residual stream holds them, and its table. */
import type { Read } from "./read.js";

export interface FiniteFunction {
  readonly args: readonly Argument[];
  readonly rows: readonly Row[];
  /** `vectors[result]` is the function's vector for that result. */
  readonly vectors: readonly (readonly number[])[];
}

/** An argument. Its values are numbered; `numbers[v]` is what value v contributes to a weighted input. */
export interface Argument {
  readonly numbers: readonly number[] | undefined;
  /** The read that gives `numbers[v]` where the argument is value v. */
  readonly asNumber: Read | undefined;
  /** For one-hot arguments: reads a number for each value. */
  readonly weighted: ((numbers: readonly number[]) => Read) | undefined;
  /** For one-hot arguments: reads 1 where the argument's value is in `subset`, and 0 elsewhere. */
  readonly gate: ((subset: readonly number[]) => Read) | undefined;
  /** How far `asNumber` may be off. */
  readonly noise: number;
}

/** One line of the table: the number of each argument's value, and the number of the result. */
export interface Row {
  readonly values: readonly number[];
  readonly result: number;
}
