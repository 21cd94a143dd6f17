/**
 * What a program computes at one position, as a function of some s-ops' values there: at first the token and the position, later
 * whatever the rest of the program reads. It evaluates the s-op graph with the interpreter's own functions for atoms.
 */
import { RaspError } from "../language/diagnostic.js";
import { compareAtoms } from "../language/atom/compare.js";
import { describeAtom } from "../language/atom/text.js";
import { applyMap } from "../language/graph/elementwise.js";
import {
  operands,
  topological,
  isSelector,
  type AggregateNode,
  type Atom,
  type BestNode,
  type GraphNode,
  type Selector,
  type SOp,
} from "../language/graph/node.js";
import { convertToken } from "../language/interpret/tokens.js";
import { getOrInsert } from "../language/maps.js";
import { Numbers, Pairs } from "./numbers.js";
import { CannotFollow } from "./ranges.js";

/** That the program has no value. */
export const FAILS: unique symbol = Symbol("the program has no value");
export type Value = Atom | typeof FAILS;

/** A text that equal atoms of one type share. */
export const exactKey = (value: Value | undefined): string =>
  value === undefined || value === FAILS ? "" : `${typeof value}:${describeAtom(value)}`;

type Select = Extract<Selector, { kind: "select" }>;

/** What has a value at a position: an s-op, or a comparison with a constant. */
export type Read = SOp | Select;

/** Values at a position: of what the rest of the program reads, and of what that gives. Equal ones are one. */
export interface Label {
  readonly id: number;
  readonly known: Map<Read, Value>;
}

/** The value of an aggregate, by its number. */
export type AggregateValue = readonly [aggregate: number, value: Atom];

export class ProgramValues {
  /** Operands before what reads them. */
  readonly aggregates: readonly AggregateNode[];
  readonly roots: readonly SOp[];
  readonly #numbers: ReadonlyMap<GraphNode, number>;
  readonly #labels = new Numbers<Label>();
  readonly #reads = new Map<readonly Read[], number>();
  readonly #after = new Map<string, Label>();
  readonly #behind = new Map<GraphNode, ReadonlySet<number>>();
  readonly #sides = { query: new Pairs<string>(), key: new Pairs<string>() };

  /** @throws CannotFollow on nodes that no compiled model computes */
  constructor(roots: readonly SOp[]) {
    this.roots = roots;
    const nodes = topological(...roots);
    const unknown = nodes.find(({ kind }) => kind === "read" || kind === "positions" || kind === "final");
    if (unknown) throw new CannotFollow(`the program's values: ${unknown.kind} is not analysed`);
    this.aggregates = nodes.filter((node) => node.kind === "aggregate");
    this.#numbers = new Map(this.aggregates.map((node, a) => [node, a]));
  }

  /** @param read - the s-ops that the rest of the program reads, of tokens and positions alone */
  first(position: number, token: Atom, read: readonly Read[]): Label {
    const known = new Map<Read, Value>();
    for (const node of topological(...read)) {
      if (node.kind === "tokens") {
        known.set(
          node,
          attempt(() => convertToken(node.conversion, token)),
        );
      }
      if (node.kind === "indices") known.set(node, BigInt(position));
    }
    return this.#label({ id: -1, known }, read);
  }

  /** What is left of a label when more aggregates have values. @param read - the s-ops that the rest of the program reads */
  after(label: Label, aggregates: readonly AggregateValue[], read: readonly Read[]): Label {
    const key = `${label.id} ${this.#numberOf(read)} ${aggregates.map(([a, value]) => `${a} ${exactKey(value)}`).join()}`;
    return getOrInsert(this.#after, key, () => {
      const known = new Map(label.known);
      for (const [a, value] of aggregates) known.set(this.aggregates[a]!, value);
      return this.#label({ id: -1, known }, read);
    });
  }

  #label(from: Label, read: readonly Read[]): Label {
    const values = read.map((node) => this.value(node, from));
    const text = values.map((value) => (value === FAILS ? "!" : exactKey(value))).join("|");
    const id = this.#labels.of(`${this.#numberOf(read)} ${text}`, () => ({
      id: this.#labels.all.length,
      known: new Map(read.map((node, i) => [node, values[i]!])),
    }));
    return this.#labels.all[id]!;
  }

  #numberOf(read: readonly Read[]): number {
    return getOrInsert(this.#reads, read, () => this.#reads.size + 1);
  }

  /**
   * The s-ops that the rest of the program reads where some aggregates have values: the largest that can be computed then.
   *
   * @param done - the numbers of these aggregates
   */
  readAfter(done: ReadonlySet<number>): Read[] {
    const read = new Set<Read>();
    const visit = (node: Read): void => {
      if ([...this.behind(node)].every((a) => done.has(a))) {
        if (node.kind !== "constant") read.add(node);
      } else {
        argsOf(node).forEach(visit);
      }
    };
    this.roots.forEach(visit);
    this.aggregates.forEach((_, a) => {
      if (!done.has(a)) this.#operandsOf(a).forEach(visit);
    });
    return [...read];
  }

  /** What an aggregate reads. */
  #operandsOf(aggregate: number): Read[] {
    const { selector, value } = this.aggregates[aggregate]!;
    const best = bestIn(selector);
    const both = [...sides(selector, "keys"), ...sides(selector, "queries"), value];
    return best ? [...both, best.score] : both;
  }

  /** The aggregates that have to have values before another does. */
  before(aggregate: number): ReadonlySet<number> {
    return new Set(this.#operandsOf(aggregate).flatMap((node) => [...this.behind(node)]));
  }

  /** The aggregates that a node reads directly, without those behind them. */
  behind(node: Read): ReadonlySet<number> {
    return getOrInsert(this.#behind, node, () => {
      if (node.kind === "aggregate") return new Set([this.#numbers.get(node)!]);
      return new Set(argsOf(node).flatMap((arg) => [...this.behind(arg)]));
    });
  }

  /** The value of an s-op at a position, or of a comparison with a constant. */
  value(node: Read, label: Label): Value {
    return getOrInsert(label.known, node, () => {
      if (node.kind === "constant") return node.value;
      if (node.kind !== "map" && node.kind !== "select") {
        throw new CannotFollow(`the program's values: ${node.kind} is not analysed`);
      }
      const args = argsOf(node).map((arg) => this.value(arg, label));
      if (args.includes(FAILS)) return FAILS;
      const atoms = args as readonly Atom[];
      return attempt(() =>
        node.kind === "map" ? applyMap(node.fn, atoms) : compareAtoms(node.op, atoms[0]!, atoms[1]!),
      );
    });
  }

  /** Texts that decide, together, what a key contributes to a query's row. */
  querySide(aggregate: number, label: Label): string {
    return this.#sides.query.of(label.id, aggregate, () => {
      const { selector } = this.aggregates[aggregate]!;
      return this.#text(sides(selector, "queries"), label);
    });
  }

  keySide(aggregate: number, label: Label): string {
    return this.#sides.key.of(label.id, aggregate, () => {
      const { selector, value } = this.aggregates[aggregate]!;
      const best = bestIn(selector);
      return this.#text([...sides(selector, "keys"), value, ...(best ? [best.score] : [])], label);
    });
  }

  #text(nodes: readonly Read[], label: Label): string {
    return nodes.map((node) => exactKey(this.value(node, label))).join("|");
  }

  /** Whether a selector selects the key. @param isBest - whether a `best` in it does */
  selects(selector: Selector, query: Label, key: Label, isBest: boolean): boolean | typeof FAILS {
    switch (selector.kind) {
      case "select": {
        const constant = constantSide(selector);
        if (constant) return this.value(selector, constant === "keys" ? query : key) as boolean | typeof FAILS;
        const k = this.value(selector.keys, key);
        const q = this.value(selector.queries, query);
        if (k === FAILS || q === FAILS) return FAILS;
        return attempt(() => compareAtoms(selector.op, k, q));
      }
      case "not": {
        const answer = this.selects(selector.arg, query, key, isBest);
        return answer === FAILS ? FAILS : !answer;
      }
      case "and":
      case "or": {
        const a = this.selects(selector.left, query, key, isBest);
        const b = this.selects(selector.right, query, key, isBest);
        if (a === FAILS || b === FAILS) return FAILS;
        return selector.kind === "and" ? a && b : a || b;
      }
      case "best":
        return isBest;
    }
  }
}

/** The `best` in a selector, if there is one. @throws CannotFollow where there are several */
export function bestIn(selector: Selector): BestNode | undefined {
  const own = [...selectorsIn(selector)].filter((node) => node.kind === "best");
  if (own.length > 1) throw new CannotFollow("the program's values: a selector with several `best` is not analysed");
  return own[0];
}

/** A selector and those that it is made of. */
function selectorsIn(selector: Selector, found = new Set<Selector>()): ReadonlySet<Selector> {
  found.add(selector);
  for (const operand of operands(selector)) if (isSelector(operand)) selectorsIn(operand, found);
  return found;
}

/** The side of a comparison that is the same everywhere. */
const constantSide = ({ keys, queries }: Select): "keys" | "queries" | undefined =>
  keys.kind === "constant" ? "keys" : queries.kind === "constant" ? "queries" : undefined;

/** What is read at a key, or at a query. */
function sides(selector: Selector, side: "keys" | "queries"): Read[] {
  switch (selector.kind) {
    case "select": {
      const constant = constantSide(selector);
      if (constant === undefined) return [selector[side]];
      return constant === side ? [] : [selector];
    }
    case "not":
      return sides(selector.arg, side);
    case "and":
    case "or":
      return [...sides(selector.left, side), ...sides(selector.right, side)];
    case "best":
      return sides(selector.selector, side);
  }
}

/** What a value is computed from at the same position. */
function argsOf(node: Read): readonly SOp[] {
  if (node.kind === "select") return [node.keys, node.queries];
  return node.kind === "map" ? node.args : [];
}

function attempt<T extends Atom>(compute: () => T): T | typeof FAILS {
  try {
    return compute();
  } catch (error) {
    if (error instanceof RaspError) return FAILS;
    throw error;
  }
}
