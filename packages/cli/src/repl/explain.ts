/** `:explain`: how the value of an s-op at a position was computed, step by step; operands are below the node that reads them. */
import {
  describeAtom,
  type AggregateNode,
  type Atom,
  type Evaluation,
  type GraphNode,
  type MapNode,
  type Selector,
  type SOp,
} from "@selectron/rasp";
import { onOneLine } from "../place.js";

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

class Explainer {
  readonly #lines: string[] = [];
  readonly #told = new Set<string>();

  readonly #evaluation: Evaluation;

  constructor(evaluation: Evaluation) {
    this.#evaluation = evaluation;
  }

  text(): string {
    const more = this.#lines.length > MAX_LINES ? ["..."] : [];
    return [...this.#lines.slice(0, MAX_LINES), ...more].join("\n");
  }

  sop(node: SOp, at: number, depth: number, parent?: GraphNode): void {
    if (node.kind === "constant" || this.#lines.length > MAX_LINES) return;
    const head = `${label(node, parent)} at ${at} = ${describeAtom(this.#value(node, at))}`;
    const isLeaf = node.kind === "tokens" || node.kind === "indices";
    if (!this.#first(node, at)) {
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
        return this.#map(node, at, depth, head);
      case "aggregate":
        return this.#aggregate(node, at, depth, head);
    }
  }

  #map(node: MapNode, at: number, depth: number, head: string): void {
    const args = node.args.map((arg) => describeAtom(this.#value(arg, at)));
    this.#say(depth, `${head}: ${applied(node.fn.name, args)}`);
    // Of a ternary, only the branch that was taken is explained.
    const [condition, then, otherwise] = node.args;
    const taken = node.fn.name === "if" ? [condition!, this.#truth(condition!, at) ? then! : otherwise!] : node.args;
    for (const arg of taken) this.sop(arg, at, depth + 1, node);
  }

  #aggregate(node: AggregateNode, at: number, depth: number, head: string): void {
    const selected = [...this.#evaluation.selector(node.selector)[at]!].flatMap((cell, key) =>
      cell === 1 ? [key] : [],
    );
    const values = selected.slice(0, 8).map((key) => describeAtom(this.#value(node.value, key)));
    const list = `${values.join(", ")}${selected.length > 8 ? ", …" : ""}`;
    const how =
      selected.length === 0
        ? "nothing is selected, so it is the default"
        : selected.length === 1
          ? `the value at ${selected[0]!}, the only position selected`
          : `the mean of ${list}, at ${positions(selected)}`;
    this.#say(depth, `${head}: ${how}`);
    this.#selector(node.selector, at, selected, depth + 1);
    for (const key of selected.slice(0, MAX_FOLLOWED)) this.sop(node.value, key, depth + 1, node);
  }

  /** Why row `at` selects what it selects. */
  #selector(node: Selector, at: number, selected: readonly number[], depth: number, parent?: GraphNode): void {
    if (this.#lines.length > MAX_LINES) return;
    const head = `${label(node, parent)}, row ${at}`;
    const what = selected.length === 0 ? "selects nothing" : `selects ${positions(selected)}`;
    if (!this.#first(node, at)) return this.#say(depth, `${head} ${what}, as above`);
    if (isOfLibrary(node)) return this.#say(depth, `${head} ${what}`);
    switch (node.kind) {
      case "select": {
        const query = describeAtom(this.#value(node.queries, at));
        this.#say(depth, `${head} ${what}: where ${label(node.keys, node)} ${node.op} ${query}`);
        this.sop(node.queries, at, depth + 1, node);
        for (const key of selected.slice(0, 1)) this.sop(node.keys, key, depth + 1, node);
        return;
      }
      case "not":
        this.#say(depth, `${head} ${what}: what is not selected by`);
        return this.#selector(node.arg, at, this.#row(node.arg, at), depth + 1, node);
      case "and":
      case "or":
        this.#say(depth, `${head} ${what}: ${node.kind === "and" ? "in both of" : "in one of"}`);
        for (const part of [node.left, node.right]) this.#selector(part, at, this.#row(part, at), depth + 1, node);
        return;
      case "best":
        this.#say(depth, `${head} ${what}: the highest score among`);
        for (const key of selected) this.sop(node.score, key, depth + 1, node);
        return this.#selector(node.selector, at, this.#row(node.selector, at), depth + 1, node);
    }
  }

  #row(node: Selector, at: number): number[] {
    return [...this.#evaluation.selector(node)[at]!].flatMap((cell, key) => (cell === 1 ? [key] : []));
  }

  #value(node: SOp, at: number): Atom {
    return this.#evaluation.sop(node)[at]!;
  }

  #truth(node: SOp, at: number): boolean {
    return Boolean(this.#value(node, at));
  }

  #first(node: GraphNode, at: number): boolean {
    const key = `${node.id} ${at}`;
    if (this.#told.has(key)) return false;
    this.#told.add(key);
    return true;
  }

  #say(depth: number, text: string): void {
    this.#lines.push("  ".repeat(depth) + text);
  }
}

/** Whether a node belongs to the library, such as `length`, and needs no explanation. */
const isOfLibrary = ({ span }: GraphNode): boolean => span?.source.file === "<rasplib>";

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

const positions = (at: readonly number[]): string => {
  const shown = at.slice(0, 8).join(", ");
  return `position${at.length === 1 ? "" : "s"} ${shown}${at.length > 8 ? ", …" : ""}`;
};
