/** The lines of the program for what heads add to the residual stream: widths of selectors, means, copies. */
import { atomsEqual } from "../../../language/atom/compare.js";
import { aggregateNode, type Atom } from "../../../language/graph/node.js";
import { literal } from "../../../language/text/print.js";
import type { HeadRun } from "../run/head-run.js";
import type { Cases } from "../expressions/cases.js";
import { constant, minus, named, plus, times, type Expression } from "../expressions/expression.js";
import { nameClasses, nameValues } from "../expressions/function.js";
import { HeadSelectors } from "./head-selector.js";
import { SharedWidths } from "./shared-width.js";
import { has, selectorWidth } from "./library.js";
import type { Naming } from "./naming.js";
import { restored } from "../expressions/number.js";
import { NotHardError } from "../not-hard-error.js";
import { bothSelectors, everything, selectWhere, type NamedSelector } from "./selector.js";
import { valueOf } from "../run/residual-stream.js";
import { keyOf, type Subspace } from "../run/subspace.js";
import { columnsOf } from "../run/head-subspaces.js";

export class HeadLines {
  readonly #selectors: HeadSelectors;
  readonly #sharedWidths: SharedWidths;

  readonly #naming: Naming;

  constructor(naming: Naming) {
    this.#naming = naming;
    this.#selectors = new HeadSelectors(naming);
    this.#sharedWidths = new SharedWidths(naming);
  }

  /** What these heads add to a subspace that nothing else writes. @throws NotHardError if it is no width, mean or copy */
  lineOf(heads: readonly HeadRun[], subspace: Subspace): Expression {
    // Beside others, a head that never selects anything adds nothing.
    const selecting = heads.filter(({ selected }) => selected.some(({ length }) => length > 0));
    const writing = selecting.length > 0 ? selecting : heads.slice(0, 1);
    return writing.every(({ adds }) => adds) ? this.#width(writing, subspace) : this.#aggregate(writing, subspace);
  }

  /** Heads that add up: widths of selectors, each times what one selected key adds. */
  #width(heads: readonly HeadRun[], subspace: Subspace): Expression {
    const shared = this.#sharedWidths
      .of(heads, subspace)
      .flatMap((width) =>
        width.heads.length > 1 && this.#selectors.isShort(width.joined) ? [width.joined] : width.heads,
      );
    const summands = shared.flatMap((head) => this.#multiples(head, subspace));
    const widths = summands.map(({ factor, selector }) => ({ factor, width: selectorWidth(selector) }));
    const [first, ...others] = widths.sort((a, b) => Number(b.factor) - Number(a.factor));
    if (!first) return constant(0n);
    const sum = others.reduce(
      (total, { factor, width }) =>
        Number(factor) < 0 ? minus(total, times(negated(factor), width)) : plus(total, times(factor, width)),
      times(first.factor, first.width),
    );
    return this.#named(
      sum,
      "width",
      summands.some(({ selector }) => selector.tabular),
    );
  }

  /** The selectors of a head's keys, one for each factor that they are counted with. */
  #multiples(head: HeadRun, subspace: Subspace): { factor: Atom; selector: NamedSelector }[] {
    const selector = this.#selectors.of(head);
    const { cases, places } = this.#naming.situation(head.value.parts.map((part) => part.subspace));
    const numbers = this.#valuesAt(head, subspace, places).map((vector) => restored(vector[0]!));
    const factors = [...new Set(numbers)].filter((factor) => factor !== 0n);
    return factors.map((factor) => {
      if (numbers.every((number) => number === factor)) return { factor, selector };
      const carries = nameValues(
        cases,
        numbers.map((number) => number === factor),
      );
      const where = selectWhere(carries, "keys");
      return { factor, selector: selector === everything ? where : bothSelectors(selector, where) };
    });
  }

  /** A head that takes the mean: of numbers, or of one value that all selected keys carry. */
  #aggregate(heads: readonly HeadRun[], subspace: Subspace): Expression {
    const [head] = heads;
    if (heads.length > 1 || !head) throw new NotHardError("several heads that take means write to one coordinate");
    const selector = this.#selectors.of(head);
    const { cases, places } = this.#naming.situation(head.value.parts.map((part) => part.subspace));
    const vectors = this.#valuesAt(head, subspace, places);
    const atBos = Float64Array.from(columnsOf(head, subspace.coordinates), (c) => head.value.atBos[c]!);
    const needsDefault = head.selected.some(({ length }) => length === 0);
    if (places.length === 1 && needsDefault) return this.#named(has(selector), "found", selector.tabular);
    const { value, otherwise } =
      subspace.coordinates.length === 1 && !this.#naming.labels.has(subspace)
        ? this.#numbers(cases, vectors, needsDefault ? atBos : undefined)
        : this.#copies(cases, vectors, atBos, subspace, needsDefault);
    const sop = aggregateNode(selector.selector, value.sop, otherwise);
    const text = `aggregate(${selector.text}, ${value.text}${otherwise === 0n ? "" : `, ${literal(otherwise)}`})`;
    const isCopy = subspace.coordinates.length > 1 || this.#naming.labels.has(subspace);
    return this.#named(named(sop, text), isCopy ? "copy" : "mean", selector.tabular || value.tabular === true);
  }

  /** Two different numbers are written as 0 and 1, more of them as they are. */
  #numbers(cases: Cases, vectors: readonly Float64Array[], atBos: Float64Array | undefined) {
    const all = [...vectors.map(([number]) => restored(number!)), ...(atBos ? [restored(atBos[0]!)] : [])];
    const different = [...new Set(all)];
    const most = different.reduce((a, b) => (Number(b) > Number(a) ? b : a));
    const atoms = different.length === 2 ? all.map((number) => (number === most ? 1n : 0n)) : all;
    return { value: nameValues(cases, atoms.slice(0, vectors.length)), otherwise: atBos ? atoms.at(-1)! : 0n };
  }

  /** The classes of what keys carry, by names that later lines can tell apart. */
  #copies(
    cases: Cases,
    vectors: readonly Float64Array[],
    atBos: Float64Array,
    subspace: Subspace,
    needsDefault: boolean,
  ): { value: Expression; otherwise: Atom } {
    const keys = vectors.map(keyOf);
    const known = this.#naming.labels.get(subspace);
    const atomOf = new Map<string, Atom>();
    let value: Expression;
    if (known) {
      subspace.values.forEach((vector, id) => atomOf.set(keyOf(vector), known[id]!));
      value = nameValues(
        cases,
        keys.map((key) => atomOf.get(key) ?? known[0]!),
      );
    } else {
      const numbers = new Map([...new Set(keys)].map((key, c) => [key, c]));
      value = nameClasses(
        cases,
        keys.map((key) => numbers.get(key)!),
      );
      const column = cases.column(value);
      keys.forEach((key, i) => atomOf.set(key, column[i]!));
    }
    if (!needsDefault) return { value, otherwise: 0n };
    return { value, otherwise: atomOf.get(keyOf(atBos)) ?? unused([...atomOf.values()]) };
  }

  /** What a key at each of these places adds to a subspace. */
  #valuesAt(head: HeadRun, { coordinates }: Subspace, places: readonly number[]): Float64Array[] {
    const columns = columnsOf(head, coordinates);
    return places.map((place) => {
      const carried = valueOf(
        head.value,
        head.value.parts.map(({ subspace }) => subspace.at[place]!),
      );
      return Float64Array.from(columns, (c) => carried[c]!);
    });
  }

  /** Gives an expression a line of its own, unless it is a name already. */
  #named(expression: Expression, wish: string, tabular: boolean): Expression {
    if (expression.text === "length") return expression;
    const name = this.#naming.define(wish, expression.text, tabular);
    return named(expression.sop, name);
  }
}

const negated = (factor: Atom): Atom => (typeof factor === "bigint" ? -factor : -Number(factor));

/** An atom of the same type that is none of these. */
function unused(atoms: readonly Atom[]): Atom {
  const taken = (atom: Atom): boolean => atoms.some((other) => atomsEqual(atom, other));
  if (atoms.some((atom) => typeof atom === "string")) {
    const signs = ["-", "§", "_", "?", "none"];
    return signs.find((sign) => !taken(sign)) ?? "no token";
  }
  for (let number = -1n; ; number--) if (!taken(number)) return number;
}
