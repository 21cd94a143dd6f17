/**
 * From a trained GPT-2-style model to RASP text that decides as the model does.
 *
 * 1. Observe the model's decisions and attention patterns on three disjoint sets of sequences.
 * 2. Read each head as a sum of few scores; named hard selectors are candidates for every head.
 * 3. Search upwards for the fewest variables from which the model's decisions can be read linearly.
 * 4. Round and simplify the projections.
 * 5. Print, and measure the text itself, run by the interpreter, on sequences that nothing was fitted to or chosen on.
 * 6. If that is not enough, cut the model's own parts, to see what its decisions depend on, and write out what is left of it.
 */
import { Rng } from "@selectron/core";
import type { Gpt2 } from "@selectron/nn";
import { LEAST_MATCH } from "../common/report.js";
import { numbersIn } from "../common/size.js";
import { withDefaults } from "../common/search-options.js";
import { observe, type Observed } from "./data/observe.js";
import { split, type Sequence } from "./data/sequences.js";
import type { Task } from "./data/task.js";
import { readHeads, type HeadReading } from "./heads/head-reading.js";
import { Examination, type Examined } from "./interventions/index.js";
import { measure } from "./measure.js";
import { firstAccepted, isAccepted, measured, type MeasuredProgram } from "./program.js";
import { prunedProgram } from "./pruned/index.js";
import { fitReadout } from "./readout/fit.js";
import { variablesOf } from "./readout/program-text.js";
import { projectionTables } from "./readout/projection-tables.js";
import type { Readout } from "./readout/readout.js";
import { simplify } from "./readout/simplify.js";
import { refusalOf } from "./refusal.js";
import { operationsOf, type Decompiled, type DecompileOptions } from "./report.js";
import type { Run } from "./run.js";
import { variablePool } from "./search/pool.js";
import { refine } from "./search/refine.js";
import { search, type Found } from "./search/search.js";
import { interchangeOf } from "./swaps/index.js";
import { halvesOf, SwappedModel } from "./swaps/swapped-model.js";
import { randomStrings } from "./swaps/pairs.js";
import { tokenVariable } from "./variables/basic.js";

/**
 * Decompiles a model.
 *
 * @param sequences - at least 30; see `parseData`
 * @throws DecompileError if there are too few sequences
 */
export function decompile(
  model: Gpt2,
  task: Task,
  sequences: readonly Sequence[],
  options: DecompileOptions = {},
): Decompiled {
  const { seed, progress, clock } = withDefaults(options);
  const sets = split(sequences, model.config.maxLength, new Rng(seed));
  const observeAll = (set: readonly Sequence[], what: string, withPatterns: boolean): Observed[] =>
    set.map((sequence, i) => {
      progress(`running the model, ${what}`, i, set.length);
      return observe(model, task, sequence, withPatterns);
    });
  const tune = observeAll(sets.tune, "tuning set", true);
  const select = observeAll(sets.select, "selection set", false);
  const run: Run = { task, tune, select, progress, clock, memo: options.memo, team: options.team };

  const readings = readHeads(run, model);
  const found = search(run, variablePool(task, readings));
  const report = observeAll(options.fresh ?? sets.report, "report set", false);
  const simplified = (readout: Readout): MeasuredProgram =>
    measured(simplify(readout, [...tune, ...select]), report, [...tune, ...select]);
  const swapped = new SwappedModel(model, task, halvesOf(task, [...tune, ...select], report, new Rng(seed + 2)));
  const strings = (of: readonly Sequence[], count: number, rng: Rng): Observed[] =>
    observeAll(randomStrings(of, task, count, rng), "random strings", false);
  const examination = new Examination(run, model, new Rng(seed + 1));
  // They will be needed: with other threads one makes them while the others search.
  if (found.match < LEAST_MATCH || options.interventions === true) examination.begin();
  const tried = strings(sets.tune, RANDOM_TRIED, new Rng(seed + 4));
  const followed = measured(refine(run, found, { swapped, readings, random: tried }), report, [...tune, ...select]);
  // What the model follows may be right on fewer long sequences than what was fitted to decisions alone.
  const smallest = firstAccepted(followed, () => simplified(found.readout));
  const accepted = isAccepted(smallest);
  const examined = !accepted || options.interventions === true ? examination.result() : undefined;
  const best =
    examined && !accepted
      ? betterOf(smallest, prunedProgram(run, examined, readings), simplified)
      : { program: smallest, method: "search" as const, obstacle: undefined };
  const random = strings(options.fresh ?? sets.report, RANDOM_STRINGS, new Rng(seed + 3));
  progress("swapping runs", 0, 1);
  return reportOf(run, best, { model, readings, found, examined, report, swapped, random, rng: new Rng(seed + 5) });
}

/** Random strings that programs are fitted to, and those of the report. */
const [RANDOM_TRIED, RANDOM_STRINGS] = [60, 500];

interface Best {
  readonly program: MeasuredProgram;
  readonly method: NonNullable<Decompiled["method"]>;
  /** Why the pruned model gave no program. */
  readonly obstacle: string | undefined;
}

/** The better of the smallest program and the pruned model's, if there is one. */
function betterOf(
  smallest: MeasuredProgram,
  pruned: ReturnType<typeof prunedProgram>,
  simplified: (readout: Readout) => MeasuredProgram,
): Best {
  if ("why" in pruned) return { program: smallest, method: "search", obstacle: pruned.why };
  const program = simplified(pruned.readout);
  return program.match.share > smallest.match.share
    ? { program, method: "pruned model", obstacle: undefined }
    : { program: smallest, method: "search", obstacle: undefined };
}

/** What was found on the way to the best program. */
interface Findings {
  readonly model: Gpt2;
  readonly readings: readonly HeadReading[];
  readonly found: Found;
  readonly examined: Examined | undefined;
  /** The report set. */
  readonly report: readonly Observed[];
  readonly swapped: SwappedModel;
  readonly random: readonly Observed[];
  /** Of the search for subspaces. */
  readonly rng: Rng;
}

function reportOf({ task, tune, clock }: Run, { program, method, obstacle }: Best, findings: Findings): Decompiled {
  const { model, readings, found, examined, report, swapped, random, rng } = findings;
  const { readout, text, lines, match, taskAccuracy, byLength, headline, lengths } = program;
  const variables = variablesOf(readout);
  const refusal = isAccepted(program)
    ? undefined
    : refusalOf(program, { readings, layers: model.config.layers, interventions: examined!.report, obstacle });
  return {
    source: refusal === undefined ? text : undefined,
    refusal,
    method,
    best: text,
    renamed: task.renamed ?? [],
    lines,
    origin:
      method === "pruned model" || variables.some(({ pattern }) => pattern?.isOfWeights)
        ? "both"
        : "fitted to decisions",
    parameters: numbersIn(text),
    operations: variables.flatMap((variable) => operationsOf(variable, readings, tune)),
    match,
    taskAccuracy,
    byLength,
    headline,
    lengths,
    tokenTableMatch: fitReadout(task, [tokenVariable(task)], tune).match(report),
    heads: readings.map(({ layer, head, pattern, distance }) => ({
      layer,
      head,
      score: pattern.text({ variable: ({ key }) => key, definition: (name) => name }),
      distance,
    })),
    front: found.front,
    tables: [...variables.flatMap(({ pattern }) => pattern?.tables ?? []), ...projectionTables(readout)],
    interchange: interchangeOf(swapped, readout, { rng, clock }),
    ...(random.length > 0 ? { randomStrings: measure(text, task, random).match } : {}),
    ...(examined ? { interventions: examined.report } : {}),
  };
}
