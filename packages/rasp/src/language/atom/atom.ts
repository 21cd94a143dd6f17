/** The values of one position, and the comparisons between them. */

/**
 * A value at one position. int = `bigint`, float = `number`, with Python's arithmetic between them; bool; string; and `null`, the
 * absence of a value, which only the combinators can make. A map of null is null; comparing null in a selector is an error, and so is
 * the mean of several values of which one is null.
 */
export type Atom = bigint | number | boolean | string | null;

/** The comparisons of `select`. `!=` exists only there. */
export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";
