/**
 * The s-op graph from TypeScript: the same nodes as from text, with types that say what stands at each position.
 *
 * ```ts
 * const flip = select(indices, sub(sub(length, 1), indices), eq);
 * const reverse = aggregate(flip, tokens); // SOp<string>
 * ```
 *
 * Wherever an s-op is wanted a plain value may stand, the same at every position: whole numbers are ints, others floats. Values are
 * Python's, as in the language, and so are their errors, which come when an input is evaluated.
 */
import type { Atom, Comparison } from "./atom/atom.js";
import * as maps from "./graph/elementwise.js";
import * as node from "./graph/node.js";
import type { Elementwise, Selector, SOp } from "./graph/node.js";
import { plainAtom, type Plain } from "./interpret/evaluate.js";

/** What can stand at a position, as TypeScript sees it. */
export type Value = number | boolean | string;

/** An s-op, or one value for every position. */
export type Lift<T> = SOp<T> | T | (T extends number ? bigint : never);

/** What stands at each position of a node, which only its maker knows. */
const typed = <T>(sop: SOp): SOp<T> => sop as SOp<T>;

/** The input as strings. */
export const tokens: SOp<string> = typed(node.tokensNode("str"));
/** The input read as ints. */
export const tokensInt: SOp<number> = typed(node.tokensNode("int"));
/** The input read as floats. */
export const tokensFloat: SOp<number> = typed(node.tokensNode("float"));
/** The truth of each element of the input. */
export const tokensBool: SOp<boolean> = typed(node.tokensNode("bool"));
/** The input as it is. */
export const tokensAsIs: SOp<Value> = typed(node.tokensNode("asis"));
/** 0, 1, 2, … */
export const indices: SOp<number> = typed(node.indicesNode());

/** The same value at every position: whole numbers are ints. */
export function constant(value: bigint): SOp<number>;
export function constant<T extends Value>(value: T): SOp<Widened<T>>;
export function constant(value: Plain): SOp {
  return node.constantNode(atomOf(value));
}

/** A number that stays a float even if it is whole. */
export const float = (value: number): SOp<number> => typed(node.constantNode(value));

/** `number` for 3, `string` for "a": a literal's type. */
export type Widened<T> = T extends number ? number : T extends string ? string : T extends boolean ? boolean : T;

const atomOf = (value: Plain): Atom => (typeof value === "number" && Number.isInteger(value) ? BigInt(value) : value);

const isNode = (value: unknown): value is node.GraphNode => typeof value === "object" && value !== null;

const lift = (value: SOp | Plain): SOp => (isNode(value) ? value : node.constantNode(atomOf(value)));

/** A map node; of constants alone the value, as in the language. */
function apply<T>(fn: Elementwise, ...args: readonly (SOp | Plain)[]): SOp<T> {
  const sops = args.map(lift);
  const atoms = sops.map((sop) => (sop.kind === "constant" ? sop.value : undefined));
  const known = atoms.every((atom) => atom !== undefined);
  return (known ? node.constantNode(fn.apply(atoms)) : node.mapNode(fn, sops)) as SOp<T>;
}

type Numeric = (a: Lift<number>, b: Lift<number>) => SOp<number>;

/** `a + b`: of numbers the sum, of strings one behind the other. */
export function add(a: Lift<number>, b: Lift<number>): SOp<number>;
export function add(a: Lift<string>, b: Lift<string>): SOp<string>;
export function add(a: Lift<Value>, b: Lift<Value>): SOp<Value> {
  return apply(maps.arithmeticMap("+"), a, b);
}
/** `a - b` */
export const sub: Numeric = (a, b) => apply(maps.arithmeticMap("-"), a, b);
/** `a * b` */
export const mul: Numeric = (a, b) => apply(maps.arithmeticMap("*"), a, b);
/** `a / b`, always a float */
export const div: Numeric = (a, b) => apply(maps.arithmeticMap("/"), a, b);
/** `a % b`, with the sign of `b` */
export const mod: Numeric = (a, b) => apply(maps.arithmeticMap("%"), a, b);
/** `a ^ b`, the power */
export const pow: Numeric = (a, b) => apply(maps.arithmeticMap("^"), a, b);
/** `-a` */
export const neg = (a: Lift<number>): SOp<number> => apply(maps.unaryMap("-"), a);
/** The nearest int, halves to the even one. */
export const round = (a: Lift<number>): SOp<number> => apply(maps.unaryMap("round"), a);
/** 1 where `a` is true, else 0. */
export const indicator = (a: SOp): SOp<number> => apply(maps.indicatorMap, a);

/** A comparison, for `select` or between two s-ops. */
export interface Compare {
  (a: Lift<number>, b: Lift<number>): SOp<boolean>;
  (a: Lift<string>, b: Lift<string>): SOp<boolean>;
  (a: Lift<boolean>, b: Lift<boolean>): SOp<boolean>;
  /** As text writes it. */
  readonly op: Comparison;
}

const compare = (op: Comparison): Compare =>
  Object.assign((a: Lift<Value>, b: Lift<Value>) => apply<boolean>(maps.comparisonMap(op), a, b), { op });

/** `==` */
export const eq: Compare = compare("==");
/** `!=`: in text only inside `select`; between s-ops it is `not (a == b)`. */
export const ne: Compare = Object.assign(
  (a: Lift<Value>, b: Lift<Value>) => apply<boolean>(maps.notMap, apply(maps.comparisonMap("=="), a, b)),
  { op: "!=" as const },
);
/** `<` */
export const lt: Compare = compare("<");
/** `<=` */
export const le: Compare = compare("<=");
/** `>` */
export const gt: Compare = compare(">");
/** `>=` */
export const ge: Compare = compare(">=");

/** Row q selects position k where `keys[k] op queries[q]`. */
export function select(keys: Lift<number>, queries: Lift<number>, compare: Compare): Selector;
export function select(keys: Lift<string>, queries: Lift<string>, compare: Compare): Selector;
export function select(keys: Lift<boolean>, queries: Lift<boolean>, compare: Compare): Selector;
export function select(keys: Lift<Value>, queries: Lift<Value>, { op }: Compare): Selector {
  return node.selectNode(lift(keys), lift(queries), op);
}

/** Both: of two selectors the cells of both, of two s-ops the positions where both are true. */
export function and(a: Selector, b: Selector): Selector;
export function and(a: Lift<boolean>, b: Lift<boolean>): SOp<boolean>;
export function and(a: Selector | Lift<boolean>, b: Selector | Lift<boolean>): Selector | SOp<boolean> {
  return isSelector(a)
    ? node.selectorPairNode("and", a, b as Selector)
    : apply<boolean>(maps.andMap, a, b as Lift<boolean>);
}

/** Either, of selectors or s-ops. */
export function or(a: Selector, b: Selector): Selector;
export function or(a: Lift<boolean>, b: Lift<boolean>): SOp<boolean>;
export function or(a: Selector | Lift<boolean>, b: Selector | Lift<boolean>): Selector | SOp<boolean> {
  return isSelector(a)
    ? node.selectorPairNode("or", a, b as Selector)
    : apply<boolean>(maps.orMap, a, b as Lift<boolean>);
}

/** The opposite, of a selector or an s-op. */
export function not(a: Selector): Selector;
export function not(a: Lift<boolean>): SOp<boolean>;
export function not(a: Selector | Lift<boolean>): Selector | SOp<boolean> {
  return isSelector(a) ? node.selectorNotNode(a) : apply<boolean>(maps.notMap, a);
}

const isSelector = (value: Selector | Lift<Value>): value is Selector => isNode(value) && node.isSelector(value);

/** Of what a row selects, the one position with the highest score; of equal scores the earliest. */
export const best = (selector: Selector, score: Lift<number>): Selector => node.bestNode(selector, lift(score));

/**
 * The mean of what each row selects; one selected value stays as it is, of any type. A row that selects nothing gives
 * `otherwise`, the int 0 if absent, which does not stand among strings.
 */
export const aggregate = <T extends Value>(
  selector: Selector,
  value: Lift<T>,
  otherwise?: NoInfer<Widened<T>>,
): SOp<Widened<T>> =>
  node.aggregateNode(selector, lift(value as SOp | Plain), otherwise === undefined ? 0n : atomOf(otherwise)) as SOp<
    Widened<T>
  >;

/** `then` where the condition is true, else `otherwise`. */
export const ifElse = <T extends Value>(
  condition: SOp<boolean>,
  then: Lift<T>,
  otherwise: Lift<NoInfer<Widened<T>>>,
): SOp<Widened<T>> => apply(maps.ternaryMap, condition, then as SOp | Plain, otherwise as SOp | Plain);

/** Where the value is one of a list. */
export const oneOf = <T extends Value>(value: SOp<T>, list: readonly NoInfer<Widened<T>>[]): SOp<boolean> =>
  apply(maps.memberMap(list.map(atomOf)), value);

const everything = select(1, 1, eq);

/** The number of positions: one head. */
export const length: SOp<number> = round(div(1, aggregate(everything, indicator(eq(indices, 0)))));

/** How many positions each row selects: two heads, for any input. */
export function selectorWidth(selector: Selector): SOp<number> {
  const first = select(indices, 0, eq);
  const isFirst = indicator(eq(indices, 0));
  const withFirst = round(div(1, aggregate(or(selector, first), isFirst)));
  return add(sub(withFirst, 1), indicator(gt(aggregate(and(selector, first), isFirst), 0)));
}

/** The values of s-ops as a TypeScript function takes them. */
type Arguments<T extends readonly unknown[]> = { readonly [K in keyof T]: SOp<T[K]> };

let functions = 0;

/**
 * Any function of TypeScript at each position alone. It must depend on its arguments only. Ints beyond 2 ** 53 come as bigints, which
 * the type does not say. Such an s-op evaluates, counts and compiles, but has no text (`printRasp`).
 */
export function map<A extends readonly Value[], R extends Value>(
  fn: (...values: A) => R,
  ...sops: Arguments<A>
): SOp<Widened<R>> {
  const name = fn.name === "" ? "function" : fn.name;
  const elementwise: Elementwise = {
    name,
    key: `TypeScript ${functions++} ${name}`,
    apply: (atoms) => atomOf(fn(...(atoms.map(plainAtom) as unknown as A))),
  };
  return node.mapNode(elementwise, sops as readonly SOp[]) as SOp<Widened<R>>;
}
