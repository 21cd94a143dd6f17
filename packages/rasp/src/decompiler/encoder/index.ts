/**
 * Encoders that learnt an s-op: a class at every position, attention to all positions. Programs for them are plain RASP: selectors,
 * widths and aggregates of one to three layers, and a conditional expression over these. The search goes from few layers and leaves to
 * more, and takes the smallest program that decides as the model does on inputs that nothing was grown on.
 */
import { Rng } from "@selectron/core";
import type { Atom } from "../../language/graph/node.js";
import { getOrInsert } from "../../language/maps.js";
import type { ProgramReport } from "../common/report.js";
import { withDefaults, type SearchOptions } from "../common/search-options.js";
import { writable, type Renamed } from "../common/writable.js";
import { answer, Batch, Codes, drawInputs, type Answered } from "./batch.js";
import { choose, LEAST_GAIN, type Found } from "./choose.js";
import { addFirstLayer, addSecondLayer, addThirdLayer, plainSOps } from "./layers.js";
import { Pool } from "./pool.js";
import { reportOf } from "./report.js";
import { encoderInterchange } from "./swaps.js";
import type { TrainedEncoder } from "./trained-encoder.js";

export { decisions, isTrainedEncoder, readTrainedEncoder, type TrainedEncoder } from "./trained-encoder.js";

/** Pairs of query and key on which s-ops are computed. */
const PAIRS = 40_000;
/** The first inputs are taken whatever their size. */
const ALWAYS_TAKEN = 20;
/** Inputs that programs are chosen on, and inputs of the report. */
const [SELECT, REPORT] = [400, 2000];
/** The match from which on no larger program is looked for. */
const ENOUGH = 0.97;

/**
 * Decompiles an encoder. The inputs are drawn from the vocabulary and lengths that its file records.
 *
 * @throws DecompileError if a token or class is a number that no literal can have, or of 1e9 and more, or if a logit is not finite
 */
export function decompileEncoder(given: TrainedEncoder, options: SearchOptions = {}): ProgramReport {
  const { encoder, renamed } = inLiterals(given);
  const { seed, progress } = withDefaults(options);
  const codes = new Codes([...encoder.vocabulary, ...encoder.classes]);
  const rng = new Rng(seed);
  // Short inputs are drawn often.
  const answers = new Map<string, Answered>();
  const observe = (part: 0 | 1 | 2, count: number, what: string): Answered[] =>
    drawInputs(encoder, part, count, rng, seed).map((ids, i, { length }) => {
      progress(`running the model, ${what}`, i, length);
      return getOrInsert(answers, ids.join(), () => answer(encoder, codes, ids, part === 0));
    });
  const tune = new Batch(upToPairs(observe(0, SELECT, "tuning set"), PAIRS), codes);
  const select = new Batch(observe(1, SELECT, "selection set"), codes);
  const report = observe(2, REPORT, "report set");

  const pool = new Pool(tune, codes, encoder.model.config.causal === true);
  const found = search(pool, select, options);
  progress("swapping runs", 0, 1);
  const swaps = encoderInterchange(encoder, found.rule, codes, { search: select.inputs, report }, new Rng(seed + 1));
  return { ...reportOf(found, pool, report), renamed, interchange: swaps };
}

/** The encoder with other names for the tokens and classes that no literal of RASP can have. */
function inLiterals(encoder: TrainedEncoder): {
  readonly encoder: TrainedEncoder;
  readonly renamed: readonly Renamed[];
} {
  const strings = [...encoder.vocabulary, ...encoder.classes].filter((atom) => typeof atom === "string");
  const { renamed } = writable([...new Set(strings)]);
  const named = (atoms: readonly Atom[]): Atom[] =>
    atoms.map((atom) => renamed.find(({ token }) => token === atom)?.name ?? atom);
  return { encoder: { ...encoder, vocabulary: named(encoder.vocabulary), classes: named(encoder.classes) }, renamed };
}

/** Adds layer after layer to the pool until a program is good enough. */
function search(pool: Pool, select: Batch, options: SearchOptions): Found {
  const { progress, clock } = withDefaults(options);
  pool.add(...plainSOps(pool.isCausal));
  progress("one layer of selectors", 0, 1);
  const first = addFirstLayer(pool);
  let found = choose(pool.sops, pool.batch, select);
  for (const [addLayer, what] of [
    [addSecondLayer, "two"],
    [addThirdLayer, "three"],
  ] as const) {
    if (found.match >= ENOUGH || clock.expired()) break;
    addLayer(pool, first, {
      tell: (done, of) => progress(`${what} layers of selectors`, done, of),
      expired: () => clock.expired(),
    });
    const deeper = choose(pool.sops, pool.batch, select);
    if (deeper.match > found.match + LEAST_GAIN) found = { ...deeper, front: [...found.front, ...deeper.front] };
  }
  return found;
}

/** The first inputs with at most so many pairs of positions together. */
function upToPairs(inputs: readonly Answered[], pairs: number): Answered[] {
  let sum = 0;
  return inputs.filter(({ ids }, i) => (sum += ids.length ** 2) <= pairs || i < ALWAYS_TAKEN);
}
