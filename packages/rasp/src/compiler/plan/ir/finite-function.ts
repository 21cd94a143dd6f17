/** A function of finitely many values: its arguments as the residual stream holds them, and the lines of its table. */
import type { Read } from "./read.js";

/** An argument of the function. `number[v]` is what value v counts on an axis. */
export interface Argument {
  readonly numbers: readonly number[] | undefined;
  /** The read whose value is `numbers[v]` where the argument is value v. */
  readonly asNumber: Read | undefined;
  /** For one-hot arguments: reads 1 where the argument's value is in `subset`, else 0. */
  readonly gate: ((subset: readonly number[]) => Read) | undefined;
  /** How far `axis` may be off. */
  readonly noise: number;
}

/** One line of the function's table: the arguments' value numbers, and the number of the result. */
export interface Row {
  readonly values: readonly number[];
  readonly result: number;
}
