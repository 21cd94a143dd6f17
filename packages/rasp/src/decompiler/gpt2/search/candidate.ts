/** Programs as sets of variables, each with its readout and its match. */
import type { Json } from "../../../language/text/value-json.js";
import { paretoFront, type FrontPoint } from "../../common/front.js";
import { fitReadout } from "../readout/fit.js";
import { readoutJson, readoutOf } from "../readout/readout-json.js";
import type { Readout } from "../readout/readout.js";
import type { Run } from "../run.js";
import { answered, claimed, type Question } from "../team.js";
import { isNamed, type Variable } from "../variables/variable.js";

/** A program that was fitted to the tuning set. */
export interface Candidate {
  readonly variables: readonly Variable[];
  readonly readout: Readout;
  /** The shares of sequences that match, on the tuning and on the selection set. */
  readonly tuneMatch: number;
  readonly match: number;
}

/** A match that is lower than the best one by more than this is not measured exactly. */
const TOO_LOW = 0.05;

/** What is fitted, as it is kept and given to other threads. */
interface Fit {
  readonly readout: Json;
  readonly match: number;
  readonly tuneMatch: number;
}

/** Candidates, each fitted once. */
export class Candidates {
  readonly #tried = new Map<string, Candidate>();
  /** What they were made of; those that this thread has fitted ahead are here first. */
  readonly #fits = new Map<string, Json>();

  readonly #run: Run;
  readonly #pool: readonly Variable[];

  constructor(run: Run, pool: readonly Variable[]) {
    this.#run = run;
    this.#pool = pool;
  }

  /** The program of no variables. */
  nothing(): Candidate {
    const { task, tune, select } = this.#run;
    const readout = fitReadout(task, [], tune);
    return { variables: [], readout, tuneMatch: readout.match(tune), match: readout.match(select) };
  }

  /** Fits the program of some variables, unless another thread does. @param best - the match of the best program so far */
  prepare(variables: readonly Variable[], best: number): void {
    const { key, question } = this.#question(variables, best);
    if (this.#tried.has(key) || this.#fits.has(key)) return;
    const fit = claimed(this.#run.team, question);
    if (fit !== undefined) this.#keep(key, fit);
  }

  /** The program of some variables. @param best - the match of the best program so far */
  of(variables: readonly Variable[], best: number): Candidate {
    const { key, sorted, question } = this.#question(variables, best);
    const known = this.#tried.get(key);
    if (known) return known;
    const fit = answered(this.#run.team, question, this.#fits.get(key));
    this.#keep(key, fit);
    const { readout, match, tuneMatch } = fit as unknown as Fit;
    const candidate = {
      variables: sorted,
      readout: readoutOf(readout, this.#run.task, sorted),
      tuneMatch,
      match,
    };
    this.#tried.set(key, candidate);
    return candidate;
  }

  #question(variables: readonly Variable[], best: number) {
    const { task, tune, select, memo } = this.#run;
    const sorted = [...variables].sort((a, b) => this.#pool.indexOf(a) - this.#pool.indexOf(b));
    const key = sorted.map((variable) => variable.key).join(" | ");
    const fit = (): Json => {
      const fitted = fitReadout(task, sorted, tune);
      const least = Math.max(0, best - TOO_LOW);
      const match = fitted.match(select, least);
      return { readout: readoutJson(fitted), match, tuneMatch: match < least ? match : fitted.match(tune, least) };
    };
    const question: Question = { key: `fit: ${key}`, compute: () => memo?.recall(key) ?? fit() };
    return { key, sorted, question };
  }

  #keep(key: string, fit: Json): void {
    const { memo } = this.#run;
    if (!this.#fits.has(key) && memo?.recall(key) === undefined) memo?.keep(key, fit);
    this.#fits.set(key, fit);
  }

  /** Every program that was tried. */
  get tried(): Candidate[] {
    return [...this.#tried.values()];
  }

  /** The programs tried that no smaller one matches. */
  front(): FrontPoint[] {
    return paretoFront([...this.#tried.values()].map(({ variables, match }) => ({ size: sizeOf(variables), match })));
  }
}

/** Whether all variables have names. A program with fitted scores is compared with larger ones that have none. */
export const isAllNamed = ({ variables }: Candidate): boolean => variables.every(isNamed);

/** What the match on the tuning set counts; little, since the program was fitted there. */
const TUNE_WEIGHT = 0.1;
/** What each variable and each hop of attention costs, what each fitted score does, and up to how many of these. */
const [SIZE_PRICE, SCORE_PRICE, MOST_SCORES] = [0.02, 0.002, 30];

/** The match less a price for what makes a program hard to read. */
export function valueOf({ match, tuneMatch, variables }: Candidate): number {
  const scores = variables.reduce((sum, { pattern }) => sum + (pattern?.parameters ?? 0), 0);
  const weighted = match + TUNE_WEIGHT * Math.min(match, tuneMatch);
  return weighted - SIZE_PRICE * sizeOf(variables) - SCORE_PRICE * Math.min(scores, MOST_SCORES);
}

/** One for each variable, and one for each further hop of attention. */
const sizeOf = (variables: readonly Variable[]): number =>
  variables.reduce((sum, { depth }) => sum + Math.max(1, depth), 0);
