/** `:explain`: how the value of an s-op at a position was computed, step by step; operands are below the node that reads them. */
import {
  describeAtom,
  type AggregateNode,
  type Atom,
  type Evaluation,
  type FinalNode,
  type GraphNode,
  type LoopSteps,
  type MapNode,
  type Selector,
  type SOp,
  type StateNode,
  isOfLibrary,
  loopSteps,
} from "@selectron/rasp";
import { onOneLine } from "../files/place.js";
import { counted } from "../text/words.js";

/** The most lines of an explanation. */
const MAX_LINES = 60;

/** How many of the selected positions have their values explained. */
const MAX_FOLLOWED = 2;

/** @throws RaspError where the s-op has no value on this input */
export function explain(sop: SOp, position: number, evaluation: Evaluation): string {
  const explainer = new Explainer(evaluation);
  explainer.sop(sop, position, 0);
  return explainer.text();
}

/** Where values are looked up: the whole input, or a step of a loop. */
interface Frame {
  readonly evaluation: Evaluation;
  /** Of a step of a loop. */
  readonly step?: {
    /** Which one, from 1. */
    readonly number: number;
    readonly taken: LoopSteps;
    readonly inside: ReadonlySet<GraphNode>;
    /** What is around the loop. */
    readonly around: Frame;
  };
}

class Explainer {
  readonly #lines: string[] = [];
  readonly #told = new Map<Frame, Set<string>>();
  readonly #taken = new Map<Frame, readonly LoopSteps[]>();
  readonly #frames = new Map<LoopSteps, Map<number, Frame>>();
  #frame: Frame;

  constructor(evaluation: Evaluation) {
    this.#frame = { evaluation };
  }

  get #evaluation(): Evaluation {
    return this.#frame.evaluation;
  }

  text(): string {
    const more = this.#lines.length > MAX_LINES ? ["..."] : [];
    return [...this.#lines.slice(0, MAX_LINES), ...more].join("\n");
  }

  sop(node: SOp, position: number, depth: number, parent?: GraphNode): void {
    this.#within(this.#frameOf(node), () => this.#sop(node, position, depth, parent));
  }

  /** The frame that a node belongs to: what does not depend on a loop's states belongs to what is around the loop. */
  #frameOf(node: GraphNode): Frame {
    let frame = this.#frame;
    while (frame.step && !frame.step.inside.has(node)) frame = frame.step.around;
    return frame;
  }

  #within(frame: Frame, tell: () => void): void {
    const before = this.#frame;
    this.#frame = frame;
    tell();
    this.#frame = before;
  }

  #sop(node: SOp, position: number, depth: number, parent?: GraphNode): void {
    if (node.kind === "constant" || this.#lines.length > MAX_LINES) return;
    const head = `${label(node, parent)} at ${position} = ${describeAtom(this.#value(node, position))}`;
    const isLeaf = node.kind === "tokens" || node.kind === "indices";
    if (!this.#first(node, position)) {
      if (!isLeaf) this.#say(depth, `${head}, as above`);
      return;
    }
    if (isOfLibrary(node)) return this.#say(depth, `${head}, of the library`);
    switch (node.kind) {
      case "tokens":
        return this.#say(depth, `${head}, from the input`);
      case "indices":
        return this.#say(depth, head);
      case "map":
        return this.#map(node, position, depth, head);
      case "aggregate":
        return this.#aggregate(node, position, depth, head);
      case "state":
        return this.#state(node, position, depth, head);
      case "final":
        return this.#final(node, position, depth, head);
    }
  }

  /** The steps that changed the state at this position, and what the last of them did. */
  #final(node: FinalNode, position: number, depth: number, head: string): void {
    const taken = this.#stepsOf(node);
    const changes = changesAt(taken, node.index, position);
    const listed = `${changes.slice(0, 8).join(", ")}${changes.length > 8 ? ", …" : ""}`;
    const which = changes.length === 0 ? "none of which changed it" : `changed by ${listed}`;
    this.#say(depth, `${head}: after ${counted(taken.steps, "step")} of the loop, ${which}`);
    this.#before(taken, node.index, position, depth + 1, taken.steps, this.#frame);
  }

  /** A state before the step that is being told. */
  #state(node: StateNode, position: number, depth: number, head: string): void {
    const { number, taken, around } = this.#frame.step!;
    this.#say(depth, `${head}, before step ${number}`);
    this.#before(taken, taken.loop.states.indexOf(node), position, depth + 1, number - 1, around);
  }

  /** The last of the first `steps` steps that changed a state at a position, or what it began with. */
  #before(taken: LoopSteps, index: number, position: number, depth: number, steps: number, around: Frame): void {
    const last = changesAt(taken, index, position).findLast((step) => step <= steps);
    const { states, steps: after } = taken.loop;
    if (last === undefined) {
      this.#within(around, () => this.sop(states[index]!.init, position, depth));
      return;
    }
    this.#say(depth, `step ${last} made it ${describeAtom(taken.moments[last]!.states[index]![position]!)}`);
    this.#within(this.#stepFrame(taken, last, around), () => this.sop(after[index]!, position, depth + 1));
  }

  /** What a loop does in this frame. */
  #stepsOf(node: FinalNode): LoopSteps {
    const known = this.#taken.get(this.#frame) ?? [];
    const found = known.find(({ loop }) => loop === node.loop);
    if (found) return found;
    const taken = loopSteps(node, this.#evaluation);
    this.#taken.set(this.#frame, [...known, ...taken]);
    return taken.find(({ loop }) => loop === node.loop)!;
  }

  #stepFrame(taken: LoopSteps, number: number, around: Frame): Frame {
    const frames = this.#frames.get(taken) ?? new Map<number, Frame>();
    this.#frames.set(taken, frames);
    const known = frames.get(number);
    if (known) return known;
    const { states, asking, body } = taken.loop;
    const before = taken.moments[number - 1]!.states;
    const evaluation = around.evaluation.again(new Map(states.map((state, s) => [state, before[s]!])));
    const frame = { evaluation, step: { number, taken, inside: new Set([...states, ...asking, ...body]), around } };
    frames.set(number, frame);
    return frame;
  }

  #map(node: MapNode, position: number, depth: number, head: string): void {
    const args = node.args.map((arg) => describeAtom(this.#value(arg, position)));
    this.#say(depth, `${head}: ${applied(node.fn.name, args)}`);
    // Of a ternary, only the branch that was taken is explained.
    const [condition, then, otherwise] = node.args;
    const taken =
      node.fn.name === "if" ? [condition!, this.#truth(condition!, position) ? then! : otherwise!] : node.args;
    for (const arg of taken) this.sop(arg, position, depth + 1, node);
  }

  #aggregate(node: AggregateNode, position: number, depth: number, head: string): void {
    const selected = this.#row(node.selector, position);
    const values = selected.slice(0, 8).map((key) => describeAtom(this.#value(node.value, key)));
    const list = `${values.join(", ")}${selected.length > 8 ? ", …" : ""}`;
    const how =
      selected.length === 0
        ? "nothing is selected, so it is the default"
        : selected.length === 1
          ? `the value at ${selected[0]!}, the only position selected`
          : `the mean of ${list}, at ${positionsText(selected)}`;
    this.#say(depth, `${head}: ${how}`);
    this.#selector(node.selector, position, selected, depth + 1);
    for (const key of selected.slice(0, MAX_FOLLOWED)) this.sop(node.value, key, depth + 1, node);
  }

  /** Why row `position` selects what it selects. */
  #selector(node: Selector, position: number, selected: readonly number[], depth: number, parent?: GraphNode): void {
    if (this.#lines.length > MAX_LINES) return;
    const head = `${label(node, parent)}, row ${position}`;
    const what = selected.length === 0 ? "selects nothing" : `selects ${positionsText(selected)}`;
    if (!this.#first(node, position)) return this.#say(depth, `${head} ${what}, as above`);
    if (isOfLibrary(node)) return this.#say(depth, `${head} ${what}`);
    switch (node.kind) {
      case "select": {
        const query = describeAtom(this.#value(node.queries, position));
        this.#say(depth, `${head} ${what}: where ${label(node.keys, node)} ${node.op} ${query}`);
        this.sop(node.queries, position, depth + 1, node);
        for (const key of selected.slice(0, 1)) this.sop(node.keys, key, depth + 1, node);
        return;
      }
      case "not":
        this.#say(depth, `${head} ${what}: what is not selected by`);
        return this.#selector(node.arg, position, this.#row(node.arg, position), depth + 1, node);
      case "and":
      case "or":
        this.#say(depth, `${head} ${what}: ${node.kind === "and" ? "in both of" : "in one of"}`);
        for (const part of [node.left, node.right]) {
          this.#selector(part, position, this.#row(part, position), depth + 1, node);
        }
        return;
      case "best":
        this.#say(depth, `${head} ${what}: the highest score among`);
        for (const key of selected) this.sop(node.score, key, depth + 1, node);
        return this.#selector(node.selector, position, this.#row(node.selector, position), depth + 1, node);
    }
  }

  #row(node: Selector, position: number): number[] {
    return [...this.#frameOf(node).evaluation.selector(node)[position]!].flatMap((cell, key) =>
      cell === 1 ? [key] : [],
    );
  }

  #value(node: SOp, position: number): Atom {
    return this.#frameOf(node).evaluation.sop(node)[position]!;
  }

  #truth(node: SOp, position: number): boolean {
    return Boolean(this.#value(node, position));
  }

  #first(node: GraphNode, position: number): boolean {
    const told = this.#told.get(this.#frame) ?? new Set<string>();
    this.#told.set(this.#frame, told);
    const key = `${node.id} ${position}`;
    const isFirst = !told.has(key);
    told.add(key);
    return isFirst;
  }

  #say(depth: number, text: string): void {
    this.#lines.push("  ".repeat(depth) + text);
  }
}

/** The steps, from 1, that changed a state at a position. */
const changesAt = ({ moments }: LoopSteps, index: number, position: number): number[] =>
  moments.flatMap(({ states }, step) => {
    const isChange = step > 0 && !Object.is(states[index]![position], moments[step - 1]!.states[index]![position]);
    return isChange ? [step] : [];
  });

/** A node's name, or its source text if it has none. Nodes of one library call share a text: they are described by their kind. */
function label(node: GraphNode, parent: GraphNode | undefined): string {
  if (node.name !== undefined) return node.name;
  if (node.kind === "constant") return describeAtom(node.value);
  const [span, outer] = [node.span, parent?.span];
  const isPart = span && outer && span.source === outer.source && span.start === outer.start && span.end === outer.end;
  if (!span || isPart) return node.kind === "map" ? `"${node.fn.name}"` : `this ${node.kind}`;
  const text = onOneLine(span);
  return text.length <= 50 ? text : `${text.slice(0, 47)}...`;
}

function applied(name: string, args: readonly string[]): string {
  if (name === "if") return `${args[1]!} if ${args[0]!} else ${args[2]!}`;
  if (name === "[]") return `the item at ${args[0]!}`;
  if (name === "in") return `whether ${args[0]!} is among them`;
  if (args.length === 2) return `${args[0]!} ${name} ${args[1]!}`;
  return /^[a-z]/.test(name) && name !== "not" ? `${name}(${args.join(", ")})` : `${name} ${args.join(", ")}`;
}

const positionsText = (selected: readonly number[]): string => {
  const shown = selected.slice(0, 8).join(", ");
  return `position${selected.length === 1 ? "" : "s"} ${shown}${selected.length > 8 ? ", …" : ""}`;
};
