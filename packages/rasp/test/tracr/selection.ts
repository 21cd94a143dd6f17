/** Selectors with tracr's comparisons. */
import { and, eq, ge, gt, le, lt, ne, or, select, type Compare, type Selector, type SOp } from "../../src/index.js";

export type Built = SOp | Selector;

/** Our combinators want one type on both sides; tracr does not. */
export const anyType = (node: Built): SOp<number> => node as SOp<number>;

const COMPARES: Readonly<Record<string, Compare>> = { EQ: eq, NEQ: ne, LT: lt, LEQ: le, GT: gt, GEQ: ge };
export const SYMBOLS: Readonly<Record<string, Compare>> = { "==": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge };

/** tracr compares even where it ignores the result, so that null is an error under TRUE and FALSE too. */
export function selectBy(keys: SOp, queries: SOp, name: string): Selector {
  const compare = COMPARES[name];
  if (compare) return select(anyType(keys), anyType(queries), compare);
  const [same, different] = [eq, ne].map((other) => select(anyType(keys), anyType(queries), other));
  if (name === "TRUE") return or(same!, different!);
  if (name === "FALSE") return and(same!, different!);
  throw new Error(`no comparison is called ${name}`);
}
