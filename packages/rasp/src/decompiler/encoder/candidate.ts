/** The s-ops and selectors that a program may use: their RASP text, and their values on a batch. */
import { EMPTY, isText, type Batch, type Codes } from "./batch.js";

/** The name of a part that has a line of its own, or the text of one that does not. */
export type Naming = (part: CandidateSOp | CandidateSelector) => string;

/** An s-op: its values are codes, one for each position. */
export interface CandidateSOp {
  readonly kind: "sop";
  readonly key: string;
  /** Whether it is written out wherever it is used. */
  readonly isInline: boolean;
  readonly text: (name: Naming) => string;
  /** The selectors in it, each of which takes a head. */
  readonly selectors: readonly CandidateSelector[];
  readonly values: (batch: Batch) => Float64Array;
}

/** A selector over the positions of one input. */
export interface CandidateSelector {
  readonly kind: "selector";
  readonly key: string;
  readonly isInline: false;
  readonly text: (name: Naming) => string;
  readonly reads: readonly CandidateSOp[];
  /** Whether query q selects key k. Both are places in the batch, of the same input. */
  readonly test: (batch: Batch) => (q: number, k: number) => boolean;
}

const simple = (text: string, values: (batch: Batch) => Float64Array): CandidateSOp => ({
  kind: "sop",
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
export const modulo = (k: number): CandidateSOp =>
  simple(`indices % ${k}`, (batch) => batch.known(`modulo ${k}`, () => batch.indices.map((i) => i % k)));

export const twice = simple("2 * indices", (batch) => batch.known("twice", () => batch.indices.map((i) => 2 * i)));

/** 1 where the token is the one of a code, 0 elsewhere. */
export const mark = (code: number, codes: Codes): CandidateSOp => {
  const text = `indicator(tokens == ${codes.literal(code)})`;
  return simple(text, (batch) => batch.known(text, () => batch.tokens.map((token) => Number(token === code))));
};

const derived = (
  key: string,
  text: (name: Naming) => string,
  selectors: readonly CandidateSelector[],
  values: (batch: Batch) => Float64Array,
): CandidateSOp => ({
  kind: "sop",
  key,
  isInline: false,
  text,
  selectors,
  values: (batch) => batch.known(key, () => values(batch)),
});

/** How many keys each query selects. */
export const width = (selector: CandidateSelector): CandidateSOp =>
  derived(
    `selector_width(${selector.key})`,
    (name) => `selector_width(${name(selector)})`,
    [selector],
    (batch) => fill(batch, selector, (selected) => selected.length),
  );

/** The value at the one selected key, or the mean of several numbers. NaN where the mean would be of strings. */
export const aggregate = (selector: CandidateSelector, of: CandidateSOp, codes: Codes): CandidateSOp =>
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

/** Of the selected keys the last, or the first. */
export const extreme = (selector: CandidateSelector, last: boolean): CandidateSelector => ({
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

/** Of the selected keys the one with the largest score, or with the smallest; of equal ones the first. */
export const extremeBy = (selector: CandidateSelector, score: CandidateSOp, largest: boolean): CandidateSelector => ({
  kind: "selector",
  key: `best(${selector.key}, ${largest ? "" : "-"}${score.key})`,
  isInline: false,
  text: (name) => `best(${name(selector)}, ${largest ? "" : "-"}${name(score)})`,
  reads: [...selector.reads, score],
  test: (batch) => {
    const test = selector.test(batch);
    const scores = score.values(batch).map((value) => (largest ? value : -value));
    const chosen = fill(batch, selector, (selected) =>
      selected.reduce((best, k) => (best < 0 || scores[k]! > scores[best]! ? k : best), -1),
    );
    return (q, k) => chosen[q] === k && test(q, k);
  },
});

/** Whether two s-ops have the same value, 1 or 0. */
export const agreement = (a: CandidateSOp, b: CandidateSOp): CandidateSOp =>
  derived(
    `indicator(${a.key} == ${b.key})`,
    (name) => `indicator(${name(a)} == ${name(b)})`,
    [...a.selectors, ...b.selectors],
    (batch) => {
      const other = b.values(batch);
      return a.values(batch).map((value, at) => Number(value === other[at]));
    },
  );

/** The remainder of a whole number. */
export const remainder = (of: CandidateSOp, k: number): CandidateSOp =>
  derived(
    `(${of.key}) % ${k}`,
    (name) => `${name(of)} % ${k}`,
    of.selectors,
    (batch) => of.values(batch).map((value) => ((value % k) + k) % k),
  );

/** a − b. */
export const difference = (a: CandidateSOp, b: CandidateSOp): CandidateSOp =>
  derived(
    `${a.key} - ${b.key}`,
    (name) => `${name(a)} - ${name(b)}`,
    [...a.selectors, ...b.selectors],
    (batch) => {
      const subtracted = b.values(batch);
      return a.values(batch).map((value, at) => value - subtracted[at]!);
    },
  );

/** A number for each query, computed from the places of the keys that it selects. */
function fill(batch: Batch, selector: CandidateSelector, value: (selected: readonly number[]) => number): Float64Array {
  const test = selector.test(batch);
  const out = new Float64Array(batch.size);
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
export const select = (
  keys: CandidateSOp,
  queries: CandidateSOp,
  comparison: Comparison,
  by = 0,
): CandidateSelector => ({
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
export const selectKeys = (
  keys: CandidateSOp,
  constant: number,
  comparison: Comparison,
  codes: Codes,
): CandidateSelector => ({
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

/** The keys up to the query's position. */
export const upToSelf = select(indices, indices, "<=");

/** Whether a query selects a key after its own position. */
export function selectsLater(selector: CandidateSelector, batch: Batch): boolean {
  const test = selector.test(batch);
  return batch.inputs.some((_, s) => {
    for (let q = batch.starts[s]!; q < batch.starts[s + 1]!; q++) {
      for (let k = q + 1; k < batch.starts[s + 1]!; k++) if (test(q, k)) return true;
    }
    return false;
  });
}

const joined = (
  word: "and" | "or",
  a: CandidateSelector,
  b: CandidateSelector,
  test: CandidateSelector["test"],
): CandidateSelector => ({
  kind: "selector",
  key: `(${a.key} ${word} ${b.key})`,
  isInline: false,
  text: (name) => `${part(a, name)} ${word} ${part(b, name)}`,
  reads: [...a.reads, ...b.reads],
  test,
});

/** A selector inside another one is written out, in parentheses if it is a compound itself. */
const part = (selector: CandidateSelector, name: Naming): string =>
  selector.key.startsWith("(") ? `(${selector.text(name)})` : selector.text(name);

export const and = (a: CandidateSelector, b: CandidateSelector): CandidateSelector =>
  joined("and", a, b, (batch) => {
    const [first, second] = [a.test(batch), b.test(batch)];
    return (q, k) => first(q, k) && second(q, k);
  });

export const or = (a: CandidateSelector, b: CandidateSelector): CandidateSelector =>
  joined("or", a, b, (batch) => {
    const [first, second] = [a.test(batch), b.test(batch)];
    return (q, k) => first(q, k) || second(q, k);
  });
