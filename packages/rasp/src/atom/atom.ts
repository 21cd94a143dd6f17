/** The values that stand at one position, and the comparisons between them. */

/** A value at one position. int = `bigint`, float = `number`, with Python's arithmetic between them; bool; string. */
export type Atom = bigint | number | boolean | string;

/** The comparisons that `select` knows. `!=` exists only there. */
export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";
