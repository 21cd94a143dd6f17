/** Attention patterns with labels, and as text: what each head of a traced pass looks at. */
import { checks, ShapeError, type Tensor } from "@selectron/core";

/** The pattern of one head for one row of the batch. */
export interface AttentionMap {
  /** "blocks.0.attention head 1", heads counted from 1. */
  readonly title: string;
  /** Labels of the queries and keys. */
  readonly queries: readonly string[];
  readonly keys: readonly string[];
  /** [queries][keys]; a row sums to 1, or to 0 if the query sees nothing. */
  readonly weights: readonly (readonly number[])[];
}

/** Options of `attentionMaps`. */
export interface AttentionMapOptions {
  /** Labels of the queries; "0", "1", … by default. */
  readonly queries?: Labels | undefined;
  /** Labels of the keys, the same as the queries by default. */
  readonly keys?: Labels | undefined;
  /** Which row of the batch; 0 by default. */
  readonly row?: number | undefined;
}

/** Labels of all positions, or a function of the name of the activation that is labelled. */
export type Labels = readonly string[] | ((activation: string) => readonly string[]);

const someLabels = checks.either(checks.aList("an array of strings", checks.aText), checks.aFunction());
const optionKinds = { queries: someLabels, keys: someLabels, row: checks.anInteger(0) };

/** The maps of every head in a trace, in the order of computation. Throws a RangeError if labels do not fit. */
export function attentionMaps(
  activations: ReadonlyMap<string, Tensor>,
  options: AttentionMapOptions = {},
): AttentionMap[] {
  checks.check(
    "attentionMaps: activations",
    activations,
    checks.aMap("a Map of tensors, such as trace(…).activations"),
  );
  checks.checkOptions("attentionMaps", options, optionKinds);
  const { queries, keys = queries, row = 0 } = options;
  const labelsOf = (labels: Labels | undefined, name: string, length: number, what: string): readonly string[] => {
    const given = typeof labels === "function" ? labels(name) : labels;
    if (given && given.length !== length) {
      throw new RangeError(`attentionMaps: ${given.length} labels for the ${length} ${what} of ${name}.`);
    }
    return given ?? Array.from({ length }, (_, position) => String(position));
  };
  return [...activations]
    .filter(([name]) => name.endsWith(".pattern"))
    .flatMap(([name, pattern]) => {
      checks.check(`attentionMaps: ${name}`, pattern, checks.aTensor);
      if (pattern.rank !== 4) {
        throw new ShapeError(`attentionMaps: ${name} is [${pattern.shape.join(", ")}], and no pattern of a batch.`);
      }
      checks.check("attentionMaps: row", row, checks.anInteger(0, pattern.shape[0]! - 1));
      const [, , n, m] = pattern.shape as [number, number, number, number];
      const own = { queries: labelsOf(queries, name, n, "queries"), keys: labelsOf(keys, name, m, "keys") };
      const heads = (pattern.slice(row, row + 1).toArray() as number[][][][])[0]!;
      return heads.map((weights, head) => ({
        title: `${name.replace(/\.pattern$/, "")} head ${head + 1}`,
        ...own,
        weights,
      }));
    });
}

const texts = checks.aList("an array of strings", checks.aText);
const mapKinds = {
  title: checks.aText,
  queries: texts,
  keys: texts,
  weights: checks.aList("an array of rows of numbers"),
};

/** Throws unless a map has a weight for each query and key. */
export function checkMap(operation: string, map: AttentionMap): void {
  checks.checkOptions(operation, map, mapKinds, Object.keys(mapKinds));
  const { queries, keys, weights } = map;
  const fits = (row: readonly number[]): boolean =>
    Array.isArray(row) && row.length === keys.length && row.every(Number.isFinite);
  if (weights.length === queries.length && weights.every(fits)) return;
  throw new TypeError(
    `${operation}: weights must be a row for each of ${queries.length} queries, of a number for each of ${keys.length} keys.`,
  );
}

/** Characters of a weight, such as 0.25. */
const CELL_WIDTH = 4;

/** A weight with two decimals; a dot for exactly 0, which is what a mask leaves. */
const cell = (weight: number): string => (weight === 0 ? "·" : weight.toFixed(2));

/** A map as text: keys on top, queries on the left. */
export function attentionText(map: AttentionMap): string {
  checkMap("attentionText", map);
  const { title, queries, keys, weights } = map;
  const left = Math.max(0, ...queries.map((label) => label.length));
  const widths = keys.map((label) => Math.max(CELL_WIDTH, label.length));
  const line = (label: string, cells: readonly string[]): string =>
    `${label.padStart(left)} │ ${cells.map((text, k) => text.padStart(widths[k]!)).join(" ")}`;
  return [title, line("", keys), ...weights.map((row, q) => line(queries[q]!, row.map(cell)))].join("\n");
}
