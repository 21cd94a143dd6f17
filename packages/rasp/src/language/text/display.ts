/** Values as the original prints them: floats in sequences to three places, bools as T and F, a sequence of equal elements as one. */
import { atomsEqual } from "../atom/compare.js";
import { atomSize } from "../atom/size.js";
import { atomText, describeAtom, floatText } from "../atom/text.js";
import { describe, type Value } from "../elaborate/value.js";
import type { Atom } from "../graph/node.js";
import { isMatrix, type Matrix } from "../interpret/matrix.js";
import { sequenceType } from "../interpret/sequence.js";
import { checkShown } from "../limits.js";
import { padStart, width } from "../width.js";

/** Python's `round(value, 3)`: to the nearest on the exact binary value, ties to even. */
function roundToThousandths(value: number): number {
  if (!Number.isFinite(value) || Math.abs(value) >= 2 ** 43) return value;
  // Only a multiple of 1/16 can be half way between thousandths.
  const sixteenths = value * 16;
  if (!Number.isInteger(sixteenths)) return Number(value.toFixed(3));
  const halves = BigInt(sixteenths) * 125n;
  const even = halves % 4n === 3n || halves % 4n === -1n ? halves + 1n : halves % 2n === 0n ? halves : halves - 1n;
  const rounded = Number(even / 2n) / 1000;
  return rounded === 0 && (value < 0 || Object.is(value, -0)) ? -0 : rounded;
}

/** An element of a sequence. */
export function displayElement(atom: Atom): string {
  if (typeof atom === "number") return floatText(roundToThousandths(atom));
  if (typeof atom === "boolean") return atom ? "T" : "F";
  return atomText(atom);
}

/** An evaluated s-op: `[1, 2] (ints)`, `[T]*5 (bools)`. */
export const displaySequence = (values: readonly Atom[]): string =>
  `${displayList(values, displayElement)} (${typesIn(values)})`;

/** About how many characters an atom takes in a list. */
const charactersOf = (atom: Atom): number => (typeof atom === "string" ? 2 + atom.length : 20 * atomSize(atom));

function displayList(values: readonly Atom[], display: (value: Atom) => string): string {
  const [first] = values;
  const same = values.length > 1 && values.every((value) => atomsEqual(value, first!));
  if (same) return `[${display(first!)}]*${values.length}`;
  checkShown(values.reduce<number>((sum, value) => sum + charactersOf(value), 0));
  return `[${values.map(display).join(", ")}]`;
}

/** Two sequences of which elements differ: with as many digits, and quotes, as it takes to see that. */
export function displayDifference(a: readonly Atom[], b: readonly Atom[]): [string, string] {
  const isSeen = a.every((value, i) => atomsEqual(value, b[i]!) || displayElement(value) !== displayElement(b[i]!));
  if (isSeen) return [displaySequence(a), displaySequence(b)];
  return [displayList(a, describeAtom), displayList(b, describeAtom)];
}

/**
 * An evaluated s-op below its input, position by position, with floats in full. Of bools only the rarer value is shown, or both if they
 * are equally frequent.
 */
export function displayAligned(input: readonly Atom[], values: readonly Atom[]): string {
  const types = [input, values].map(typesIn);
  const rarer = rarerBool(values);
  const cell = (atom: Atom): string => {
    if (typeof atom !== "boolean") return atomText(atom);
    return rarer === undefined || atom === rarer ? displayElement(atom) : "";
  };
  const [top, bottom] = [input.map(atomText), values.map(cell)];
  const widest = widestOf([...top, ...bottom]);
  checkShown(2 * (widest + 1) * input.length);
  const line = (cells: readonly string[]): string => cells.map((text) => padStart(text, widest)).join(" ");
  return `input:  ${line(top)} (${types[0]})\noutput: ${line(bottom)} (${types[1]})`;
}

const widestOf = (texts: readonly string[]): number => texts.reduce((widest, text) => Math.max(widest, width(text)), 0);

/** The type in the plural. Inputs and the answers of models, unlike s-ops, can hold elements of several types. */
function typesIn(values: readonly Atom[]): string {
  try {
    return `${sequenceType(values)}s`;
  } catch {
    return "of several types";
  }
}

function rarerBool(values: readonly Atom[]): boolean | undefined {
  const trues = values.filter((value) => value === true).length;
  const falses = values.filter((value) => value === false).length;
  return trues === falses ? undefined : trues < falses;
}

/** An evaluated selector, a row for each query, 1 where it selects. */
export function displayMatrix(input: readonly Atom[], matrix: Matrix): string {
  const labels = input.map(atomText);
  const widest = widestOf(labels);
  checkShown(labels.reduce((sum, label) => sum + label.length + 1, widest + 3) * labels.length);
  const rows = [...matrix].map((row, query) => {
    const cells = labels.map((label, key) => padStart(row[key] === 1 ? "1" : "", width(label)));
    return `${padStart(labels[query]!, widest)} | ${cells.join(" ")}`;
  });
  return [`${" ".repeat(widest)}   ${labels.join(" ")}`, ...rows].join("\n");
}

/** Python's `repr` of a string, with the quotes it would choose. */
function quoted(text: string): string {
  const escaped = text.replace(/\\/g, "\\\\");
  return text.includes("'") && !text.includes('"') ? `"${escaped}"` : `'${escaped.replace(/'/g, "\\'")}'`;
}

function inner(value: Value): string {
  switch (value.kind) {
    case "atom":
      return typeof value.atom === "string" ? quoted(value.atom) : atomText(value.atom);
    case "list":
      return `[${value.items.map(inner).join(", ")}]`;
    case "dict": {
      const entries = [...value.entries.values()].map(
        (entry) => `${inner({ kind: "atom", atom: entry.key })}: ${inner(entry.value)}`,
      );
      return `{${entries.join(", ")}}`;
    }
    default:
      return describe(value);
  }
}

/** A value that needs no input: atoms in full, strings in double quotes, lists and dicts as in Python. */
export function displayValue(value: Value): string {
  switch (value.kind) {
    case "atom":
      return describeAtom(value.atom);
    case "function":
      return `function: ${value.definition.name.text}(${value.definition.parameters.map(({ text }) => text).join(", ")})`;
    case "applied":
      return displayResult(value.input, value.result);
    default:
      return inner(value);
  }
}

/** The result of an s-op or selector on an input. */
export function displayResult(input: readonly Atom[], result: readonly Atom[] | Matrix): string {
  return isMatrix(result) ? displayMatrix(input, result) : displaySequence(result);
}
