/** The readout of tasks with many symbols: all ordinary ones are treated alike, only special tokens have weights of their own. */
import { isOrdinary, type Task } from "../data/task.js";
import { Choices, fitChoices } from "../numeric/conditional-logit.js";
import type { Variable } from "../variables/variable.js";
import { emptyProjections, predicted, type Row } from "./fit-rows.js";
import { NEVER, Readout } from "./readout.js";

const RIDGE = 1e-4;

/** The softmax over all symbols that fits the decisions of the rows best. */
export function fitAlike(task: Task, variables: readonly Variable[], rows: readonly Row[]): Readout {
  const layout = new Layout(task, variables, rows);
  const { weights, divergence } = fitChoices(choicesOf(task, layout, rows), layout.size, RIDGE);
  const width = task.vocabulary.length;
  const projections = emptyProjections(task, variables);
  const constant = new Float64Array(width);
  for (const v of task.special) constant[v] = NEVER;
  layout.specials.forEach((v, s) => (constant[v] = weights[layout.constant(s)]!));
  layout.blocks.forEach((block, k) => {
    const projection = projections[k]!;
    projection.identity = weights[block.identity]!;
    projection.successor = weights[block.successor]!;
    block.components.forEach((c, r) =>
      layout.specials.forEach((v, s) => (projection.table[c * width + v] = weights[layout.entry(block, r, s)]!)),
    );
  });
  return new Readout(task, projections, constant, divergence);
}

/** The features of one variable: the indices of its two factors, and the components that have entries for special tokens. */
interface Block {
  readonly variable: Variable;
  readonly identity: number;
  readonly successor: number;
  readonly components: readonly number[];
}

/** Where each feature is: a block for each variable, identity, successor and entries, and at the end the constants. */
class Layout {
  /** The special tokens that the model ever predicts. */
  readonly specials: readonly number[];
  readonly blocks: readonly Block[];
  /** The number of features. */
  readonly size: number;

  constructor(task: Task, variables: readonly Variable[], rows: readonly Row[]) {
    this.specials = predicted(rows).filter((v) => task.special.has(v));
    const special = [...task.special].sort((a, b) => a - b);
    let size = 0;
    this.blocks = variables.map((variable) => {
      const components = variable.ofTokens ? special : variable.basis.map((_, c) => c);
      const block = { variable, identity: size, successor: size + 1, components };
      size += 2 + components.length * this.specials.length;
      return block;
    });
    this.size = size + this.specials.length;
  }

  /** The entry of a block's component r for the special token s. */
  entry({ successor }: Block, r: number, s: number): number {
    return successor + 1 + r * this.specials.length + s;
  }

  constant(s: number): number {
    return this.size - this.specials.length + s;
  }
}

/** A row for each position, an option for each symbol that can be predicted. */
function choicesOf(task: Task, layout: Layout, rows: readonly Row[]): Choices {
  const choices = new Choices();
  for (const row of rows) {
    for (let v = 0; v < task.vocabulary.length; v++) {
      const s = layout.specials.indexOf(v);
      if (task.special.has(v) && s < 0) continue;
      for (const block of layout.blocks) {
        if (s >= 0) addSpecial(choices, layout, block, row, s);
        else if (block.variable.ofTokens) addOrdinary(choices, task, block, row, v);
      }
      if (s >= 0) choices.add(layout.constant(s), 1);
      choices.option(row.decision[0] === v ? 1 : 0);
    }
    choices.row();
  }
  return choices;
}

const valueAt = ({ variable }: Block, { observed, position }: Row, component: number): number =>
  variable.values(observed)[position * variable.basis.length + component]!;

function addSpecial(choices: Choices, layout: Layout, block: Block, row: Row, s: number): void {
  block.components.forEach((c, r) => choices.add(layout.entry(block, r, s), valueAt(block, row, c)));
}

/** An ordinary symbol has its own value, and where symbols are numbers that of the number before. */
function addOrdinary(choices: Choices, task: Task, block: Block, row: Row, v: number): void {
  choices.add(block.identity, valueAt(block, row, v));
  if (task.numbers && v > 0 && isOrdinary(task, v - 1)) choices.add(block.successor, valueAt(block, row, v - 1));
}
