/** Numbers, sums and tables as RASP text. */
import { literal } from "../../language/text/print.js";

/** A number with few digits and no exponent; a whole number has no decimal point. */
export const decimal = (value: number): string => {
  const text = Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(Math.abs(value) < 0.1 ? 4 : 2);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
};

/** Rounded to what `decimal` writes. */
export const tidy = (value: number): number => Number(decimal(value)) + 0;

/** A sum with one more summand, which may begin with a minus. */
export const plus = (sum: string, summand: string): string =>
  sum === "" ? summand : summand.startsWith("-") ? `${sum} - ${summand.slice(1)}` : `${sum} + ${summand}`;

/** A multiple of an expression. */
export const times = (factor: number, expression: string): string => {
  const by = decimal(factor);
  return by === "1" ? expression : by === "-1" ? `-${expression}` : `${by} * ${expression}`;
};

const key = (atom: string): string => (/^".*"$/.test(atom) || /^-?\d+$/.test(atom) ? atom : literal(atom));

/** `{"a": 1, "b": -2}`, without zeros; the keys are tokens. */
export const dictText = (entries: readonly (readonly [string, number])[]): string =>
  `{${entries
    .filter(([, value]) => decimal(value) !== "0" && decimal(value) !== "-0")
    .map(([name, value]) => `${literal(name)}: ${decimal(value)}`)
    .join(", ")}}`;

/** `{"a": {"b": 1}}`, without zeros and empty rows. The rows are tokens, or RASP literals if `areLiterals`. */
export function nestedText(
  rows: readonly string[],
  columns: readonly string[],
  at: (row: number, column: number) => number,
  areLiterals = false,
): string {
  const texts = rows.flatMap((row, r) => {
    const inner = dictText(columns.map((column, c) => [column, at(r, c)]));
    return inner === "{}" ? [] : [`${areLiterals ? key(row) : literal(row)}: ${inner}`];
  });
  return `{${texts.join(", ")}}`;
}
