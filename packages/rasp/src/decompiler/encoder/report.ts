/** The report on the program that was found for an encoder. */
import { load } from "../../language/environment.js";
import { Evaluation } from "../../language/interpret/evaluation.js";
import { paretoFront } from "../common/front.js";
import { LEAST_MATCH, refusalOfSize, type Operation, type ProgramReport } from "../common/report.js";
import { headlineOf, refusalOfClasses, type Decided } from "../common/headline.js";
import { matchByLength, percent, uniformMatch, type LengthMatch, type Outcome } from "../common/share.js";
import { numbersIn } from "../common/size.js";
import { Batch, type Answered, type Codes } from "./batch.js";
import type { CandidateSelector } from "./candidate.js";
import { selectorsOf, type Found } from "./choose.js";
import { growRules } from "./grow-rules.js";
import { plainSOps } from "./layers.js";
import { nearestHead, readHeads } from "./nearest-head.js";
import type { Pool } from "./pool.js";
import { leavesOf, ruleMatch, ruleProgram } from "./rule.js";

/** Bounds of the lengths that are reported apart. */
const BOUNDS = [10, 20, 50, Infinity];
/** Leaves of the rule of tokens alone. */
const TABLE_LEAVES = 24;

/** @param inputs - the report set, on which nothing was grown or chosen */
export function reportOf(
  { rule, front }: Found,
  pool: Pool,
  inputs: readonly Answered[],
): Omit<ProgramReport, "renamed"> {
  const { batch: tune, codes } = pool;
  const text = ruleProgram(rule, codes);
  const values = valuesOf(text, inputs, codes);
  const outcomes = inputs.map(({ input, classes }, s): Outcome => ({
    length: input.length,
    matches: values[s]!.every((value, i) => value === classes[i]),
  }));
  const match = uniformMatch(outcomes);
  const headline = headlineOf(
    tune.inputs.map((answered) => decidedIn(answered, codes)),
    inputs.map((answered) => decidedIn(answered, codes)),
    values.map((row) => row.map((code) => named(code, codes))),
  );
  const lines = text.trim().split("\n").length;
  const leaves = leavesOf(rule);
  const refusal =
    refusalOfSize(lines) ??
    (match.share < LEAST_MATCH ? refusalOfMatch(match.share, leaves) : refusalOfClasses(headline));
  const tokenTable = growRules(plainSOps().slice(0, 1), tune, TABLE_LEAVES).at(-1)!;
  return {
    source: refusal === undefined ? text : undefined,
    refusal,
    best: text,
    lines,
    origin: "fitted to decisions",
    parameters: numbersIn(text),
    operations: selectorsOf(rule).map((selector) => operationOf(selector, tune)),
    match,
    headline,
    lengths: [
      outcomes.reduce((least, { length }) => Math.min(least, length), Infinity),
      outcomes.reduce((most, { length }) => Math.max(most, length), 0),
    ],
    tokenTableMatch: ruleMatch(tokenTable, new Batch(inputs, codes)),
    taskAccuracy: { model: undefined, program: undefined },
    byLength: byLength(outcomes),
    heads: readHeads(
      pool.sops.flatMap((sop) => sop.selectors),
      tune,
    ),
    tables: [],
    front: paretoFront(front),
  };
}

const refusalOfMatch = (share: number, leaves: number): string =>
  `the best program found matches ${percent(share)} of fresh inputs, less than ${100 * LEAST_MATCH} %; three layers of selectors and a condition of ${leaves} leaves are as far as the search goes`;

/** The class that the text, run by the interpreter, gives at every position of each input. */
function valuesOf(text: string, inputs: readonly Answered[], codes: Codes): number[][] {
  const sop = load(text, { file: "program.rasp", example: inputs[0]!.input }).sop("prediction");
  return inputs.map(({ input }) => new Evaluation(input).sop(sop).map((value) => codes.of(value)));
}

const named = (code: number, codes: Codes): Pick<Decided, "decision" | "className"> => {
  const name = codes.literal(code);
  return { decision: name, className: name };
};

/** The model's classes with what tables know of them: index and length, the token, and its neighbours. */
const decidedIn = ({ ids, classes }: Answered, codes: Codes): Decided[] =>
  classes.map((code, i) => ({
    ...named(code, codes),
    contexts: {
      constant: [],
      length: [`${i} of ${ids.length}`, `at ${i}`],
      "token table": [String(ids[i])],
      "n-gram": [`${ids[i - 1]},${ids[i]},${ids[i + 1]}`, `${ids[i - 1]},${ids[i]}`, String(ids[i])],
    },
  }));

/** Without bounds that no input exceeds. */
function byLength(outcomes: readonly Outcome[]): LengthMatch[] {
  const longest = outcomes.reduce((most, { length }) => Math.max(most, length), 0);
  return matchByLength(outcomes, BOUNDS).filter((_, b) => b === 0 || longest > BOUNDS[b - 1]!);
}

function operationOf(selector: CandidateSelector, batch: Batch): Operation {
  const nearest = nearestHead(selector, batch);
  return { key: selector.key, kind: "named", ...(nearest ? { nearest } : {}) };
}
