/** The programs of tracr's cases as s-ops and selectors, from their texts. */
import {
  add,
  aggregate,
  and,
  constant,
  div,
  eq,
  ge,
  gt,
  ifElse,
  indices,
  le,
  length,
  lt,
  map,
  mod,
  mul,
  ne,
  neg,
  not,
  or,
  select,
  selectorWidth,
  sub,
  tracr,
  type Compare,
  type Selector,
  type SOp,
} from "../../src/index.js";
import { isSelector } from "../../src/language/graph/node.js";
import { calculate, divide, parametersOf, type Plain } from "./formula.js";
import { anyType, selectBy, SYMBOLS, type Built } from "./selection.js";
import { parseProgram, type Argument, type Tree } from "./notation.js";

type Row = readonly Plain[];
/** Bools as numbers, since tracr takes means of bools. */
const numbers = (value: SOp): SOp<number> =>
  map((x: number | boolean | string) => (typeof x === "boolean" ? Number(x) : x), value as SOp<number>) as SOp<number>;

class Builder {
  readonly #names: ReadonlyMap<string, Built>;

  constructor(names: ReadonlyMap<string, Built>) {
    this.#names = names;
  }

  sop(tree: Tree): SOp {
    const node = this.build(tree);
    if (isSelector(node)) throw new Error(`a selector in place of an s-op: ${JSON.stringify(tree)}`);
    return node;
  }

  selector(tree: Tree): Selector {
    const node = this.build(tree);
    if (!isSelector(node)) throw new Error(`an s-op in place of a selector: ${JSON.stringify(tree)}`);
    return node;
  }

  build(tree: Tree): Built {
    switch (tree.kind) {
      case "value":
        return constant(tree.value);
      case "name":
        return this.#name(tree.name);
      case "operator":
        return this.#operator(tree.name, tree.args);
      case "call":
        return this.#call(tree.name, tree.args);
      default:
        throw new Error(`neither an s-op nor a selector: ${JSON.stringify(tree)}`);
    }
  }

  #name(name: string): Built {
    const known = this.#names.get(name) ?? { tokens: tracr.tokens, indices, length }[name];
    if (!known) throw new Error(`no s-op is called ${name}`);
    return known;
  }

  #operator(name: string, args: readonly Tree[]): Built {
    const nodes = args.map((arg) => this.build(arg));
    if (nodes.some(isSelector)) {
      const [a, b] = nodes as Selector[];
      return name === "and" ? and(a!, b!) : name === "or" ? or(a!, b!) : not(a!);
    }
    const [a, b, c] = nodes.map(anyType);
    if (name === "?") return ifElse(a as SOp as SOp<boolean>, b!, c!);
    if (name === "and") {
      return map((x: boolean, y: boolean) => x && y, a as SOp as SOp<boolean>, b as SOp as SOp<boolean>);
    }
    if (name === "or") {
      return map((x: boolean, y: boolean) => x || y, a as SOp as SOp<boolean>, b as SOp as SOp<boolean>);
    }
    if (name === "not") return not(a as SOp as SOp<boolean>);
    if (name === "negative") return neg(a!);
    if (name === "//") return map((x: number, y: number) => Math.floor(divide(x, y)), a!, b!);
    return ({ "+": add, "-": sub, "*": mul, "/": div, "%": mod, ...SYMBOLS } as Record<string, typeof mul>)[name]!(
      a!,
      b!,
    );
  }

  /** Long: a case for each call of the notation. */
  #call(name: string, args: readonly Argument[]): Built {
    const named = (wanted: string): Tree | undefined => args.find((arg) => arg.name === wanted)?.value;
    const positional = args.filter((arg) => arg.name === undefined).map(({ value }) => value);
    /** The argument of this name, or the next positional one. */
    const next = (...wanted: string[]): Tree | undefined =>
      wanted.map(named).find((value) => value) ?? positional.shift();
    const sop = (...wanted: string[]): SOp => this.sop(next(...wanted)!);
    const plain = (tree: Tree): Plain => calculate(tree, {});
    switch (name) {
      case "numerical":
      case "categorical":
        return this.build(positional[0]!);
      case "linear":
      case "linear_sequence_map":
        return this.sop(positional[0]!);
      case "full":
        return constant(plain(positional[0]!));
      case "constant sop":
        return this.#valuesAt(positional[0]!);
      case "constant selector":
        return matrix(listOf(positional[0]!).map((row) => listOf(row).map(plain)));
      case "map":
      case "sequence_map": {
        const [formula, ...operands] = positional;
        return this.#map(parametersOf(formula!), formula!, operands);
      }
      case "select":
        return this.#select(sop("keys"), sop("queries"), next("predicate")!);
      case "selector_width":
        return selectorWidth(this.selector(positional[0]!));
      case "aggregate": {
        const selector = this.selector(next("selector")!);
        const value = sop("sop", "value");
        const otherwise = next("default");
        return aggregate(selector, numbers(value), (otherwise ? plain(otherwise) : null) as number);
      }
      case "make_length":
        return tracr.makeLength();
      case "make_reverse":
        return tracr.makeReverse(sop("sop"));
      case "make_hist":
        return tracr.makeHist();
      case "make_frac_prevs":
        return tracr.makeFracPrevs(sop("bools") as SOp<boolean>);
      case "make_pair_balance":
        return tracr.makePairBalance(
          sop("sop"),
          plain(next("open_token")!) as string,
          plain(next("close_token")!) as string,
        );
      case "make_shuffle_dyck":
        return tracr.makeShuffleDyck(listOf(next("pairs")!).map((pair) => plain(pair) as string));
      case "make_shuffle_dyck2":
        return tracr.makeShuffleDyck2();
      case "make_sort_unique":
        return tracr.makeSortUnique(sop("vals"), sop("keys"));
      case "make_sort":
        return tracr.makeSort(
          sop("vals"),
          anyType(sop("keys")),
          plain(next("max_seq_len")!) as number,
          plain(next("min_key")!) as number,
        );
      case "make_sort_freq":
        return tracr.makeSortFreq(plain(next("max_seq_len")!) as number);
      case "make_count":
        return tracr.makeCount(sop("sop"), plain(next("token")!) as string);
      case "make_count_less_freq":
        return tracr.makeCountLessFreq(plain(next("n")!) as number);
      case "shift_by":
        return tracr.shiftBy(plain(next("offset")!) as number, sop("sop"));
      case "detect_pattern": {
        const value = sop("sop");
        const pattern = next("pattern")!;
        return tracr.detectPattern(
          value,
          pattern.kind === "list" ? pattern.items.map((item) => plain(item) as string) : (plain(pattern) as string),
        );
      }
      case "make_nary_sequencemap": {
        const [fn, ...operands] = positional;
        if (fn?.kind !== "function") throw new Error("make_nary_sequencemap needs a function");
        const values = operands.map((operand) => this.sop(operand));
        return tracr.makeNarySequencemap(
          (...row: Row) => calculate(fn.body, bind(fn.parameters, row)) as number,
          ...values,
        );
      }
      default:
        throw new Error(`no program is called ${name}`);
    }
  }

  #map(parameters: readonly string[], formula: Tree, operands: readonly Tree[]): SOp {
    const values = operands.map((operand) => anyType(this.sop(operand)));
    const names = parameters.length === values.length ? parameters : ["x", "y", "z"].slice(0, values.length);
    return map((...row: number[]) => calculate(formula, bind(names, row)), ...values);
  }

  /** A selector with a named comparison, or with a formula whose comparisons have `key` on one side and `query` on the other. */
  #select(keys: SOp, queries: SOp, predicate: Tree): Selector {
    if (predicate.kind === "name" && /^[A-Z]+$/.test(predicate.name)) return selectBy(keys, queries, predicate.name);
    if (predicate.kind === "operator" && ["and", "or", "not"].includes(predicate.name)) {
      const [a, b] = predicate.args.map((arg) => this.#select(keys, queries, arg));
      return predicate.name === "and" ? and(a!, b!) : predicate.name === "or" ? or(a!, b!) : not(a!);
    }
    const compare = predicate.kind === "operator" ? SYMBOLS[predicate.name] : undefined;
    const [left, right] = compare && predicate.kind === "operator" ? predicate.args : [predicate, TRUE];
    const swapped = parametersOf(left!).includes("query") || parametersOf(right!).includes("key");
    const side = (name: "key" | "query", tree: Tree): SOp =>
      map(
        (value: number) => truthOr(calculate(tree, { [name]: value }), !compare),
        anyType(name === "key" ? keys : queries),
      );
    const op = compare ?? eq;
    return swapped
      ? select(anyType(side("key", right!)), anyType(side("query", left!)), MIRRORED[op.op]!)
      : select(anyType(side("key", left!)), anyType(side("query", right!)), op);
  }

  /** An s-op with a given value at each position. */
  #valuesAt(list: Tree): SOp {
    const values = listOf(list).map((item) => calculate(item, {}));
    return map((i: number) => values[i] ?? null, indices);
  }
}

const TRUE: Tree = { kind: "value", value: true };
const MIRRORED: Readonly<Record<string, Compare>> = { "==": eq, "!=": ne, "<": gt, "<=": ge, ">": lt, ">=": le };

const truthOr = (value: Plain, asTruth: boolean): Plain => (asTruth ? Boolean(value) : value);

const bind = (names: readonly string[], row: Row): Record<string, Plain> =>
  Object.fromEntries(names.map((name, j) => [name, row[j]!]));

const listOf = (tree: Tree): readonly Tree[] => {
  if (tree.kind !== "list") throw new Error(`no list: ${JSON.stringify(tree)}`);
  return tree.items;
};

/** A selector with given cells, row by row. */
function matrix(rows: readonly Row[]): Selector {
  return rows
    .map((row, q) =>
      and(
        select(
          map((k: number) => Boolean(row[k]), indices),
          true,
          eq,
        ),
        select(0, sub(indices, q), eq),
      ),
    )
    .reduce((a, b) => or(a, b));
}

/** @throws Error where the text is no program */
export function programOf(text: string): Built {
  const { program, definitions } = parseProgram(text);
  const names = new Map<string, Built>();
  for (const [name, tree] of definitions) names.set(name, new Builder(names).build(tree));
  return new Builder(names).build(program);
}
