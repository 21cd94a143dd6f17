/**
 * From the program's graph to the compiler's normal form, with the rewritings that make heads cheaper. Every rewriting keeps
 * the value of each s-op on every input on which the program has one.
 */
import { convertToken } from "../../language/interpret/tokens.js";
import {
  isSelector,
  operands,
  topological,
  type Elementwise,
  type GraphNode,
  type Selector,
  type SOp,
} from "../../language/graph/node.js";
import { RaspError } from "../../language/diagnostic.js";
import { refuse } from "../refusal.js";
import { countTogether, meanOfFirst } from "./counts.js";
import { NormalForm, type NormalSOp, type Selection } from "./normal-form.js";
import { quotientOf, type Multiples } from "./quotients.js";
import type { ValueFacts } from "./selection-forms.js";
import { Sums } from "./sums.js";

export interface Simplified {
  readonly form: NormalForm;
  /** What became of each s-op of the program. */
  readonly sops: ReadonlyMap<GraphNode, NormalSOp>;
  /** What each selector of the program selects, later positions included even if heads do not see them. */
  readonly selections: ReadonlyMap<Selector, Selection>;
  /** Whether counts and sums, which are ints, took the place of what may be floats. */
  readonly changesTypes: boolean;
}

/** Which aggregates are to be quotients of a sum and a count, where means are no better. */
export type AsQuotients = (aggregate: SOp) => Multiples | undefined;

/**
 * @param facts - the domain of the compile
 * @param given - s-ops that are in the residual stream already, and which of them each is
 * @throws RaspError of class `compile`, at a node that has no normal form
 */
export function simplify(
  roots: readonly SOp[],
  facts: ValueFacts,
  asQuotients?: AsQuotients,
  given: ReadonlyMap<GraphNode, SOp> = new Map(),
): Simplified {
  const simplifier = new Simplifier(new NormalForm(facts.causal, facts.work), facts, asQuotients);
  for (const node of neededFor(roots, given)) {
    try {
      const what = given.get(node);
      if (what) {
        simplifier.sops.set(node, simplifier.form.given(what));
        continue;
      }
      if (isSelector(node)) simplifier.choices.set(node, simplifier.choiceOf(node));
      else simplifier.sops.set(node, simplifier.normalOf(node));
    } catch (error) {
      throw error instanceof RaspError ? error.at(node.span) : error;
    }
  }
  const { form, sops, choices, changesTypes } = simplifier;
  return {
    form,
    sops,
    changesTypes,
    selections: new Map([...choices].map(([node, { selection }]) => [node, selection])),
  };
}

/** The nodes that roots are made of, operands first, down to what is given. */
function neededFor(roots: readonly SOp[], given: ReadonlyMap<GraphNode, SOp>): readonly GraphNode[] {
  if (given.size === 0) return topological(...roots);
  const needed = new Set<GraphNode>(roots);
  for (const node of needed) if (!given.has(node)) for (const operand of operands(node)) needed.add(operand);
  return [...needed].sort((a, b) => a.id - b.id);
}

/** What a selector chooses: a selection, or of each row of it only the position with the best score. */
interface Choice {
  readonly selection: Selection;
  readonly best?: NormalSOp;
}

class Simplifier {
  readonly sops = new Map<GraphNode, NormalSOp>();
  readonly choices = new Map<Selector, Choice>();
  readonly form: NormalForm;
  changesTypes = false;
  readonly #keepsTypes: boolean;
  readonly #maxLength: number;
  readonly #sums: Sums;
  readonly #asQuotients: AsQuotients | undefined;

  constructor(form: NormalForm, facts: ValueFacts, asQuotients: AsQuotients | undefined) {
    this.form = form;
    this.#keepsTypes = facts.keepsTypes;
    this.#maxLength = facts.maxLength;
    this.#sums = new Sums(form, facts, asQuotients === undefined);
    this.#asQuotients = asQuotients;
  }

  /** The normal form of an s-op whose operands have theirs already. */
  normalOf(node: SOp): NormalSOp {
    const { form } = this;
    switch (node.kind) {
      case "tokens":
        return form.map(conversion(node.conversion), [form.tokens()], node);
      case "indices":
      case "positions":
        // The input of a compiled model begins at position 0.
        return form.indices(node);
      case "constant":
        return form.constant(node.value, node);
      case "map": {
        const mapped = form.map(node.fn, node.args.map(this.#sop), node);
        if (this.#keepsTypes) return mapped;
        const rewritten = this.#sums.rewrite(countTogether(form, mapped, this.#maxLength));
        if (rewritten !== mapped) this.changesTypes = true;
        return rewritten;
      }
      case "aggregate": {
        const { selection, best } = this.choices.get(node.selector)!;
        const value = this.#sop(node.value);
        if (form.visible(selection).truth === false) return form.constant(node.default, node);
        const counted = best ? undefined : meanOfFirst(form, selection, value, node.default, this.#maxLength, node);
        if (counted) return counted;
        const mean = form.mean(selection, value, node.default, node, best);
        const multiples = this.#asQuotients?.(node);
        return multiples ? quotientOf(form, mean, multiples) : mean;
      }
      case "state":
      case "final":
        return refuse(node, "this loop has not been unrolled", "compile unrolls the loops of a program first");
      case "read":
        return refuse(
          node,
          "vectors and scores do not compile: they are what trained models compute",
          "only selectors, aggregates and elementwise functions have exact weights; `compileVector` compiles a vector, such as logits",
        );
    }
  }

  /** What a selector chooses whose operands have their normal form already. */
  choiceOf(node: Selector): Choice {
    switch (node.kind) {
      case "select":
        return { selection: this.form.compare(this.#sop(node.keys), this.#sop(node.queries), node.op) };
      case "best":
        return { selection: this.#selection(node.selector), best: this.#sop(node.score) };
      case "not":
        return { selection: this.form.not(this.#selection(node.arg)) };
      case "and":
        return this.#combined(node, node.left, node.right, (a, b) => a && b);
      case "or":
        return this.#combined(node, node.left, node.right, (a, b) => a || b);
    }
  }

  readonly #sop = (operand: SOp): NormalSOp => this.sops.get(operand)!;

  /** A choice as a selection. The best position is found by a head of its own, -1 if there is none, and then compared with each key's. */
  #selection(operand: Selector): Selection {
    const { form } = this;
    const { selection, best } = this.choices.get(operand)!;
    if (!best) return selection;
    return form.compare(form.indices(), form.mean(selection, form.indices(), -1n, undefined, best), "==");
  }

  #combined(node: Selector, left: Selector, right: Selector, join: (a: boolean, b: boolean) => boolean): Choice {
    const selection = this.form.combine(this.#selection(left), this.#selection(right), join);
    if (selection) return { selection };
    return refuse(
      node,
      "this selector combines its comparisons in too many different ways",
      "split it into several s-ops",
    );
  }
}

const conversion = (kind: Parameters<typeof convertToken>[0]): Elementwise => ({
  name: `tokens_${kind}`,
  key: `tokens_${kind}`,
  apply: ([token]) => convertToken(kind, token!),
});
