/**
 * A program with a loop as the lines that a decoder writes after the input, one s-op a line: what is computed before the loop, the states
 * it begins with, for each step what the step needs and the new states, and at the end the answer. A decoder sees what has been written,
 * so that a head reads whole lines as keys; what a head compares or carries there must be a function of lines and of the input. What is more
 * than that is therefore a line of its own.
 */
import { orMap, ternaryMap } from "../../language/graph/elementwise.js";
import type { Loop, StateNode } from "../../language/graph/loop.js";
import {
  isSelector,
  mapNode,
  operands,
  topological,
  type GraphNode,
  type Selector,
  type SOp,
} from "../../language/graph/node.js";
import { textOf } from "../../language/source.js";
import { refuse } from "../refusal.js";
import { loopedProgram, type LoopedProgram } from "../looped/parts.js";

/**
 * When a line is written: once before the loop, with the first states, to ask whether the loop goes on, in each step, with its new states,
 * or once after the loop.
 */
export type LinePart = "before" | "first" | "ask" | "step" | "state" | "after";

/** One line: an s-op's value at each position of the input. */
export interface Line {
  /** What is written of it, before each value. No two lines have one name. */
  readonly name: string;
  readonly part: LinePart;
  /** What other lines read it as. A state has two lines: its first values, and those of a step. */
  readonly node: SOp;
  /** What is computed, of the input and of lines before it. */
  readonly value: SOp;
}

/** A program around its loop, as lines in the order in which they are written; those of the parts "ask", "step" and "state" again and again. */
export interface LinedProgram {
  readonly looped: LoopedProgram;
  readonly lines: readonly Line[];
  /** What is true where a position has halted, of lines and of the input, without heads. The loop ends where it is true everywhere. */
  readonly halts: SOp;
  /** The last lines that this needs: behind each of them it is asked. */
  readonly asked: readonly Line[];
  /** The first line of a step, the one that follows there if the loop goes on, and the one if it has ended. */
  readonly starts: { readonly step: Line; readonly again: Line; readonly after: Line };
  /** Whether a position has halted in the step before; undefined where that need not be known. */
  readonly wasHalted: SOp | undefined;
  /** What each final value of a state is given as. */
  readonly finals: ReadonlyMap<GraphNode, SOp>;
}

/**
 * Long: the parts in the order in which they are written, because what is a line already decides what else becomes one.
 *
 * @param called - what the answer is called, if no line before it is
 * @throws RaspError of class `compile` for programs without a loop, with several, or with loops inside loops
 */
export function linedProgram(root: SOp, called = root.name): LinedProgram {
  const looped = loopedProgram([root]);
  const { loop } = looped;
  const finals = new Map<GraphNode, SOp>(
    topological(root).flatMap((node) => (node.kind === "final" ? [[node, loop.states[node.index]!] as const] : [])),
  );
  const names = new Names();
  /** The nodes that are lines already. */
  const written = new Set<GraphNode>(loop.states);
  const lineOf = (part: LinePart, node: SOp, value = node, name = nameOf(node) ?? part): Line => {
    written.add(node);
    return { name: names.free(name), part, node, value };
  };
  const keysOf = (part: LinePart, roots: readonly SOp[]): Line[] =>
    keySides(roots, written).flatMap((side) =>
      !written.has(side) && needsHead(side, written) ? [lineOf(part, side)] : [],
    );

  const changing = loop.states.filter((state, s) => loop.steps[s] !== state);
  if (changing.length === 0) refuse(root, "no step of its loop changes a state", "compile it without a loop");
  const fixed = loop.states.filter((state) => !changing.includes(state));
  const reads = readsOf(loop);
  const before = [
    ...keysOf("before", [...loop.states.map(({ init }) => init), ...reads]),
    // One that is a function of others that are written needs no line.
    ...kept(loop, reads, written).flatMap((node) => (needsHead(node, written) ? [lineOf("before", node)] : [])),
    ...fixed.map((state) => lineOf("before", state, state.init)),
  ].sort((a, b) => a.value.id - b.value.id);
  const stateNames = new Map(changing.map((state) => [state, names.free(state.name ?? "state")]));
  const first = changing.map((state): Line => ({
    name: names.free(`${stateNames.get(state)!}@0`),
    part: "first",
    node: state,
    value: state.init,
  }));

  const { condition, together } = loop;
  const remembers = !together && !loop.asking.every(({ kind }) => kind === "map");
  const wasHalted = looped.halted.node;
  const asking = keysOf("ask", [condition]);
  if (together && needsHead(condition, written)) asking.push(lineOf("ask", condition));
  if (remembers) asking.push(lineOf("ask", wasHalted, mapNode(orMap, [wasHalted, condition], loop.span), "halted"));
  const halts = remembers ? wasHalted : condition;
  const inside = keysOf("step", loop.steps);
  const states = changing.map((state): Line => ({
    name: stateNames.get(state)!,
    part: "state",
    node: state,
    value: afterStep(loop, state, together ? undefined : halts),
  }));
  for (const final of finals.keys()) written.add(final);
  const after = keysOf("after", [root]);
  const answer = lineOf("after", root, root, names.isFree(called) ? called : "answer");
  const asked = asking.length > 0 ? asking.slice(-1) : [first.at(-1)!, states.at(-1)!];
  const steps = [...asking, ...inside, ...states];
  const ending = [...after, answer];
  return {
    looped,
    lines: [...before, ...first, ...steps, ...ending],
    halts,
    asked,
    starts: { step: steps[0]!, again: steps[asking.length]!, after: ending[0]! },
    wasHalted: remembers ? wasHalted : undefined,
    finals,
  };
}

/** What a state is after a step: where a position has halted, what it was. */
function afterStep({ states, steps, span }: Loop, state: StateNode, halts: SOp | undefined): SOp {
  const step = steps[states.indexOf(state)]!;
  if (!halts) return step;
  return mapNode(ternaryMap, [halts, state, step], step.span ?? span);
}

/** Whether lines are written in every step. Those before the loop, and after it, are written once. */
export const isRepeated = ({ part }: Line): boolean => part === "ask" || part === "step" || part === "state";

/** The s-ops from before the loop that it reads, also by selectors. */
function readsOf({ reads }: Loop): readonly SOp[] {
  const sopsOf = (node: GraphNode): readonly SOp[] => (isSelector(node) ? operands(node).flatMap(sopsOf) : [node]);
  return [...new Set(reads.flatMap(sopsOf))];
}

/**
 * Those of them that are written once, because a step reads them as keys or because they take heads behind heads. A head for each line that
 * reads another one costs less than a line.
 */
function kept(loop: Loop, reads: readonly SOp[], written: ReadonlySet<GraphNode>): readonly SOp[] {
  const inside = [loop.condition, ...loop.steps];
  const asKeys = below([...keySides(inside, written), loop.condition], written, (node) => node.kind === "aggregate");
  const isDeep = (node: SOp): boolean =>
    below([node], written).some(
      (other) => other.kind === "aggregate" && operands(other).some((operand) => needsHead(operand, written)),
    );
  const used = new Set(below(inside, written));
  return reads
    .filter((node) => used.has(node) && needsHead(node, written) && (asKeys.includes(node) || isDeep(node)))
    .sort((a, b) => a.id - b.id);
}

/** What heads below these s-ops compare or carry at their keys, each once, and what others are made of before them. */
function keySides(roots: readonly SOp[], written: ReadonlySet<GraphNode>): readonly SOp[] {
  const sidesOf = (selector: Selector): readonly SOp[] => {
    switch (selector.kind) {
      case "select":
        return [selector.keys];
      case "not":
        return sidesOf(selector.arg);
      case "and":
      case "or":
        return [...sidesOf(selector.left), ...sidesOf(selector.right)];
      case "best":
        return [...sidesOf(selector.selector), selector.score];
    }
  };
  const sides = below(roots, written).flatMap((node) =>
    node.kind === "aggregate" ? [...sidesOf(node.selector), node.value] : [],
  );
  return [...new Set(sides)].sort((a, b) => a.id - b.id);
}

/** Whether an s-op is more than a function of the token, the position and lines. */
const needsHead = (node: GraphNode, written: ReadonlySet<GraphNode>): boolean =>
  below([node], written).some(({ kind }) => kind === "aggregate");

/** The nodes that roots are made of, operands first, without those that are written; and without what is behind some. */
function below(
  roots: readonly GraphNode[],
  written: ReadonlySet<GraphNode>,
  ends: (node: GraphNode) => boolean = () => false,
): readonly GraphNode[] {
  const found = new Set(roots.filter((node) => !written.has(node)));
  for (const node of found) {
    if (ends(node)) continue;
    for (const operand of operands(node)) if (!written.has(operand)) found.add(operand);
  }
  return [...found].sort((a, b) => a.id - b.id);
}

/** Longer texts are no names. */
const LONGEST_NAME = 30;

/** The name of an s-op, or its text. */
function nameOf({ name, span }: SOp): string | undefined {
  if (name !== undefined || !span) return name;
  const text = textOf(span).replace(/\s+/g, " ");
  if (text.length > LONGEST_NAME) return undefined;
  return /^\w+(\([^()]*\))?$/.test(text) ? text : `(${text})`;
}

/** Names, each given once. */
class Names {
  readonly #given = new Set<string>();

  isFree(name: string | undefined): name is string {
    return name !== undefined && !this.#given.has(name);
  }

  free(name: string): string {
    let free = name;
    for (let n = 2; this.#given.has(free); n++) free = `${name}.${n}`;
    this.#given.add(free);
    return free;
  }
}
