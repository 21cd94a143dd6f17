/**
 * Where a program has no value, as s-ops that are True there: `--mark`. There is one for each operation of the program that can fail, and
 * each is right wherever nothing that it is made of fails. So on an input with a value none is True anywhere, and on one without a
 * value the operation that fails first is True somewhere. What the others are then does not matter.
 */
import { compareAtoms } from "../../language/atom/compare.js";
import { RaspError } from "../../language/diagnostic.js";
import { applyMap } from "../../language/graph/elementwise.js";
import {
  isSelector,
  topological,
  type AggregateNode,
  type Atom,
  type Elementwise,
  type GraphNode,
  type Selector,
  type SelectNode,
  type SOp,
} from "../../language/graph/node.js";
import { convertToken } from "../../language/interpret/tokens.js";
import type { NormalForm, NormalSOp, Selection } from "../normalize/normal-form.js";
import type { Simplified } from "../normalize/simplify.js";
import { refuse } from "../refusal.js";
import type { Domain } from "./domain.js";
import { atomNumber } from "./value-set.js";

/** Larger sums may overflow, which is not looked for. */
const LARGEST = 1e300;

/**
 * The failures that can occur; for each the s-op or selector that fails.
 *
 * @throws RaspError of class `compile` where it cannot be told whether something fails
 */
export function failuresOf(
  roots: readonly SOp[],
  { form, sops, selections }: Simplified,
  domain: Domain,
): ReadonlyMap<NormalSOp, GraphNode> {
  const found = new Map<NormalSOp, GraphNode>();
  const finder = new Failures(
    form,
    domain,
    (node) => sops.get(node)!,
    (node) => selections.get(node)!,
  );
  for (const node of topological(...roots)) {
    for (const failure of isSelector(node) ? finder.ofSelector(node) : finder.ofSOp(node)) {
      const values = domain.values(failure);
      if (values.some((value) => value === true) && !found.has(failure)) found.set(failure, node);
    }
  }
  return found;
}

class Failures {
  readonly #form: NormalForm;
  readonly #domain: Domain;
  readonly #sop: (node: SOp) => NormalSOp;
  readonly #selection: (node: Selector) => Selection;

  constructor(
    form: NormalForm,
    domain: Domain,
    sop: (node: SOp) => NormalSOp,
    selection: (node: Selector) => Selection,
  ) {
    this.#form = form;
    this.#domain = domain;
    this.#sop = sop;
    this.#selection = selection;
  }

  ofSOp(node: SOp): NormalSOp[] {
    const form = this.#form;
    switch (node.kind) {
      case "tokens": {
        const { conversion } = node;
        const fails = failing(`tokens_${conversion}`, ([token]) => convertToken(conversion, token!));
        return [form.map(fails, [form.tokens()]), ...this.#mixed(node)];
      }
      case "map": {
        const fails = failing(node.fn.key, (args) => applyMap(node.fn, args));
        return [form.map(fails, node.args.map(this.#sop)), ...this.#mixed(node)];
      }
      case "aggregate":
        return [...this.#ofAggregate(node), ...this.#mixed(node)];
      default:
        return [];
    }
  }

  ofSelector(node: Selector): NormalSOp[] {
    if (node.kind === "select") return [this.#ofComparison(node)];
    if (node.kind !== "best") return [];
    const isNoScore: Elementwise = {
      name: "is no score",
      key: "is no score",
      apply: ([score]) => typeof score === "string" || score === null || Number.isNaN(score),
      seesNull: true,
    };
    return [this.#form.map(isNoScore, [this.#sop(node.score)])];
  }

  /** Each side has one type, so that the values at one position tell whether the two can be compared. */
  #ofComparison({ keys, queries, op }: SelectNode): NormalSOp {
    const fails = failing(`compare ${op}`, ([key, query]) => compareAtoms(op, key!, query!));
    return this.#form.map(fails, [this.#sop(keys), this.#sop(queries)]);
  }

  #ofAggregate(node: AggregateNode): NormalSOp[] {
    const [form, value] = [this.#form, this.#sop(node.value)];
    const selection = this.#selection(node.selector);
    const width = form.width(selection, node);
    const failures = node.noDefault === undefined ? [] : [this.#test("is empty", [width], ([n]) => n === 0n)];
    const values = this.#typedValues(value);
    if (node.selector.kind === "best" || values.length === 0) return failures;
    const several = ([n]: readonly Atom[]): boolean => Number(n) > 1;
    const areNumbers = values.every((atom) => atom === null || typeof atom === "bigint" || typeof atom === "number");
    if (!areNumbers) {
      if (values.some((atom) => typeof atom === "bigint" || typeof atom === "number")) this.#refuseMixed(node);
      return [...failures, this.#test("is several", [width], several)];
    }
    const largest = values.reduce<number>((most, atom) => Math.max(most, Math.abs(atomNumber(atom) ?? 0)), 0);
    if (!(largest * this.#domain.maxLength < LARGEST)) this.#refuseMixed(node);
    if (!values.includes(null)) return failures;
    const isNull = this.#test("is null", [value], ([atom]) => atom === null);
    const nulls = form.combine(selection, form.compare(isNull, form.constant(true), "=="), (a, b) => a && b);
    if (!nulls) this.#refuseMixed(node);
    const fails = ([all, ofNull]: readonly Atom[]): boolean => Number(all) > 1 && Number(ofNull) > 0;
    return [...failures, this.#test("is several with null", [width, form.width(nulls, node)], fails)];
  }

  /** No sequence has strings and other values. */
  #mixed(node: SOp): NormalSOp[] {
    const form = this.#form;
    const sop = this.#sop(node);
    const values = this.#typedValues(sop).filter((atom) => atom !== null);
    const strings = values.filter((atom) => typeof atom === "string").length;
    if (strings === 0 || strings === values.length) return [];
    const widthWhere = (name: string, test: (atom: Atom) => boolean): NormalSOp =>
      form.width(
        form.compare(
          this.#test(name, [sop], ([atom]) => test(atom!)),
          form.constant(true),
          "==",
        ),
        node,
      );
    const isString = (atom: Atom): boolean => typeof atom === "string";
    const counts = [
      widthWhere("is string", isString),
      widthWhere("is number", (atom) => !isString(atom) && atom !== null),
    ];
    return [this.#test("are both", counts, ([a, b]) => Number(a) > 0 && Number(b) > 0)];
  }

  /** Where an s-op can be True and 1, both. */
  #typedValues(sop: NormalSOp): readonly Atom[] {
    return [...this.#domain.table(sop).distinct].flatMap(({ atoms }) => atoms);
  }

  #test(name: string, args: readonly NormalSOp[], test: (args: readonly Atom[]) => boolean): NormalSOp {
    return this.#form.map({ name, key: `test: ${name}`, apply: test, seesNull: true }, args);
  }

  #refuseMixed(node: SOp): never {
    return refuse(
      node,
      "it cannot be marked where this aggregate has no value, because it mixes types or has very large values",
      "compile without marks",
    );
  }
}

/** Whether a function has no value. */
const failing = (key: string, apply: (args: readonly Atom[]) => unknown): Elementwise => ({
  name: "fails",
  key: `fails: ${key}`,
  apply: (args) => {
    try {
      apply(args);
      return false;
    } catch (error) {
      if (error instanceof RaspError) return true;
      throw error;
    }
  },
  seesNull: true,
});
