/** Why a cell is selected and how a value came about, one step at a time: each reading can be asked about in turn. */
import {
  displayElement,
  type Evaluation,
  type FirstSteps,
  type Atom,
  type GraphNode,
  type Matrix,
  type Selector,
  type SOp,
} from "@selectron/rasp";
import { label, ranged } from "./places.js";
import type { CellReason, Reading, ValueReason } from "./protocol.js";

/** How many of the values that a mean is taken of are told. */
const MOST_VALUES = 24;

/** Answers about one evaluation; nodes that an answer names can be asked about by their ids afterwards. */
export class Why {
  readonly nodes = new Map<number, GraphNode>();
  readonly #evaluation: Evaluation;
  /** What is inside a loop, in the step that is drawn. */
  readonly #inStep: FirstSteps;

  constructor(evaluation: Evaluation, inStep: FirstSteps) {
    this.#evaluation = evaluation;
    this.#inStep = inStep;
  }

  #sop(node: SOp): readonly Atom[] {
    return this.#evaluation.sop(this.#inStep.sop(node));
  }

  /** The cells of a selector, [query][key]. */
  matrix(node: Selector): Matrix {
    this.nodes.set(node.id, node);
    return this.#evaluation.selector(this.#inStep.selector(node));
  }

  /** The values of an s-op, as they are shown. */
  values(node: SOp): string[] {
    this.nodes.set(node.id, node);
    return this.#sop(node).map(displayElement);
  }

  reading(node: SOp, position: number): Reading {
    this.nodes.set(node.id, node);
    return {
      id: node.id,
      name: label(node),
      position,
      value: displayElement(this.#sop(node)[position]!),
      ...ranged(node.span),
      isOpen: node.kind === "map" || node.kind === "aggregate",
    };
  }

  /** How a value came about. */
  value(node: SOp, position: number): ValueReason {
    switch (node.kind) {
      case "tokens":
      case "indices":
      case "constant":
        return { kind: node.kind };
      case "map": {
        const args = node.args.map((arg) => this.reading(arg, position));
        if (node.fn.name !== "if" || node.args.length !== 3) return { kind: "map", fn: node.fn.name, args };
        const [condition] = node.args;
        return { kind: "map", fn: "if", args, taken: this.#sop(condition!)[position] ? 1 : 2 };
      }
      case "aggregate": {
        this.nodes.set(node.selector.id, node.selector);
        const selected = this.#selected(node.selector, position);
        return {
          kind: "aggregate",
          selector: { id: node.selector.id, name: label(node.selector) },
          selected,
          values: selected.slice(0, MOST_VALUES).map((key) => this.reading(node.value, key)),
          isDefault: selected.length === 0,
        };
      }
      case "state":
        return { kind: "state" };
      case "final":
        return { kind: "loop" };
      default:
        return { kind: "other" };
    }
  }

  /** Why a row selects a position, or does not. */
  cell(selector: Selector, query: number, key: number): CellReason {
    const holds = this.matrix(selector)[query]![key] === 1;
    switch (selector.kind) {
      case "select":
        return {
          kind: "select",
          holds,
          op: selector.op,
          key: this.reading(selector.keys, key),
          query: this.reading(selector.queries, query),
        };
      case "not":
        return { kind: "not", holds, parts: [this.cell(selector.arg, query, key)] };
      case "and":
      case "or":
        return {
          kind: selector.kind,
          holds,
          parts: [selector.left, selector.right].map((part) => this.cell(part, query, key)),
        };
      case "best": {
        const [best] = this.#selected(selector, query);
        return {
          kind: "best",
          holds,
          score: this.reading(selector.score, key),
          ...(best === undefined ? {} : { best: this.reading(selector.score, best) }),
          parts: [this.cell(selector.selector, query, key)],
        };
      }
    }
  }

  #selected(selector: Selector, query: number): number[] {
    return [...this.matrix(selector)[query]!].flatMap((cell, key) => (cell === 1 ? [key] : []));
  }
}
