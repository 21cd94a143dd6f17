/**
 * The data of a picture of a computation on one input: layer by layer the heads with their matrices, then the feed-forward steps.
 * `svg.ts` and `text.ts` draw it.
 */
import { checkSOp } from "../graph/kinds.js";
import { describeAtom } from "../atom/text.js";
import { cost, depths, type HeadCost, type LoopCost } from "../cost/cost.js";
import { displayElement } from "../text/display.js";
import { Copier } from "../graph/copy.js";
import type { Loop } from "../graph/loop.js";
import { isSelector, operands, topological, type GraphNode, type Selector, type SOp } from "../graph/node.js";
import { Evaluation } from "../interpret/evaluation.js";
import { loopSteps, type LoopSteps } from "../interpret/loop-steps.js";
import type { Matrix } from "../interpret/matrix.js";
import { inputAtoms, type Input } from "../interpret/tokens.js";
import { position, textOf, type Span } from "../source.js";

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
  const depth = depths(sop);
  const first = new FirstSteps();
  first.copyAll(topological(sop));
  const row = (node: SOp): Row => ({
    name: labelOf(node),
    values: evaluation.sop(first.sop(node)).map(displayElement),
  });

  const tokens: Row = { name: "tokens", values: atoms.map(displayElement) };
  const orInput = (rows: readonly Row[]): readonly Row[] => (rows.length === 0 ? [tokens] : rows);
  const { reasons, loops } = cost(sop);
  const headOf = ({ head, aggregates }: HeadCost): Head => ({
    name: labelOf(head),
    ...placeOf(head.span ? head : aggregates[0]!),
    matrix: evaluation.selector(first.selector(head)),
    keys: orInput(compared(head, "keys").map(row)),
    queries: orInput(compared(head, "queries").map(row)),
    uses: aggregates.map((aggregate) => ({ value: row(aggregate.value), result: row(aggregate) })),
  });
  const read = new Set(
    reasons.flatMap(({ head, aggregates }) => [
      ...compared(head, "keys"),
      ...compared(head, "queries"),
      ...aggregates.map(({ value }) => value),
    ]),
  );
  const steps = [...depth.keys()]
    .filter((node) => node.kind === "map")
    .filter((node) => node === sop || node.name !== undefined || read.has(node));
  return {
    name: labelOf(sop),
    input: tokens.values,
    layers: Array.from({ length: depth.get(sop)! + 1 }, (_, number) => ({
      number,
      heads: reasons.filter(({ layer }) => layer === number).map(headOf),
      steps: steps.filter((node) => depth.get(node) === number).map((node) => ({ ...row(node), ...placeOf(node) })),
    })),
    loops: loops.length === 0 ? [] : drawnLoops(loops, loopSteps(sop, atoms)),
  };
}

/** What is inside loops as it is in their first steps: the states are what they begin with. */
class FirstSteps extends Copier {
  protected override loop(loop: Loop, span: Span | undefined): readonly SOp[] {
    const finals = super.loop(loop, span);
    for (const state of loop.states) this.images.set(state, this.sop(state.init));
    this.copyAll([...loop.asking, ...loop.body]);
    return finals;
  }
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

/** The s-ops of one side that a selector compares, each once, without constants. The scores of `best` are read at the keys. */
function compared(selector: Selector, side: "keys" | "queries"): SOp[] {
  const sops = new Set<SOp>();
  // Selectors can share parts: each is visited once.
  const seen = new Set<Selector>();
  const stack: Selector[] = [selector];
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (node.kind === "select") sops.add(node[side]);
    if (node.kind === "best" && side === "keys") sops.add(node.score);
    stack.push(...operands(node).filter(isSelector));
  }
  return [...sops].filter(({ kind }) => kind !== "constant").sort((a, b) => a.id - b.id);
}

/** A short description of a node: its name, or its source text if it has none. */
function labelOf(node: GraphNode): string {
  if (node.kind === "tokens") return node.conversion === "str" ? "tokens" : `tokens_${node.conversion}`;
  if (node.name !== undefined) return node.name;
  if (node.kind === "constant") return describeAtom(node.value);
  return node.span ? sourceText(node.span) : node.kind;
}

const sourceText = (span: Span): string => textOf(span).replace(/\s+/g, " ");

function placeOf({ span }: Pick<GraphNode, "span">): { readonly text: string; readonly place: string } {
  if (!span) return { text: "", place: "" };
  const isLibrary = span.source.file.startsWith("<rasplib");
  return {
    text: sourceText(span),
    place: isLibrary ? "library" : `line ${position(span.source, span.start).line}`,
  };
}
