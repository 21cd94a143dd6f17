/**
 * The interpreter on twelve programs whose selectors mix comparisons, of which some average floats that do not add up exactly: each a line of
 * RASP beside a plain loop over all cells, which checks it at lengths where that takes little.
 */
import { evaluate, load } from "@selectron/rasp";
import type { Comparison } from "../harness.js";

export const mixedLengths = [64, 1000, 10_000, 100_000] as const;

/** Up to this length answers are checked. */
const CHECKED = 1000;

/** What a position has: its number, its letter, and four numbers that look random. */
interface Position {
  readonly i: number;
  readonly t: number;
  readonly p: number;
  readonly r: number;
  readonly u: number;
  readonly f: number;
}

export interface MixedProgram {
  readonly name: string;
  readonly selector: string;
  readonly selects: (key: Position, query: Position) => boolean;
  /** What is averaged: positions or floats; nothing where the selected positions are counted. */
  readonly mean?: "indices" | "f";
}

export const mixedPrograms: readonly MixedProgram[] = [
  { name: "other letters", selector: "(t, t, !=)", selects: (k, q) => k.t !== q.t, mean: "f" },
  { name: "other numbers", selector: "(p, p, !=)", selects: (k, q) => k.p !== q.p, mean: "f" },
  { name: "smaller numbers", selector: "(p, p, <)", selects: (k, q) => k.p < q.p, mean: "f" },
  {
    name: "smaller numbers at the same letter",
    selector: "(t, t, ==) and (p, p, <)",
    selects: (k, q) => k.t === q.t && k.p < q.p,
    mean: "f",
  },
  {
    name: "other letters so far",
    selector: "(t, t, !=) and (indices, indices, <=)",
    selects: (k, q) => k.t !== q.t && k.i <= q.i,
    mean: "f",
  },
  {
    name: "smaller numbers so far",
    selector: "(p, p, <) and (indices, indices, <=)",
    selects: (k, q) => k.p < q.p && k.i <= q.i,
    mean: "f",
  },
  {
    name: "two ranges so far",
    selector: "(p, p, <) and (r, r, <=) and (indices, indices, <=)",
    selects: (k, q) => k.p < q.p && k.r <= q.r && k.i <= q.i,
  },
  {
    name: "four comparisons",
    selector: "(p, p, <) and (r, r, <=) and (indices, indices, <=) and (t, t, !=)",
    selects: (k, q) => k.p < q.p && k.r <= q.r && k.i <= q.i && k.t !== q.t,
  },
  {
    name: "four ranges",
    selector: "(p, p, <) and (r, r, <=) and (indices, indices, <=) and (u, u, >)",
    selects: (k, q) => k.p < q.p && k.r <= q.r && k.i <= q.i && k.u > q.u,
    mean: "indices",
  },
  {
    name: "three joined by or",
    selector: "(p, p, <) or (t, t, ==) or (indices, indices, >)",
    selects: (k, q) => k.p < q.p || k.t === q.t || k.i > q.i,
  },
  {
    name: "not both",
    selector: "not ((p, p, <) and (r, r, <))",
    selects: (k, q) => !(k.p < q.p && k.r < q.r),
    mean: "indices",
  },
  {
    name: "eight joined by or",
    selector:
      "(p, p, <) or (r, r, <) or (indices, indices, >) or (u, u, >) or (t, t, ==) or (p, r, ==) or (r, u, <) or (u, p, >)",
    selects: (k, q) =>
      k.p < q.p || k.r < q.r || k.i > q.i || k.u > q.u || k.t === q.t || k.p === q.r || k.r < q.u || k.u > q.p,
  },
];

const COLUMNS = `
  t = tokens; p = (indices * 7919) % 10007; r = (indices * 104729) % 9973; u = (indices * 31) % 97;
  f = ((indices * 7919 + 13) % 10007) / 7;
`;

const letter = (i: number): number => (i * i + 3 * i) % 24;

const positions = (length: number): Position[] =>
  Array.from({ length }, (_, i) => ({
    i,
    t: letter(i),
    p: (i * 7919) % 10007,
    r: (i * 104729) % 9973,
    u: (i * 31) % 97,
    f: ((i * 7919 + 13) % 10007) / 7,
  }));

/** The answer by definition: the mean from left to right, one selected value as it is, 0 where there is none. */
function plainAnswer({ selects, mean }: MixedProgram, length: number): number[] {
  const all = positions(length);
  return all.map((query) => {
    const selected = all.filter((key) => selects(key, query));
    if (mean === undefined) return selected.length;
    if (selected.length === 0) return 0;
    return selected.reduce((sum, key) => sum + (mean === "f" ? key.f : key.i), 0) / selected.length;
  });
}

/** One program at one length. */
export function mixedComparison(program: MixedProgram, length: number): Comparison {
  const selector = program.selector.replaceAll(/\((?=\w+, )/g, "select(");
  const value = program.mean === undefined ? "selector_width(s)" : `aggregate(s, ${program.mean})`;
  const sop = load(`${COLUMNS} s = ${selector}; y = ${value};`).sop("y");
  const input = Array.from({ length }, (_, i) => String.fromCharCode(97 + letter(i)));
  const run = (): unknown[] => evaluate(sop, input);
  const check = (): void => {
    if (length > CHECKED) return;
    const [actual, expected] = [run(), plainAnswer(program, length)];
    const at = expected.findIndex((answer, i) => answer !== actual[i]);
    if (at >= 0) throw new Error(`position ${at}: ${String(actual[at])} instead of ${expected[at]}`);
  };
  return {
    name: `${program.name}, n = ${length.toLocaleString("en")}`,
    ...(length > 10_000 ? { rounds: 1 } : {}),
    candidates: [{ name: "interpreter", check, run }],
  };
}
