/** The readout of some variables that fits the model's decisions best: a convex problem. */
import { exactLog as log } from "@selectron/core";
import type { Observed } from "../data/observe.js";
import { FEW_SYMBOLS, type Task } from "../data/task.js";
import { Choices, fitChoices } from "../numeric/conditional-logit.js";
import type { Variable } from "../variables/variable.js";
import { fitAlike } from "./fit-alike.js";
import { emptyProjections, predicted, rowsOf, type Row } from "./fit-rows.js";
import { NEVER, Readout, type Projection } from "./readout.js";

/** Positions that a fit looks at, with few symbols and with many. */
const ROWS = { few: 3000, many: 400 };
const RIDGE = { sigmoid: 1e-5, softmax: 1e-4 };

/** The best readout of variables. */
export function fitReadout(task: Task, variables: readonly Variable[], observed: readonly Observed[]): Readout {
  const few = task.vocabulary.length <= FEW_SYMBOLS;
  const rows = rowsOf(observed, few ? ROWS.few : ROWS.many);
  if (task.sigmoid) return fitSigmoids(task, variables, rows);
  return few ? fitSoftmax(task, variables, rows) : fitAlike(task, variables, rows);
}

/** Adds a row's features, from `start` on. */
function addFeatures(
  choices: Choices,
  variables: readonly Variable[],
  { observed, position }: Row,
  start: number,
): void {
  let at = start;
  for (const variable of variables) {
    const size = variable.basis.length;
    const values = variable.values(observed);
    for (let c = 0; c < size; c++) choices.add(at + c, values[position * size + c]!);
    at += size;
  }
}

const sizeOf = (variables: readonly Variable[]): number => variables.reduce((sum, { basis }) => sum + basis.length, 0);

/** Writes fitted weights, from `start` on, into column v of the projections' tables. */
function setColumn(projections: readonly Projection[], v: number, width: number, weights: Float64Array, start: number) {
  let at = start;
  for (const { variable, table } of projections) {
    for (let c = 0; c < variable.basis.length; c++) table[c * width + v] = weights[at++]!;
  }
}

/**
 * A choice between yes and no for each symbol. Every variable's components sum to 1 and so hold a constant; one is needed only where
 * there is no variable, or the answer is always the same.
 */
function fitSigmoids(task: Task, variables: readonly Variable[], rows: readonly Row[]): Readout {
  const width = task.vocabulary.length;
  const projections = emptyProjections(task, variables);
  const constant = new Float64Array(width);
  const size = sizeOf(variables);
  let divergence = 0;
  for (let v = 0; v < width; v++) {
    const positive = rows.filter(({ decision }) => decision.includes(v)).length;
    if (positive === 0 || positive === rows.length || size === 0) {
      constant[v] = positive * 2 > rows.length ? 1 : -1;
      const share = positive / rows.length;
      if (share > 0 && share < 1) divergence -= share * log(share) + (1 - share) * log(1 - share);
      continue;
    }
    const choices = new Choices();
    for (const row of rows) {
      const yes = row.decision.includes(v) ? 1 : 0;
      choices.option(1 - yes);
      addFeatures(choices, variables, row, 0);
      choices.option(yes);
      choices.row();
    }
    const fit = fitChoices(choices, size, RIDGE.sigmoid);
    divergence += fit.divergence;
    setColumn(projections, v, width, fit.weights, 0);
  }
  return new Readout(task, projections, constant, divergence);
}

/** A choice among the symbols that the model ever predicts; each has its own column of every table and a constant. */
function fitSoftmax(task: Task, variables: readonly Variable[], rows: readonly Row[]): Readout {
  const width = task.vocabulary.length;
  const classes = predicted(rows);
  const size = sizeOf(variables) + 1;
  const choices = new Choices();
  for (const row of rows) {
    classes.forEach((v, k) => {
      addFeatures(choices, variables, row, k * size);
      choices.add(k * size + size - 1, 1);
      choices.option(row.decision[0] === v ? 1 : 0);
    });
    choices.row();
  }
  const { weights, divergence } = fitChoices(choices, classes.length * size, RIDGE.softmax);
  const projections = emptyProjections(task, variables);
  const constant = new Float64Array(width).fill(NEVER);
  classes.forEach((v, k) => {
    setColumn(projections, v, width, weights, k * size);
    constant[v] = weights[k * size + size - 1]!;
  });
  return new Readout(task, projections, constant, divergence);
}
