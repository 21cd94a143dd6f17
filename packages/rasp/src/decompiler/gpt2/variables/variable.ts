/**
 * The variables of a program: one-hot vectors of tokens or of positions modulo something, and what attention carries of them. Each
 * knows its RASP text and its values, which are kept per sequence.
 */
import type { Observed } from "../data/observe.js";
import type { Pattern } from "../heads/named-patterns.js";
import type { Task } from "../data/task.js";

/** Vectors at each position. */
export interface Variable {
  /** Tells variables apart. */
  readonly key: string;
  /** Components by name, as RASP writes them. */
  readonly basis: readonly string[];
  /** Whether the components are the vocabulary's tokens. */
  readonly ofTokens: boolean;
  /** Attention that it rests on: hops. */
  readonly depth: number;
  /** What it is in RASP; `name` gives the name of a variable or of a definition that it reads. */
  readonly text: (names: Names) => string;
  /** What must be named before it. */
  readonly reads: readonly Variable[];
  /** Whether it needs a line of its own. */
  readonly isInline: boolean;
  readonly pattern: Pattern | undefined;
  /** The name of the function of one position that it is, if it is one. */
  readonly function?: string;
  /** [n, basis]. */
  values(observed: Observed): Float32Array;
}

/** Names that a program gives. */
export interface Names {
  variable(variable: Variable): string;
  /** The name of an s-op or table defined on a line of its own. */
  definition(wish: string, expression: string): string;
}

/** Computed once for each sequence. */
export function cached(compute: (observed: Observed) => Float32Array): (observed: Observed) => Float32Array {
  const known = new WeakMap<Observed, Float32Array>();
  return (observed) => {
    const found = known.get(observed) ?? compute(observed);
    known.set(observed, found);
    return found;
  };
}

/** Each token's one-hot vector. */
export function tokenVariable({ vocabulary }: Task): Variable {
  return {
    key: "tokens",
    basis: vocabulary.map((token) => JSON.stringify(token)),
    ofTokens: true,
    depth: 0,
    text: () => "tokens",
    reads: [],
    isInline: true,
    pattern: undefined,
    values: cached(({ ids }) => {
      const data = new Float32Array(ids.length * vocabulary.length);
      ids.forEach((id, i) => (data[i * vocabulary.length + id] = 1));
      return data;
    }),
  };
}

/** The index modulo k, one-hot. */
export const moduloVariable = (k: number): Variable => ({
  key: `indices % ${k}`,
  basis: Array.from({ length: k }, (_, i) => String(i)),
  ofTokens: false,
  depth: 0,
  text: () => `indices % ${k}`,
  reads: [],
  isInline: true,
  pattern: undefined,
  values: cached(({ ids }) => {
    const data = new Float32Array(ids.length * k);
    ids.forEach((_, i) => (data[i * k + (i % k)] = 1));
    return data;
  }),
});

/** The index counted from where the sequence stands in a longer text, one-hot. */
export const positionVariable = (most: number): Variable => ({
  key: "positions",
  basis: Array.from({ length: most }, (_, i) => String(i)),
  ofTokens: false,
  depth: 0,
  text: () => "positions",
  reads: [],
  isInline: true,
  pattern: undefined,
  values: cached(({ ids, offset }) => {
    const data = new Float32Array(ids.length * most);
    ids.forEach((_, i) => (data[i * most + offset + i] = 1));
    return data;
  }),
});

/** What attention with a pattern carries of a variable. */
export function attendVariable(pattern: Pattern, of: Variable): Variable {
  const width = of.basis.length;
  return {
    key: `attend(${pattern.key}, ${of.key})`,
    basis: of.basis,
    ofTokens: of.ofTokens,
    depth: 1 + Math.max(of.depth, ...pattern.reads.map(({ depth }) => depth)),
    text: (names) => `attend(${pattern.text(names)}, ${names.variable(of)})`,
    reads: [...pattern.reads, of],
    isInline: false,
    pattern,
    values: cached((observed) => {
      const length = observed.ids.length;
      const shares = pattern.shares(observed);
      const data = of.values(observed);
      const out = new Float32Array(length * width);
      for (let j = 0; j < length; j++) {
        for (let c = 0; c < width; c++) {
          const value = data[j * width + c]!;
          if (value !== 0) for (let i = j; i < length; i++) out[i * width + c]! += shares[i * length + j]! * value;
        }
      }
      return out;
    }),
  };
}
