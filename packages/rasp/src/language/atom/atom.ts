/** The values that stand at one position, and the comparisons between them. */

/**
 * A value at one position. int = `bigint`, float = `number`, with Python's arithmetic between them; bool; string; and `null`, the
 * absence of a value, which the combinators know and the language does not. A map of null is null, a selector that compares null
 * fails, and so does a mean of several values with a null among them.
 */
export type Atom = bigint | number | boolean | string | null;

/** The comparisons that `select` knows. `!=` exists only there. */
export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";
