/** Runs a program on an input and draws what the cursor is at. Keeps the last run, for questions about its picture. */
import {
  aggregate,
  computation,
  cost,
  costAdvice,
  displayElement,
  Environment,
  Evaluation,
  flow,
  indices,
  isSelector,
  operands,
  RaspError,
  topological,
  type Atom,
  type ComputedHead,
  type GraphNode,
  type Selector,
  type SOp,
  type Span,
} from "@selectron/rasp";
import { LONGEST, tokensOf } from "./input.js";
import { canChooseStep, nodesInStep, stepShown } from "./loop-step.js";
import { knownNames } from "./names.js";
import { label, lineOf, problemOf, PROGRAM, ranged, rangeOf } from "./places.js";
import type { Problem } from "./problem.js";
import type {
  HeadPicture,
  LayerPicture,
  Picture,
  Row,
  RunQuestion,
  RunReply,
  WhyQuestion,
  WhyReply,
} from "./protocol.js";
import { targetAt, type Bound, type Target } from "./target.js";
import { Why } from "./why.js";

/** A page is used by hand, so that what runs away ends within about a second. */
export const LIMITS = { steps: 2_000_000, nodes: 20_000, memory: 500_000 };

/** The program that ran last: questions and compiles are about it. */
export interface LastRun {
  readonly environment: Environment;
  readonly tokens: readonly Atom[];
  readonly why: Why;
}

let last: LastRun | undefined;

/** The environment of a program that ran as far as it can, and what is wrong with it. */
export function runProgram(program: string, example: readonly Atom[]) {
  const environment = new Environment({ example, file: PROGRAM, limits: LIMITS });
  const bound: Bound[] = [];
  const problems: Problem[] = [];
  try {
    environment.run(program, PROGRAM, (outcome, { span }) => {
      if (outcome.kind === "assigned") bound.push({ names: outcome.names, span });
      if (outcome.kind === "value") bound.push({ names: [], span, value: outcome.value });
    });
  } catch (error) {
    if (!(error instanceof RaspError)) throw error;
    problems.push(...[error.diagnostic, ...error.further].map(problemOf));
  }
  problems.push(...environment.takeWarnings().map(problemOf));
  return { environment, bound, problems };
}

/** Runs the program and draws it. */
export function answerRun({ program, input, cursor, target, step = 0 }: RunQuestion): RunReply {
  const given = tokensOf(input);
  const tokens = given.slice(0, LONGEST);
  const { environment, bound, problems } = runProgram(program, tokens.length === 0 ? ["?"] : tokens);
  const reply: RunReply = {
    kind: "run",
    problems,
    names: knownNames(environment),
    targets: environment.names.filter((name) => ["s-op", "selector"].includes(environment.get(name).kind)),
    tokens: tokens.map(displayElement),
  };
  last = undefined;
  if (given.length === 0) return { ...reply, noPicture: "empty" };
  const drawn = targetAt(environment, bound, program, cursor, target);
  if (!drawn) return { ...reply, noPicture: "nothing" };
  const { node } = drawn;
  try {
    const evaluation = new Evaluation(tokens);
    const why = new Why(evaluation, nodesInStep(isSelector(node) ? readerOf(node) : node, evaluation, step));
    last = { environment, tokens, why };
    return {
      ...reply,
      picture: pictureOf(drawn, evaluation, why, step),
      ...(given.length > LONGEST ? { noPicture: "long" } : {}),
    };
  } catch (error) {
    if (!(error instanceof RaspError)) throw error;
    return { ...reply, problems: [...problems, problemOf(error.diagnostic)], noPicture: "no-value" };
  }
}

/** An s-op that reads a selector. */
const readerOf = (selector: Selector): SOp => aggregate(selector, indices) as SOp;

function pictureOf({ node, name = label(node) }: Target, evaluation: Evaluation, why: Why, step: number): Picture {
  // A selector is drawn as the head of an s-op that reads it; what that s-op gives is left out.
  const sop = isSelector(node) ? readerOf(node) : node;
  const row = (of: SOp): Row => ({ id: of.id, name: label(of), values: why.values(of), ...ranged(of.span) });
  const tokens: Row = { id: -1, name: "tokens", values: evaluation.input.map(displayElement) };
  const spans = spansOf(sop);
  const orInput = (rows: readonly Row[]): readonly Row[] => (rows.length === 0 ? [tokens] : rows);
  const headOf = ({ selector, span: own, keys, queries, aggregates }: ComputedHead): HeadPicture => {
    const span = rangeOf(own) ? own : spans.get(aggregates[0]!);
    return {
      id: selector.id,
      name: label(selector),
      text: textOf(selector.span),
      line: lineOf(span),
      ...ranged(span),
      isLibrary: selector.span !== undefined && lineOf(selector.span) === 0,
      matrix: why.matrix(selector),
      keys: orInput(keys.map(row)),
      queries: orInput(queries.map(row)),
      uses: aggregates
        .filter((use) => use !== sop || sop === node)
        .map((use) => ({ value: row(use.value), result: row(use) })),
    };
  };
  const layers = computation(sop).map(({ number, heads, steps }): LayerPicture => ({
    number,
    heads: heads.map(headOf),
    steps: steps.map((step) => ({
      ...row(step),
      text: textOf(step.span),
      line: lineOf(step.span),
      isNamed: step === node || step.name !== undefined,
    })),
  }));
  const counted = cost(sop);
  return {
    kind: isSelector(node) ? "selector" : "s-op",
    name,
    input: tokens.values,
    ...(isSelector(node) ? {} : { result: row(node) }),
    layers,
    headsPerLayer: counted.headsPerLayer,
    loops: counted.loops.length === 0 ? [] : loopsOf(sop, evaluation.input, step),
    advice: costAdvice(counted).advice.map(({ message, span }) => ({ message, line: lineOf(span), ...ranged(span) })),
  };
}

function loopsOf(sop: SOp, input: readonly Atom[], step: number): Picture["loops"] {
  const isChosen = canChooseStep(sop);
  return flow(sop, input).loops.map(({ text, steps, limit, moments }) => ({
    text,
    steps,
    limit,
    moments,
    ...(isChosen ? { shown: stepShown(step, steps) } : {}),
  }));
}

/** Where the program asks for each node: where it wrote it, and for what is of the library where it wrote what reads it first. */
function spansOf(root: SOp): ReadonlyMap<GraphNode, Span> {
  const spans = new Map<GraphNode, Span>();
  // Readers come before what they read; of several the one that is written first counts.
  for (const node of topological(root).reverse()) {
    if (rangeOf(node.span)) spans.set(node, node.span!);
    const span = spans.get(node);
    if (!span) continue;
    for (const operand of operands(node)) {
      const known = spans.get(operand);
      if (!known || span.start < known.start) spans.set(operand, span);
    }
  }
  return spans;
}

const textOf = (span: Span | undefined): string =>
  span ? span.source.text.slice(span.start, span.end).replace(/\s+/g, " ") : "";

/** Answers about the last picture. */
export function answerWhy(question: WhyQuestion): WhyReply {
  const node = last?.why.nodes.get(question.node);
  if (!last || !node) return { kind: "why", of: "nothing" };
  if (question.of === "cell") {
    if (!isSelector(node)) return { kind: "why", of: "nothing" };
    return { kind: "why", of: "cell", reason: last.why.cell(node, question.query, question.key), ...ranged(node.span) };
  }
  if (isSelector(node)) return { kind: "why", of: "nothing" };
  const at = last.why.reading(node, question.position);
  return { kind: "why", of: "value", at, reason: last.why.value(node, question.position) };
}
