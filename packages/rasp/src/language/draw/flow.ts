/**
 * The data of a picture of a computation on one input: layer by layer the heads with their matrices, then the feed-forward steps.
 * `svg.ts` and `text.ts` draw it.
 */
import { checkSOp } from "../graph/kinds.js";
import type { SOp } from "../graph/node.js";
import { cost, type LoopCost } from "../cost/cost.js";
import { displayElement } from "../text/display.js";
import { Evaluation } from "../interpret/evaluation.js";
import { loopSteps, type LoopSteps } from "../interpret/loop-steps.js";
import type { Matrix } from "../interpret/matrix.js";
import { inputAtoms, type Input } from "../interpret/tokens.js";
import { computation, firstSteps, nodeLabel, placeOf, type ComputedHead } from "./computation.js";

/** An s-op's values with its name. */
export interface Row {
  readonly name: string;
  readonly values: readonly string[];
}

/** One aggregate of a head: values in, results out. */
export interface Use {
  readonly value: Row;
  readonly result: Row;
}

/** A selector in a layer. */
export interface Head {
  readonly name: string;
  /** The source text of the selector. */
  readonly text: string;
  /** Where it was written, such as "line 5". */
  readonly place: string;
  readonly matrix: Matrix;
  /** The s-ops that it compares, without constants, which the text shows; the tokens if there are no others. */
  readonly keys: readonly Row[];
  readonly queries: readonly Row[];
  readonly uses: readonly Use[];
}

/** A feed-forward step: an s-op with a name, or one that a head reads. */
export interface Step extends Row {
  readonly text: string;
  readonly place: string;
}

/** One layer of a Transformer, as it is drawn. */
export interface Layer {
  /** Layer 0 holds the steps that need no attention. */
  readonly number: number;
  readonly heads: readonly Head[];
  readonly steps: readonly Step[];
}

/** A loop: the layers of one step, drawn with the values of the first, and what the steps did. */
export interface DrawnLoop {
  /** The source text of its head. */
  readonly text: string;
  readonly place: string;
  /** The first and the last layer of a step; if a step needs no attention, `last` is the layer before `first`. */
  readonly first: number;
  readonly last: number;
  /** How many steps the input took, and the most there may be. */
  readonly steps: number;
  readonly limit: number;
  /** The states before the first step and after each, of many steps the first and the last ones. */
  readonly moments: readonly Row[];
}

/** A computation on one input. */
export interface Flow {
  readonly name: string;
  readonly input: readonly string[];
  readonly layers: readonly Layer[];
  readonly loops: readonly DrawnLoop[];
}

/** The most steps of a loop that a picture shows, the first half and the last. */
const MOST_STEPS = 40;

/** The longest input that a picture shows. */
export const LONGEST_INPUT = 64;

/**
 * The computation of an s-op on an input.
 * @throws RaspError where the program has no value on this input
 * @throws RangeError for an input of more than `LONGEST_INPUT` elements
 */
export function flow(sop: SOp, input: Input): Flow {
  checkSOp("flow", sop);
  const atoms = inputAtoms(input);
  if (atoms.length > LONGEST_INPUT) {
    throw new RangeError(`a picture shows inputs of up to ${LONGEST_INPUT} elements; this one has ${atoms.length}`);
  }
  const evaluation = new Evaluation(atoms);
  const first = firstSteps(sop);
  const row = (node: SOp): Row => ({
    name: nodeLabel(node),
    values: evaluation.sop(first.sop(node)).map(displayElement),
  });

  const tokens: Row = { name: "tokens", values: atoms.map(displayElement) };
  const orInput = (rows: readonly Row[]): readonly Row[] => (rows.length === 0 ? [tokens] : rows);
  const headOf = ({ selector, keys, queries, aggregates }: ComputedHead): Head => ({
    name: nodeLabel(selector),
    ...placeOf(selector.span ? selector : aggregates[0]!),
    matrix: evaluation.selector(first.selector(selector)),
    keys: orInput(keys.map(row)),
    queries: orInput(queries.map(row)),
    uses: aggregates.map((aggregate) => ({ value: row(aggregate.value), result: row(aggregate) })),
  });
  const { loops } = cost(sop);
  return {
    name: nodeLabel(sop),
    input: tokens.values,
    layers: computation(sop).map(({ number, heads, steps }) => ({
      number,
      heads: heads.map(headOf),
      steps: steps.map((node) => ({ ...row(node), ...placeOf(node) })),
    })),
    loops: loops.length === 0 ? [] : drawnLoops(loops, loopSteps(sop, atoms)),
  };
}

/** What is told of a loop above its steps. */
export function loopTitle({ first, last, steps, limit }: DrawnLoop): string {
  const layers =
    last < first
      ? "a loop without attention"
      : first === last
        ? `layer ${first} is a loop`
        : `layers ${first} to ${last} are a loop`;
  const shown = last < first ? "" : ", drawn in its first step";
  return `${layers}${shown}: this input takes ${steps === 1 ? "1 step" : `${steps} steps`} of at most ${limit}`;
}

/** The loops that are inside no other. */
function drawnLoops(costs: readonly LoopCost[], taken: readonly LoopSteps[]): DrawnLoop[] {
  return taken.map(({ loop, names, steps, moments }) => {
    const { first, last, limit, span } = costs.find((one) => one.loop === loop)!;
    const half = MOST_STEPS / 2;
    const shown = moments.map((moment, step) => ({ ...moment, step }));
    const rows = shown.length <= MOST_STEPS ? shown : [...shown.slice(0, half), ...shown.slice(-half)];
    return {
      ...placeOf({ span }),
      ...{ first, last, steps, limit },
      moments: rows.flatMap(({ step, states }) =>
        states.map((values, i) => ({
          name: step === 0 ? `${names[i]!} before` : `${names[i]!} after ${step}`,
          values: values.map(displayElement),
        })),
      ),
    };
  });
}
