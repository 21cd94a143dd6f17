/**
 * What a program computes at one position, as a function of its *leaves* there: the token, the position and the values of aggregates.
 * It evaluates the s-op graph with the interpreter's own functions for atoms.
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
import { CannotFollow } from "./ranges.js";

/** That the program has no value. */
export const FAILS: unique symbol = Symbol("the program has no value");
export type Value = Atom | typeof FAILS;

/** A text that equal atoms of one type share. */
export const exactKey = (value: Value | undefined): string =>
  value === undefined || value === FAILS ? "" : `${typeof value}:${describeAtom(value)}`;

/** The values of the leaves at a position; undefined where no one asks for one any more. */
export interface Label {
  readonly key: string;
  readonly position: number;
  readonly token: Atom | undefined;
  /** By the number of the aggregate. */
  readonly aggregates: readonly (Atom | undefined)[];
  readonly known: Map<SOp, Value>;
}

/** The leaves that a node reads directly, without those behind its aggregates. */
interface Leaves {
  readonly readsToken: boolean;
  readonly aggregates: ReadonlySet<number>;
}

export class ProgramValues {
  /** Operands before what reads them. */
  readonly aggregates: readonly AggregateNode[];
  readonly roots: readonly SOp[];
  readonly #numbers: ReadonlyMap<GraphNode, number>;
  readonly #labels = new Map<string, Label>();
  readonly #leaves = new Map<GraphNode, Leaves>();

  /** @throws CannotFollow on nodes that no compiled model computes */
  constructor(roots: readonly SOp[]) {
    this.roots = roots;
    const nodes = topological(...roots);
    const unknown = nodes.find(({ kind }) => kind === "read" || kind === "positions");
    if (unknown) throw new CannotFollow(`the program's values: ${unknown.kind} is not analysed`);
    this.aggregates = nodes.filter((node) => node.kind === "aggregate");
    this.#numbers = new Map(this.aggregates.map((node, a) => [node, a]));
  }

  label(position: number, token: Atom | undefined, aggregates: readonly (Atom | undefined)[]): Label {
    const key = `${position} ${exactKey(token)} ${aggregates.map(exactKey).join("|")}`;
    return getOrInsert(this.#labels, key, () => ({ key, position, token, aggregates, known: new Map() }));
  }

  /** The leaves that the operands of an aggregate read. */
  leavesOf(aggregate: number): Leaves {
    const { selector, value } = this.aggregates[aggregate]!;
    return merged([this.directLeaves(selector), this.directLeaves(value)]);
  }

  directLeaves(node: GraphNode): Leaves {
    return getOrInsert(this.#leaves, node, () => {
      if (node.kind === "tokens") return { readsToken: true, aggregates: new Set<number>() };
      if (node.kind === "aggregate") return { readsToken: false, aggregates: new Set([this.#numbers.get(node)!]) };
      return merged(operands(node).map((operand) => this.directLeaves(operand)));
    });
  }

  /** The value of an s-op where the leaves have these values. */
  value(node: SOp, label: Label): Value {
    return getOrInsert(label.known, node, () => {
      switch (node.kind) {
        case "tokens":
          return attempt(() => convertToken(node.conversion, label.token!));
        case "indices":
          return BigInt(label.position);
        case "constant":
          return node.value;
        case "aggregate":
          return label.aggregates[this.#numbers.get(node)!]!;
        case "map": {
          const args = node.args.map((arg) => this.value(arg, label));
          return args.includes(FAILS) ? FAILS : attempt(() => applyMap(node.fn, args as readonly Atom[]));
        }
        default:
          throw new CannotFollow(`the program's values: ${node.kind} is not analysed`);
      }
    });
  }

  /** Texts that decide, together, what a key contributes to a query's row. */
  querySide(aggregate: number, label: Label): string {
    return sides(this.aggregates[aggregate]!.selector, ({ queries }) => queries)
      .map((node) => exactKey(this.value(node, label)))
      .join("|");
  }

  keySide(aggregate: number, label: Label): string {
    const { selector, value } = this.aggregates[aggregate]!;
    const best = bestIn(selector);
    return [...sides(selector, ({ keys }) => keys), value, ...(best ? [best.score] : [])]
      .map((node) => exactKey(this.value(node, label)))
      .join("|");
  }

  /** Whether a selector selects the key. @param isBest - whether a `best` in it does */
  selects(selector: Selector, query: Label, key: Label, isBest: boolean): boolean | typeof FAILS {
    switch (selector.kind) {
      case "select": {
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

type Select = Extract<Selector, { kind: "select" }>;

/** One side of each comparison. */
function sides(selector: Selector, side: (select: Select) => SOp): SOp[] {
  switch (selector.kind) {
    case "select":
      return [side(selector)];
    case "not":
      return sides(selector.arg, side);
    case "and":
    case "or":
      return [...sides(selector.left, side), ...sides(selector.right, side)];
    case "best":
      return sides(selector.selector, side);
  }
}

const merged = (all: readonly Leaves[]): Leaves => ({
  readsToken: all.some(({ readsToken }) => readsToken),
  aggregates: new Set(all.flatMap(({ aggregates }) => [...aggregates])),
});

function attempt<T extends Atom>(compute: () => T): T | typeof FAILS {
  try {
    return compute();
  } catch (error) {
    if (error instanceof RaspError) return FAILS;
    throw error;
  }
}
