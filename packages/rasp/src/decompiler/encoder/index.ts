/**
 * Encoders that learnt an s-op: a class at every position, attention to all positions. Programs are plain RASP: selectors, widths and
 * aggregates of one to three layers, and a conditional expression over them. From few leaves to many, the smallest that decides as the
 * model does on inputs that nothing was grown on.
 */
import { Rng } from "@selectron/core";
import { load } from "../../language/environment.js";
import { Evaluation } from "../../language/interpret/evaluation.js";
import { shareOf } from "../gpt2/runnable-program.js";
import {
  LEAST_MATCH,
  MOST_LINES,
  paretoFront,
  type Decompiled,
  type DecompileOptions,
  type FrontPoint,
  type Operation,
} from "../common/report.js";
import { answer, Batch, Codes, drawInputs, type Answered } from "./batch.js";
import { addFirstLayer, addSecondLayer, addThirdLayer, plainTerms, Pool } from "./layers.js";
import { growRules, leavesOf, replaced, ruleMatch, ruleProgram, termsOf, type Rule } from "./rule.js";
import type { Selector, Term } from "./candidate.js";
import type { TrainedEncoder } from "./trained-encoder.js";

export { isTrainedEncoder, readTrainedEncoder, type TrainedEncoder } from "./trained-encoder.js";

/** Pairs of query and key on which terms are computed. */
const PAIRS = 40_000;
/** Inputs that programs are chosen on. */
const SELECT = 400;
/** Inputs of the report. */
const REPORT = 2000;
const MOST_LEAVES = 10;
/** Match that a larger program need not be looked for beyond. */
const ENOUGH = 0.97;
/** A leaf more must be worth this much match. */
const WORTH = 0.01;

/** Decompiles an encoder; the inputs are drawn from what the file records of the training's. */
export function decompileEncoder(encoder: TrainedEncoder, options: DecompileOptions = {}): Decompiled {
  const { seed = 0, progress = () => undefined, clock = { expired: () => false } } = options;
  const codes = new Codes([...encoder.vocabulary, ...encoder.classes]);
  const rng = new Rng(seed);
  // Short inputs come often.
  const answers = new Map<string, Answered>();
  const watch = (part: 0 | 1 | 2, count: number, what: string): Answered[] =>
    drawInputs(encoder, part, count, rng, seed).map((ids, i, { length }) => {
      progress(`running the model, ${what}`, i, length);
      const known = answers.get(ids.join()) ?? answer(encoder, codes, ids, part === 0);
      answers.set(ids.join(), known);
      return known;
    });
  const tune = new Batch(upTo(watch(0, SELECT, "tuning set"), PAIRS), codes);
  const select = new Batch(watch(1, SELECT, "selection set"), codes);
  const report = watch(2, REPORT, "report set");

  const pool = new Pool(tune, codes);
  pool.add(...plainTerms());
  progress("one layer of selectors", 0, 1);
  const first = addFirstLayer(pool);
  let found = choose(pool.terms, tune, select);
  for (const [addLayer, what] of [
    [addSecondLayer, "two"],
    [addThirdLayer, "three"],
  ] as const) {
    if (found.match >= ENOUGH || clock.expired()) break;
    addLayer(
      pool,
      first,
      (done, of) => progress(`${what} layers of selectors`, done, of),
      () => clock.expired(),
    );
    const deeper = choose(pool.terms, tune, select);
    if (deeper.match > found.match + WORTH) found = { ...deeper, front: [...found.front, ...deeper.front] };
  }
  const text = ruleProgram(found.rule, codes);
  const matches = runMatches(text, report, codes);
  const match = shareOf(matches.filter(Boolean).length, report.length);
  const table = growRules(plainTerms().slice(0, 1), tune, 24).at(-1)!;
  const bounds = [10, 20, 50, Infinity];
  const lines = text.trim().split("\n").length;
  const refusal =
    lines > MOST_LINES
      ? `the smallest program found has ${lines} lines, more than ${MOST_LINES}`
      : match.share < LEAST_MATCH
        ? `the best program found matches ${(100 * match.share).toFixed(1)} % of fresh inputs, less than ${100 * LEAST_MATCH} %; three layers of selectors and a condition of ${leavesOf(found.rule)} leaves are as far as the search goes`
        : undefined;
  return {
    source: refusal === undefined ? text : undefined,
    refusal,
    best: text,
    lines,
    parameters: leavesOf(found.rule) - 1,
    operations: selectorsOf(found.rule).map((selector) => operationOf(selector, tune)),
    match,
    tokenTableMatch: ruleMatch(table, new Batch(report, codes)),
    taskAccuracy: { model: undefined, program: undefined },
    byLength: bounds
      .map((upTo, b) => {
        const inside = matches.filter(
          (_, i) => report[i]!.ids.length <= upTo && report[i]!.ids.length > (bounds[b - 1] ?? 0),
        );
        return { upTo, match: shareOf(inside.filter(Boolean).length, Math.max(1, inside.length)) };
      })
      .filter((_, b) => b === 0 || report.some(({ ids }) => ids.length > bounds[b - 1]!)),
    heads: headsOf(pool, tune),
    tables: [],
    front: paretoFront(found.front),
  };
}

/** The first inputs that have so many pairs of positions together. */
function upTo(inputs: readonly Answered[], pairs: number): Answered[] {
  let sum = 0;
  return inputs.filter(({ ids }, i) => (sum += ids.length ** 2) <= pairs || i < 20);
}

interface Found {
  readonly rule: Rule;
  readonly match: number;
  readonly front: readonly FrontPoint[];
}

/** The smallest rule that is as good on the selection set as larger ones, nearly. */
function choose(terms: readonly Term[], tune: Batch, select: Batch): Found {
  const rules = growRules(terms, tune, MOST_LEAVES).map((rule) => ({ rule, match: ruleMatch(rule, select) }));
  const front = rules.map(({ rule, match }) => ({ size: selectorsOf(rule).length + leavesOf(rule), match }));
  const best = rules.reduce((a, b) => (b.match > a.match + WORTH * (leavesOf(b.rule) - leavesOf(a.rule)) ? b : a));
  return { ...withFewerSelectors(best, select), front };
}

/** A term of the rule in the place of another one, wherever fewer selectors are as good on the selection set. */
function withFewerSelectors(
  { rule, match }: Pick<Found, "rule" | "match">,
  select: Batch,
): Pick<Found, "rule" | "match"> {
  const terms = [...new Set(termsOf(rule))];
  const simpler = terms
    .flatMap((term) => terms.map((by) => replaced(rule, term, by)))
    .filter((other) => selectorsOf(other).length < selectorsOf(rule).length)
    .map((other) => ({ rule: other, match: ruleMatch(other, select) }))
    .find((other) => other.match >= match);
  return simpler ? withFewerSelectors(simpler, select) : { rule, match };
}

function selectorsOf(rule: Rule): Selector[] {
  const all = new Map<string, Selector>();
  const visit = (term: Term): void => {
    for (const selector of term.selectors) {
      selector.reads.forEach(visit);
      all.set(selector.key, selector);
    }
  };
  termsOf(rule).forEach(visit);
  return [...all.values()];
}

/** Whether the text, run by the interpreter, gives the model's class at every position of each input. */
function runMatches(text: string, inputs: readonly Answered[], codes: Codes): boolean[] {
  const sop = load(text, { file: "program.rasp", example: inputs[0]!.input }).sop("prediction");
  return inputs.map(({ input, classes }) => {
    const values = new Evaluation(input).sop(sop);
    return values.every((value, i) => codes.of(value) === classes[i]);
  });
}

/** Mean total variation distance between a selector, each row divided by its width, and every head; the least is told. */
function operationOf(selector: Selector, batch: Batch): Operation {
  const distances = headPlaces(batch).map(({ layer, head }) => ({
    layer,
    head,
    distance: headDistance(selector, batch, layer, head),
  }));
  const [nearest] = distances.sort((a, b) => a.distance - b.distance);
  return { key: selector.key, kind: "named", ...(nearest ? { nearest } : {}) };
}

const headPlaces = ({ inputs }: Batch): { layer: number; head: number }[] =>
  inputs[0]!.patterns.flatMap((heads, layer) => heads.map((_, head) => ({ layer, head })));

function headDistance(selector: Selector, batch: Batch, layer: number, head: number): number {
  const test = selector.test(batch);
  let [sum, count] = [0, 0];
  batch.inputs.slice(0, 40).forEach(({ ids, patterns }, s) => {
    const [n, start] = [ids.length, batch.starts[s]!];
    const pattern = patterns[layer]![head]!;
    for (let i = 0; i < n; i++) {
      const row = ids.map((_, j) => Number(test(start + i, start + j)));
      const wide = row.reduce((a, b) => a + b, 0);
      // A row that selects nothing may look anywhere.
      if (wide === 0) continue;
      row.forEach((selected, j) => (sum += Math.abs(selected / wide - pattern[i * n + j]!) / 2));
      count++;
    }
  });
  return count === 0 ? 1 : sum / count;
}

/** For each head the nearest selector among all that terms were made of. */
function headsOf(pool: Pool, batch: Batch): Decompiled["heads"] {
  const selectors = [...new Set(pool.terms.flatMap((term) => term.selectors))].slice(0, 400);
  return headPlaces(batch).map(({ layer, head }) => {
    const distances = selectors.map((selector) => ({
      score: selector.key,
      distance: headDistance(selector, batch, layer, head),
    }));
    const nearest = distances.reduce((a, b) => (b.distance < a.distance ? b : a));
    return { layer, head, ...nearest };
  });
}
