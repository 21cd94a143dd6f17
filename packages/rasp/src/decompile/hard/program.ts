/**
 * Names for what the heads write, from the outputs backwards: each head becomes a line of the program, and everything between heads an
 * expression of tokens, indices and earlier lines.
 */
import { has, selectorWidth } from "./library.js";
import { atomsEqual } from "../../atom/compare.js";
import { decode } from "../../compile/decoding.js";
import { aggregateNode, indicesNode, tokensNode, type Atom, type SOp } from "../../graph/node.js";
import { Evaluation } from "../../interpret/evaluation.js";
import { literal } from "../../print.js";
import { Cases } from "./cases.js";
import { choose, compare, constant, minus, named, plus, times, type Expression } from "./expression.js";
import { nameClasses, nameValues } from "./function.js";
import { columnsOf, NotHardError, type HeadRun, type Run } from "./machine.js";
import { nice } from "./nice.js";
import { relationsOf, type Conjunction, type Relation, type Table } from "./relation.js";
import type { Sample } from "./sample.js";
import { bothSelectors, everything, nameRelation, selectWhere, type NamedSelector } from "./selector.js";
import { keyOf, statesOf, valueOf, type States, type Variable } from "./variable.js";
import type { HardWeights } from "./weights.js";

/** A line of the program. */
export interface Line {
  readonly name: string;
  readonly text: string;
  /** Whether lists of values stand in it because no shorter form was found. */
  readonly tabular: boolean;
}

/** What a variable is called, and what each of its values is. */
interface Name {
  readonly expression: Expression;
  readonly atoms: readonly Atom[];
}

/** The cases of some variables as the names before them tell them apart, and a place of the sample for each. */
interface Situation {
  readonly cases: Cases;
  readonly places: readonly number[];
}

/** The lines that compute the model's outputs; the last one is the result. */
export function nameProgram(weights: HardWeights, sample: Sample, run: Run): Line[] {
  return new Namer(weights, sample, run).program();
}

class Namer {
  private readonly lines: Line[] = [];
  private readonly names = new Map<Variable, Name>();
  private readonly selectors = new Map<HeadRun, NamedSelector>();
  private readonly labels: ReadonlyMap<Variable, readonly Atom[]>;
  private readonly evaluations: readonly Evaluation[];
  private readonly counts = new Map<string, number>();

  constructor(
    private readonly weights: HardWeights,
    private readonly sample: Sample,
    private readonly run: Run,
  ) {
    this.labels = outputLabels(weights, run);
    this.evaluations = sample.inputs.map((input) => new Evaluation(input));
  }

  program(): Line[] {
    for (const [n, { name, decoding }] of this.weights.outputs.entries()) {
      const reading = this.run.outputs[n]!;
      const variables = reading.parts.map(({ variable }) => variable);
      const { cases, places } = this.situation(variables);
      const read = (place: number): Atom =>
        decode(
          decoding,
          valueOf(
            reading,
            variables.map(({ at }) => at[place]!),
          ),
        );
      const result = asSOp(nameValues(cases, places.map(read)));
      const last = this.lines.at(-1);
      // What the last line computes anyway gets the result's name, if it is not needed under its own.
      if (last?.name === result.text && n === 0 && this.weights.outputs.length === 1)
        this.lines[this.lines.length - 1] = { ...last, name };
      else this.define(name, result.text, result.tabular === true);
    }
    return this.lines;
  }

  private define(name: string, text: string, tabular: boolean): string {
    this.lines.push({ name, text, tabular });
    return name;
  }

  private fresh(wish: string): string {
    const number = (this.counts.get(wish) ?? 0) + 1;
    this.counts.set(wish, number);
    return `${wish}_${number}`;
  }

  /** Hidden units are functions of what they read; the others have names. */
  private rootsOf(variable: Variable): Variable[] {
    const units = this.run.units.get(variable);
    return units ? units.inputs.flatMap((input) => this.rootsOf(input)) : [variable];
  }

  /** The joint states of what the variables rest on, as cases with one input for each name. */
  private situation(variables: readonly Variable[]): Situation {
    const roots = this.run.variables.filter((root) =>
      variables.some((variable) => this.rootsOf(variable).includes(root)),
    );
    const states = statesOf(roots, this.sample.token.length);
    const columns = roots.map((root, j) => {
      const { expression, atoms } = this.nameOf(root);
      return [expression, states.tuples.map((tuple) => atoms[tuple[j]!]!)] as const;
    });
    return { cases: new Cases(states.tuples.length, new Map(columns)), places: placesOf(states) };
  }

  private nameOf(variable: Variable): Name {
    const known = this.names.get(variable);
    if (known) return known;
    const name = this.newName(variable);
    this.names.set(variable, name);
    return name;
  }

  private newName(variable: Variable): Name {
    const { writer } = variable;
    if (writer.kind === "tokens") {
      const { vocabulary } = this.weights;
      const text = vocabulary.every((token) => typeof token === "string");
      const tokens = text ? named(tokensNode("str"), "tokens") : named(tokensNode("asis"), "tokens_asis");
      return { expression: tokens, atoms: vocabulary };
    }
    if (writer.kind === "indices")
      return { expression: named(indicesNode(), "indices"), atoms: variable.values.map((_, i) => BigInt(i)) };
    if (writer.kind === "units") throw new Error("hidden units have no name of their own");
    const { layer: own, heads: numbers } = writer;
    const heads = this.run.heads.filter(({ layer, head }) => layer === own && numbers.includes(head));
    const found = heads.every(({ adds }) => adds) ? this.width(heads, variable) : this.aggregate(heads, variable);
    return { expression: found, atoms: this.atomsOf(found.sop, variable) };
  }

  /** The interpreter's values of a node, for each value of the variable that it stands for. */
  private atomsOf(sop: SOp, variable: Variable): Atom[] {
    const atoms: Atom[] = [];
    this.evaluations.forEach((evaluation, n) => {
      const from = this.sample.starts[n]!;
      for (const [i, atom] of evaluation.sop(sop).entries()) atoms[variable.at[from + i]!] ??= atom;
    });
    return atoms;
  }

  /** Heads that add up: widths of selectors, each times what a selected key adds. */
  private width(heads: readonly HeadRun[], variable: Variable): Expression {
    const parts = heads.flatMap((head) => this.widthTerms(head, variable));
    const widths = parts.map(({ factor, selector }) => ({ factor, width: selectorWidth(selector) }));
    const [first, ...others] = widths.sort((a, b) => Number(b.factor) - Number(a.factor));
    if (!first) return constant(0n);
    const sum = others.reduce(
      (total, { factor, width }) =>
        Number(factor) < 0 ? minus(total, times(negated(factor), width)) : plus(total, times(factor, width)),
      times(first.factor, first.width),
    );
    return this.named(
      sum,
      "width",
      parts.some(({ selector }) => selector.tabular),
    );
  }

  private widthTerms(head: HeadRun, variable: Variable): { factor: Atom; selector: NamedSelector }[] {
    const selector = this.selectorOf(head);
    const { cases, places } = this.situation(head.value.parts.map((part) => part.variable));
    const numbers = this.valuesAt(head, variable, places).map((vector) => nice(vector[0]!));
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

  /** A head that takes the mean, of numbers or of one value that all selected keys carry. */
  private aggregate(heads: readonly HeadRun[], variable: Variable): Expression {
    const [head] = heads;
    if (heads.length > 1 || !head) throw new NotHardError("several heads that take means write to one coordinate");
    const selector = this.selectorOf(head);
    const { cases, places } = this.situation(head.value.parts.map((part) => part.variable));
    const vectors = this.valuesAt(head, variable, places);
    const atBos = Float64Array.from(columnsOf(head, variable.coordinates), (c) => head.value.atBos[c]!);
    const needsDefault = head.selected.some(({ length }) => length === 0);
    if (places.length === 1 && needsDefault) return this.named(has(selector), "found", selector.tabular);
    const { value, otherwise } =
      variable.coordinates.length === 1 && !this.labels.has(variable)
        ? this.numbers(cases, vectors, needsDefault ? atBos : undefined)
        : this.copies(cases, vectors, atBos, variable, needsDefault);
    const sop = aggregateNode(selector.selector, value.sop, otherwise);
    const text = `aggregate(${selector.text}, ${value.text}${otherwise === 0n ? "" : `, ${literal(otherwise)}`})`;
    const isCopy = variable.coordinates.length > 1 || this.labels.has(variable);
    return this.named(named(sop, text), isCopy ? "copy" : "mean", selector.tabular || value.tabular === true);
  }

  /** Two numbers are 0 and 1, others are themselves. */
  private numbers(cases: Cases, vectors: readonly Float64Array[], atBos: Float64Array | undefined) {
    const all = [...vectors.map(([number]) => nice(number!)), ...(atBos ? [nice(atBos[0]!)] : [])];
    const distinct = [...new Set(all)];
    const most = distinct.reduce((a, b) => (Number(b) > Number(a) ? b : a));
    const atoms = distinct.length === 2 ? all.map((number) => (number === most ? 1n : 0n)) : all;
    return { value: nameValues(cases, atoms.slice(0, vectors.length)), otherwise: atBos ? atoms.at(-1)! : 0n };
  }

  private copies(
    cases: Cases,
    vectors: readonly Float64Array[],
    atBos: Float64Array,
    variable: Variable,
    needsDefault: boolean,
  ): { value: Expression; otherwise: Atom } {
    const keys = vectors.map(keyOf);
    const known = this.labels.get(variable);
    const atomOf = new Map<string, Atom>();
    let value: Expression;
    if (known) {
      variable.values.forEach((vector, id) => atomOf.set(keyOf(vector), known[id]!));
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

  /** What a key at each of these places carries to a variable's coordinates. */
  private valuesAt(head: HeadRun, { coordinates }: Variable, places: readonly number[]): Float64Array[] {
    const columns = columnsOf(head, coordinates);
    return places.map((place) => {
      const carried = valueOf(
        head.value,
        head.value.parts.map(({ variable }) => variable.at[place]!),
      );
      return Float64Array.from(columns, (c) => carried[c]!);
    });
  }

  private named(expression: Expression, wish: string, tabular: boolean): Expression {
    if (expression.text === "length") return expression;
    const name = this.define(this.fresh(wish), expression.text, tabular);
    return named(expression.sop, name);
  }

  private selectorOf(head: HeadRun): NamedSelector {
    const known = this.selectors.get(head);
    if (known) return known;
    const selector = this.newSelector(head);
    this.selectors.set(head, selector);
    return selector;
  }

  private newSelector(head: HeadRun): NamedSelector {
    const { layer, head: h } = head;
    const relations = relationsOf(head, this.run, this.sample.starts, this.weights.causal);
    if (!relations) throw new NotHardError(`head ${h} of layer ${layer} selects by something that is no variable`);
    const found = this.conjuncts(relations);
    if (found.length === 0) return everything;
    const whole = found.reduce(bothSelectors);
    if (whole.kind === "select") return whole;
    const text = this.define(this.fresh("pick"), whole.text, whole.tabular);
    return { ...whole, text, kind: "select" };
  }

  private conjuncts({ relations, needed }: Conjunction): NamedSelector[] {
    const named = new Map<Relation, Table>();
    return relations.map((relation) => {
      const [keys, queries] = [this.situation(relation.keys), this.situation(relation.queries)];
      const { keyStates, queryStates } = relation;
      const widened = (table: Table): Table =>
        keys.places.map((key) =>
          Int8Array.from(queries.places, (query) => table[keyStates.at[key]!]![queryStates.at[query]!]!),
        );
      const found = nameRelation(widened(relation.table), widened(needed(relation, named)), keys.cases, queries.cases);
      const means = found.table(keys.cases, queries.cases);
      const [keyPlaces, queryPlaces] = [
        keys.places.map((p) => keyStates.at[p]!),
        queries.places.map((p) => queryStates.at[p]!),
      ];
      named.set(
        relation,
        relation.table.map((row, k) => row.map((_, q) => means[keyPlaces.indexOf(k)]![queryPlaces.indexOf(q)]!)),
      );
      return found;
    });
  }
}

/** An atom alone is no s-op in RASP. */
function asSOp(result: Expression): Expression {
  if (result.sop.kind !== "constant") return result;
  return choose(compare(named(indicesNode(), "indices"), ">=", constant(0n)), result, result);
}

const negated = (factor: Atom): Atom => (typeof factor === "bigint" ? -factor : -Number(factor));

/** A place of each state. */
function placesOf({ tuples, at }: States): number[] {
  const places = new Array<number>(tuples.length).fill(-1);
  for (let place = at.length - 1; place >= 0; place--) places[at[place]!] = place;
  return places;
}

/** Where an output reads a single variable that a head copies, its values are called what they are read as. */
function outputLabels({ outputs }: HardWeights, run: Run): ReadonlyMap<Variable, readonly Atom[]> {
  const labels = new Map<Variable, readonly Atom[]>();
  for (const [n, reading] of run.outputs.entries()) {
    const [only, ...others] = reading.parts;
    if (!only || others.length > 0 || only.variable.coordinates.length === 1 || labels.has(only.variable)) continue;
    const { decoding } = outputs[n]!;
    labels.set(
      only.variable,
      only.variable.values.map((_, id) => decode(decoding, valueOf(reading, [id]))),
    );
  }
  return labels;
}

/** An atom of the same type that is none of these. */
function unused(atoms: readonly Atom[]): Atom {
  const taken = (atom: Atom): boolean => atoms.some((other) => atomsEqual(atom, other));
  if (atoms.some((atom) => typeof atom === "string")) {
    const signs = ["-", "§", "_", "?", "none"];
    return signs.find((sign) => !taken(sign)) ?? "no token";
  }
  for (let number = -1n; ; number--) if (!taken(number)) return number;
}
