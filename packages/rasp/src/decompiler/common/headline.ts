/**
 * What a match is worth: the decisions of a model by class, and what tables that know nothing of a mechanism have of them. Every table gives
 * the most frequent decision in its context on the sequences that programs are fitted to.
 */
import { getOrInsert } from "../../language/maps.js";

/** The tables that a program is compared with. */
export type BaselineName = "constant" | "length" | "token table" | "n-gram";
const BASELINES: readonly BaselineName[] = ["constant", "length", "token table", "n-gram"];

/** A decision that counts, and the contexts that tables know it by. */
export interface Decided {
  readonly decision: string;
  /** The class that the decision is of: itself, or for one of many symbols all of them. */
  readonly className: string;
  /** For each table the contexts that it looks up, the longest first. */
  readonly contexts: Readonly<Record<BaselineName, readonly string[]>>;
}

/** A class of decisions. */
export interface ClassMatch {
  readonly name: string;
  /** The share of the model's decisions that are of this class. */
  readonly frequency: number;
  /** The share of these that the program makes as well. */
  readonly match: number;
  /** The harmonic mean of that share and of the share of right ones among the program's decisions for the class (F1). */
  readonly f1: number;
  /** The table with the largest F1 here. */
  readonly baseline: { readonly name: BaselineName; readonly f1: number };
  /** Whether the program is better than every table by a margin, or as good as one that leaves nothing to be desired. */
  readonly isBeaten: boolean;
}

/** What the tables have, and the classes. */
export interface Headline {
  /** The share of whole sequences on which a table makes all of the model's decisions. */
  readonly baselines: readonly { readonly name: BaselineName; readonly match: number }[];
  /** The most frequent first; those of a handful of decisions are left out. */
  readonly classes: readonly ClassMatch[];
}

/** The program must have so much more than a table, or half of what the table lacks where that is less. */
const MARGIN = 0.05;
/** Where a table lacks less than the first, the program must be as good but for the second: rounding costs it a sequence in a thousand. */
const [NEARLY_ALL, TIE] = [0.01, 0.005];
/** Classes of fewer decisions are left out: their shares mean little. */
const LEAST_DECISIONS = 10;

/** @param program - its decisions on the report set, as texts that are equal where decisions are, with their classes */
export function headlineOf(
  fitted: readonly (readonly Decided[])[],
  report: readonly (readonly Decided[])[],
  program: readonly (readonly Pick<Decided, "decision" | "className">[])[],
): Headline {
  const tables = BASELINES.map((name) => ({ name, guesses: guessesOf(name, fitted.flat(), report) }));
  const names = new Map<string, number>();
  for (const { className } of report.flat()) names.set(className, (names.get(className) ?? 0) + 1);
  const total = report.flat().length;
  const classes = [...names]
    .filter(([, count]) => count >= LEAST_DECISIONS)
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .map(([name, count]): ClassMatch => {
      const own = classScore(name, report, program);
      const best = tables
        .map((table) => ({ name: table.name, f1: classScore(name, report, table.guesses).f1 }))
        .reduce((a, b) => (b.f1 > a.f1 ? b : a));
      const lacks = 1 - best.f1;
      const isBeaten = own.f1 >= best.f1 + (lacks < NEARLY_ALL ? -TIE : Math.min(MARGIN, lacks / 2));
      return { name, frequency: count / total, match: own.recall, f1: own.f1, baseline: best, isBeaten };
    });
  return {
    baselines: tables.map(({ name, guesses }) => ({ name, match: wholeMatch(report, guesses) })),
    classes,
  };
}

type Guess = Pick<Decided, "decision" | "className">;

/** What a table decides at each position. */
function guessesOf(name: BaselineName, fitted: readonly Decided[], report: readonly (readonly Decided[])[]): Guess[][] {
  const counts = new Map<string, Map<string, { guess: Guess; count: number }>>();
  for (const decided of fitted) {
    for (const context of ["", ...decided.contexts[name]]) {
      const own = getOrInsert(counts, context, () => new Map<string, { guess: Guess; count: number }>());
      getOrInsert(own, decided.decision, () => ({ guess: decided, count: 0 })).count++;
    }
  }
  const best = new Map(
    [...counts].map(([context, own]) => [
      context,
      [...own.values()].reduce((a, b) => (b.count > a.count ? b : a)).guess,
    ]),
  );
  return report.map((sequence) =>
    sequence.map(({ contexts }) => {
      const known = contexts[name].find((context) => best.has(context));
      return best.get(known ?? "")!;
    }),
  );
}

function classScore(
  name: string,
  report: readonly (readonly Decided[])[],
  guesses: readonly (readonly Guess[])[],
): { readonly recall: number; readonly f1: number } {
  let [right, own, guessed] = [0, 0, 0];
  report.forEach((sequence, s) =>
    sequence.forEach(({ decision, className }, i) => {
      const guess = guesses[s]![i]!;
      const isOwn = className === name;
      if (isOwn) own++;
      if (guess.className === name) guessed++;
      if (isOwn && guess.decision === decision) right++;
    }),
  );
  return { recall: right / Math.max(1, own), f1: (2 * right) / Math.max(1, own + guessed) };
}

const wholeMatch = (report: readonly (readonly Decided[])[], guesses: readonly (readonly Guess[])[]): number =>
  report.filter((sequence, s) => sequence.every(({ decision }, i) => decision === guesses[s]![i]!.decision)).length /
  Math.max(1, report.length);

/** Why a program is refused for its classes: the most frequent one in which a table is as good. Undefined if there is none. */
export function refusalOfClasses({ classes }: Headline): string | undefined {
  const worst = classes.find(({ isBeaten }) => !isBeaten);
  if (!worst) return undefined;
  const { name, f1, baseline } = worst;
  return `on ${name} the program is no better than a table: its F1 is ${f1.toFixed(2)}, that of the ${baseline.name} ${baseline.f1.toFixed(2)}`;
}
