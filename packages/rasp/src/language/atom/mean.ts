/** What `aggregate` makes of the selected values of one row. */
import { errors } from "../diagnostic.js";
import type { Atom } from "./atom.js";
import { arithmetic } from "./arithmetic.js";
import { numeric, toFloat, type Numeric } from "./number.js";
import { describeAtom } from "./text.js";

/**
 * The default if nothing is selected; a single value as it is, of any type; of several values the sum from left to right, as a float,
 * divided by their number. @throws RaspError of class type if one of several is a string or null
 */
export function aggregateRow(selected: readonly Atom[], defaultValue: Atom): Atom {
  if (selected.length === 0) return defaultValue;
  if (selected.length === 1) return selected[0]!;
  let sum: Numeric = 0n;
  for (const atom of selected) {
    const value = numeric(atom);
    if (value === undefined) throw notNumbers(atom);
    sum = typeof sum === "number" && typeof value === "number" ? sum + value : (arithmetic("+", sum, value) as Numeric);
  }
  return toFloat(sum) / selected.length;
}

/** The error for a mean of values that are no numbers. */
export const notNumbers = (example: Atom) =>
  errors.meanType(`several positions are selected, but values such as ${describeAtom(example)} have no mean`, {
    suggestion:
      typeof example === "boolean"
        ? "indicator makes numbers of bools: aggregate(full_s, indicator(indices > 1))"
        : 'select one position per row, or aggregate numbers, for example indicator(tokens == "a")',
  });
