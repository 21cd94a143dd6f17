/** S-ops and selectors that a program may be made of: their RASP text, and their values on a batch. */
import { EMPTY, isText, type Batch, type Codes } from "./batch.js";

/** Gives the name of a part that has a line of its own, or its text. */
export type Naming = (part: Term | Selector) => string;

/** An s-op with a value at each position, as a code. */
export interface Term {
  readonly kind: "term";
  readonly key: string;
  /** Whether it is written out wherever it is used. */
  readonly isInline: boolean;
  readonly text: (name: Naming) => string;
  /** Selectors in it: heads that it needs. */
  readonly selectors: readonly Selector[];
  readonly values: (batch: Batch) => Float32Array;
}

export interface Selector {
  readonly kind: "selector";
  readonly key: string;
  readonly isInline: false;
  readonly text: (name: Naming) => string;
  readonly reads: readonly Term[];
  /** Whether query q selects key k, both places in the batch, of one input. */
  readonly test: (batch: Batch) => (q: number, k: number) => boolean;
}

const simple = (text: string, values: (batch: Batch) => Float32Array): Term => ({
  kind: "term",
  key: text,
  isInline: true,
  text: () => text,
  selectors: [],
  values,
});

export const tokens = simple("tokens", (batch) => batch.tokens);
export const indices = simple("indices", (batch) => batch.indices);
export const length = simple("length", (batch) => batch.lengths);
export const fromEnd = simple("length - 1 - indices", (batch) =>
  batch.known("from end", () => batch.indices.map((i, at) => batch.lengths[at]! - 1 - i)),
);
export const modulo = (k: number): Term =>
  simple(`indices % ${k}`, (batch) => batch.known(`modulo ${k}`, () => batch.indices.map((i) => i % k)));

const derived = (
  key: string,
  text: (name: Naming) => string,
  selectors: readonly Selector[],
  values: (batch: Batch) => Float32Array,
): Term => ({
  kind: "term",
  key,
  isInline: false,
  text,
  selectors,
  values: (batch) => batch.known(key, () => values(batch)),
});

/** How often something holds of the input's keys, at each query. */
export const width = (selector: Selector): Term =>
  derived(
    `selector_width(${selector.key})`,
    (name) => `selector_width(${name(selector)})`,
    [selector],
    (batch) => fill(batch, selector, (selected) => selected.length),
  );

/** What the one selected key carries, or the mean of numbers. NaN where strings of several keys would have to be averaged. */
export const aggregate = (selector: Selector, of: Term, codes: Codes): Term =>
  derived(
    `aggregate(${selector.key}, ${of.key})`,
    (name) => `aggregate(${name(selector)}, ${name(of)}${of === tokens ? `, ${codes.literal(EMPTY)}` : ""})`,
    [selector],
    (batch) => {
      const carried = of.values(batch);
      const empty = of === tokens && batch.tokens.some(isText) ? EMPTY : 0;
      return fill(batch, selector, (selected) => {
        if (selected.length === 0) return empty;
        if (selected.length === 1) return carried[selected[0]!]!;
        return empty === EMPTY ? NaN : selected.reduce((sum, k) => sum + carried[k]!, 0) / selected.length;
      });
    },
  );

/** The last or the first key that is selected. */
export const extreme = (selector: Selector, last: boolean): Selector => ({
  kind: "selector",
  key: `best(${selector.key}, ${last ? "" : "-"}indices)`,
  isInline: false,
  text: (name) => `best(${name(selector)}, ${last ? "" : "-"}indices)`,
  reads: selector.reads,
  test: (batch) => {
    const test = selector.test(batch);
    const chosen = fill(batch, selector, (selected) => (last ? selected.at(-1) : selected[0]) ?? -1);
    return (q, k) => chosen[q] === k && test(q, k);
  },
});

/** a − b. */
export const difference = (a: Term, b: Term): Term =>
  derived(
    `${a.key} - ${b.key}`,
    (name) => `${name(a)} - ${name(b)}`,
    [...a.selectors, ...b.selectors],
    (batch) => {
      const subtracted = b.values(batch);
      return a.values(batch).map((value, at) => value - subtracted[at]!);
    },
  );

/** A number for each query, from the places of the keys that it selects. */
function fill(batch: Batch, selector: Selector, value: (selected: readonly number[]) => number): Float32Array {
  const test = selector.test(batch);
  const out = new Float32Array(batch.size);
  const selected: number[] = [];
  for (let s = 0; s < batch.inputs.length; s++) {
    const [start, end] = [batch.starts[s]!, batch.starts[s + 1]!];
    for (let q = start; q < end; q++) {
      selected.length = 0;
      for (let k = start; k < end; k++) if (test(q, k)) selected.push(k);
      out[q] = value(selected);
    }
  }
  return out;
}

export type Comparison = "==" | "!=" | "<" | ">" | "<=" | ">=";

export const COMPARE: Readonly<Record<Comparison, (a: number, b: number) => boolean>> = {
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<": (a, b) => a < b,
  ">": (a, b) => a > b,
  "<=": (a, b) => a <= b,
  ">=": (a, b) => a >= b,
};

export const shifted = (text: string, by: number): string =>
  by === 0 ? text : `${text} ${by < 0 ? "-" : "+"} ${Math.abs(by)}`;

/** `select(keys, queries + by, comparison)`. */
export const select = (keys: Term, queries: Term, comparison: Comparison, by = 0): Selector => ({
  kind: "selector",
  key: `select(${keys.key}, ${shifted(queries.key, by)}, ${comparison})`,
  isInline: false,
  text: (name) => `select(${name(keys)}, ${shifted(name(queries), by)}, ${comparison})`,
  reads: [keys, queries],
  test: (batch) => {
    const [key, query] = [keys.values(batch), queries.values(batch)];
    const holds = COMPARE[comparison];
    return (q, k) => holds(key[k]!, query[q]! + by);
  },
});

/** `select(keys, constant, comparison)`. */
export const selectKeys = (keys: Term, constant: number, comparison: Comparison, codes: Codes): Selector => ({
  kind: "selector",
  key: `select(${keys.key}, ${codes.literal(constant)}, ${comparison})`,
  isInline: false,
  text: (name) => `select(${name(keys)}, ${codes.literal(constant)}, ${comparison})`,
  reads: [keys],
  test: (batch) => {
    const key = keys.values(batch);
    const holds = COMPARE[comparison];
    return (_, k) => holds(key[k]!, constant);
  },
});

const joined = (word: "and" | "or", a: Selector, b: Selector, test: Selector["test"]): Selector => ({
  kind: "selector",
  key: `(${a.key} ${word} ${b.key})`,
  isInline: false,
  text: (name) => `${part(a, name)} ${word} ${part(b, name)}`,
  reads: [...a.reads, ...b.reads],
  test,
});

/** A selector inside another is written out, in brackets where it is a compound itself. */
const part = (selector: Selector, name: Naming): string =>
  selector.key.startsWith("(") ? `(${selector.text(name)})` : selector.text(name);

export const and = (a: Selector, b: Selector): Selector =>
  joined("and", a, b, (batch) => {
    const [first, second] = [a.test(batch), b.test(batch)];
    return (q, k) => first(q, k) && second(q, k);
  });

export const or = (a: Selector, b: Selector): Selector =>
  joined("or", a, b, (batch) => {
    const [first, second] = [a.test(batch), b.test(batch)];
    return (q, k) => first(q, k) || second(q, k);
  });
