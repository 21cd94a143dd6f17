/** The report on the program that was found for an encoder. */
import { load } from "../../language/environment.js";
import { Evaluation } from "../../language/interpret/evaluation.js";
import { paretoFront } from "../common/front.js";
import { LEAST_MATCH, refusalOfSize, type Operation, type ProgramReport } from "../common/report.js";
import { matchByLength, matchOf, percent, type LengthMatch, type Outcome } from "../common/share.js";
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
export function reportOf({ rule, front }: Found, pool: Pool, inputs: readonly Answered[]): ProgramReport {
  const { batch: tune, codes } = pool;
  const text = ruleProgram(rule, codes);
  const outcomes = outcomesOf(text, inputs, codes);
  const match = matchOf(outcomes);
  const lines = text.trim().split("\n").length;
  const leaves = leavesOf(rule);
  const refusal = refusalOfSize(lines) ?? (match.share < LEAST_MATCH ? refusalOfMatch(match.share, leaves) : undefined);
  const tokenTable = growRules(plainSOps().slice(0, 1), tune, TABLE_LEAVES).at(-1)!;
  return {
    source: refusal === undefined ? text : undefined,
    refusal,
    best: text,
    lines,
    parameters: leaves - 1,
    operations: selectorsOf(rule).map((selector) => operationOf(selector, tune)),
    match,
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

/** Whether the text, run by the interpreter, gives the model's class at every position of each input. */
function outcomesOf(text: string, inputs: readonly Answered[], codes: Codes): Outcome[] {
  const sop = load(text, { file: "program.rasp", example: inputs[0]!.input }).sop("prediction");
  return inputs.map(({ input, classes }) => {
    const values = new Evaluation(input).sop(sop);
    return { length: input.length, matches: values.every((value, i) => codes.of(value) === classes[i]) };
  });
}

/** Without bounds that no input exceeds. */
function byLength(outcomes: readonly Outcome[]): LengthMatch[] {
  const longest = outcomes.reduce((most, { length }) => Math.max(most, length), 0);
  return matchByLength(outcomes, BOUNDS).filter((_, b) => b === 0 || longest > BOUNDS[b - 1]!);
}

function operationOf(selector: CandidateSelector, batch: Batch): Operation {
  const nearest = nearestHead(selector, batch);
  return { key: selector.key, kind: "named", ...(nearest ? { nearest } : {}) };
}
