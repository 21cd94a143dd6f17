/**
 * The s-op graph from TypeScript: the same nodes as from text, with types for the values at each position.
 *
 * ```ts
 * const flip = select(indices, sub(sub(length, 1), indices), eq);
 * const reverse = aggregate(flip, tokens); // SOp<string>
 * ```
 *
 * A plain value can be given wherever an s-op is: it is the same at every position. Whole numbers are ints, others floats. Values
 * are Python's, as in the language, and so are the errors, which are thrown when an input is evaluated.
 *
 * The combinators add `null`, the absence of a value, which text cannot write: it can be the `otherwise` of `aggregate` or the
 * result of a `map`. A function of null is null, except `isNull`, and `ifElse` where null is not chosen. Null is an error in the keys
 * or queries of a `select`, in the scores of `best`, and among several values whose mean is taken.
 */
import { checks } from "@selectron/core";
import type { Comparison } from "./atom/atom.js";
import { atomOfPlain, plainAtom, type Plain } from "./atom/plain.js";
import { describeAtom } from "./atom/text.js";
import { errors } from "./diagnostic.js";
import * as maps from "./graph/elementwise.js";
import * as node from "./graph/node.js";
import type { Elementwise, Selector, SOp } from "./graph/node.js";
import type { NoInfer, Widened } from "./inference.js";

export type { Widened } from "./inference.js";

/** A value at a position, as TypeScript sees it, apart from null. */
export type TokenValue = number | boolean | string;

/** An s-op, or one value for every position. */
export type Lift<T> = SOp<T> | T | (T extends number ? bigint : never);

/** Types the values of a node, which only its maker knows. */
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
export const tokensAsIs: SOp<TokenValue> = typed(node.tokensNode("asis"));
/** 0, 1, 2, … */
export const indices: SOp<number> = typed(node.indicesNode());

/** The same value at every position: whole numbers are ints. */
export function constant(value: bigint): SOp<number>;
export function constant<T extends TokenValue | null>(value: T): SOp<Widened<T>>;
export function constant(value: Plain): SOp {
  return node.constantNode(atomOfPlain(value));
}

/** A number that stays a float even if it is whole. */
export const float = (value: number): SOp<number> => typed(node.constantNode(value));

const isNode = (value: unknown): value is node.GraphNode => typeof value === "object" && value !== null;

function lift(value: SOp | Plain): SOp {
  if (!isNode(value)) return node.constantNode(atomOfPlain(value));
  node.checkNode("a combinator", value);
  if (!node.isSelector(value)) return value;
  throw new TypeError(
    "a combinator: a selector was given where an s-op belongs; aggregate(selector, values) makes one of it.",
  );
}

/** A map node; of constants alone the value, as in the language. */
function apply<T>(fn: Elementwise, ...args: readonly (SOp | Plain)[]): SOp<T> {
  const sops = args.map(lift);
  const atoms = sops.map((sop) => (sop.kind === "constant" ? sop.value : undefined));
  const known = atoms.every((atom) => atom !== undefined);
  return (known ? node.constantNode(maps.applyMap(fn, atoms)) : node.mapNode(fn, sops)) as SOp<T>;
}

/** An s-op that may be null at some positions, or one value. */
export type Maybe<T> = Lift<T | null>;

/** A function of two numbers at each position; it can be null where an argument can. */
export interface Numeric {
  (a: Lift<number>, b: Lift<number>): SOp<number>;
  (a: Maybe<number>, b: Maybe<number>): SOp<number | null>;
}
/** A function of one number at each position; of null it gives null. */
export interface NumericOfOne {
  (a: Lift<number>): SOp<number>;
  (a: Maybe<number>): SOp<number | null>;
}

/** `a + b`: the sum of numbers, or strings joined. */
export function add(a: Lift<number>, b: Lift<number>): SOp<number>;
export function add(a: Lift<string>, b: Lift<string>): SOp<string>;
export function add(a: Maybe<number>, b: Maybe<number>): SOp<number | null>;
export function add(a: Maybe<string>, b: Maybe<string>): SOp<string | null>;
export function add(a: Maybe<TokenValue>, b: Maybe<TokenValue>): SOp<TokenValue | null> {
  return apply(maps.arithmeticMap("+"), a, b);
}
/** `a - b` */
export const sub: Numeric = (a: Maybe<number>, b: Maybe<number>) => apply<never>(maps.arithmeticMap("-"), a, b);
/** `a * b` */
export const mul: Numeric = (a: Maybe<number>, b: Maybe<number>) => apply<never>(maps.arithmeticMap("*"), a, b);
/** `a / b`, always a float */
export const div: Numeric = (a: Maybe<number>, b: Maybe<number>) => apply<never>(maps.arithmeticMap("/"), a, b);
/** `a % b`, with the sign of `b` */
export const mod: Numeric = (a: Maybe<number>, b: Maybe<number>) => apply<never>(maps.arithmeticMap("%"), a, b);
/** `a ^ b`, the power */
export const pow: Numeric = (a: Maybe<number>, b: Maybe<number>) => apply<never>(maps.arithmeticMap("^"), a, b);
/** `-a` */
export const neg: NumericOfOne = (a: Maybe<number>) => apply<never>(maps.unaryMap("-"), a);
/** The nearest int, halves to the even one. */
export const round: NumericOfOne = (a: Maybe<number>) => apply<never>(maps.unaryMap("round"), a);
/** 1 where `a` is true, 0 elsewhere. */
export const indicator = (a: SOp): SOp<number> => apply(maps.indicatorMap, a);

/** A comparison, for `select` or between two s-ops. */
export interface Compare {
  (a: Lift<number>, b: Lift<number>): SOp<boolean>;
  (a: Lift<string>, b: Lift<string>): SOp<boolean>;
  (a: Lift<boolean>, b: Lift<boolean>): SOp<boolean>;
  (a: Maybe<number>, b: Maybe<number>): SOp<boolean | null>;
  (a: Maybe<string>, b: Maybe<string>): SOp<boolean | null>;
  (a: Maybe<boolean>, b: Maybe<boolean>): SOp<boolean | null>;
  /** The operator as RASP text writes it. */
  readonly op: Comparison;
}

const compare = (op: Comparison): Compare =>
  Object.assign((a: Maybe<TokenValue>, b: Maybe<TokenValue>) => apply<never>(maps.comparisonMap(op), a, b), { op });

/** `==` */
export const eq: Compare = compare("==");
/** `!=`: in text only inside `select`; between s-ops it is `not (a == b)`. */
export const ne: Compare = Object.assign(
  (a: Maybe<TokenValue>, b: Maybe<TokenValue>) => apply<never>(maps.notMap, apply(maps.comparisonMap("=="), a, b)),
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

const COMPARISONS: ReadonlySet<Comparison> = new Set([eq, ne, lt, le, gt, ge].map(({ op }) => op));

/** Row q selects position k where `keys[k] op queries[q]`. Evaluation throws where a key or a query is null. */
export function select(keys: Maybe<number>, queries: Maybe<number>, compare: Compare): Selector;
export function select(keys: Maybe<string>, queries: Maybe<string>, compare: Compare): Selector;
export function select(keys: Maybe<boolean>, queries: Maybe<boolean>, compare: Compare): Selector;
export function select(keys: Maybe<TokenValue>, queries: Maybe<TokenValue>, compare: Compare): Selector {
  const op = (compare as Compare | undefined)?.op;
  if (op === undefined || !COMPARISONS.has(op)) {
    throw new TypeError(
      "select: the third argument must be one of the comparisons eq, ne, lt, le, gt and ge, as in select(tokens, tokens, eq); " +
        "a function of your own has no weights.",
    );
  }
  return node.selectNode(lift(keys), lift(queries), op);
}

/** A boolean at each position, or null. */
export type Truth = Maybe<boolean>;

/** The cells that both selectors select, or the positions at which both s-ops are true. */
export function and(a: Selector, b: Selector): Selector;
export function and(a: Lift<boolean>, b: Lift<boolean>): SOp<boolean>;
export function and(a: Truth, b: Truth): SOp<boolean | null>;
export function and(a: Selector | Truth, b: Selector | Truth): Selector | SOp<boolean | null> {
  if (isSelector(a)) node.checkSelector("and", b as Selector);
  return isSelector(a) ? node.selectorPairNode("and", a, b as Selector) : apply<never>(maps.andMap, a, b as Truth);
}

/** The cells that either selector selects, or the positions at which either s-op is true. */
export function or(a: Selector, b: Selector): Selector;
export function or(a: Lift<boolean>, b: Lift<boolean>): SOp<boolean>;
export function or(a: Truth, b: Truth): SOp<boolean | null>;
export function or(a: Selector | Truth, b: Selector | Truth): Selector | SOp<boolean | null> {
  if (isSelector(a)) node.checkSelector("or", b as Selector);
  return isSelector(a) ? node.selectorPairNode("or", a, b as Selector) : apply<never>(maps.orMap, a, b as Truth);
}

/** The cells that a selector does not select, or the positions at which an s-op is false. */
export function not(a: Selector): Selector;
export function not(a: Lift<boolean>): SOp<boolean>;
export function not(a: Truth): SOp<boolean | null>;
export function not(a: Selector | Truth): Selector | SOp<boolean | null> {
  return isSelector(a) ? node.selectorNotNode(a) : apply<never>(maps.notMap, a);
}

const isSelector = (value: Selector | Maybe<TokenValue>): value is Selector => isNode(value) && node.isSelector(value);

/** In each row, the selected position with the highest score; of equal scores the earliest. */
export function best(selector: Selector, score: Lift<number>): Selector {
  node.checkSelector("best", selector);
  return node.bestNode(selector, lift(score));
}

/**
 * The mean of the values that each row selects; a single selected value is kept as it is, of any type. A row that selects nothing
 * gives `otherwise`, the int 0 if absent. That cannot be mixed with strings; null can be mixed with every type.
 */
export function aggregate<T extends TokenValue | null>(
  selector: Selector,
  value: Lift<T>,
  otherwise?: NoInfer<Widened<T>>,
): SOp<Widened<T>>;
export function aggregate<T extends TokenValue | null>(
  selector: Selector,
  value: Lift<T>,
  otherwise: null,
): SOp<Widened<T> | null>;
export function aggregate(selector: Selector, value: SOp | Plain, otherwise: Plain = 0): SOp {
  node.checkSelector("aggregate", selector);
  return node.aggregateNode(selector, lift(value), atomOfPlain(otherwise));
}

/** `then` where the condition is true, `otherwise` elsewhere. */
export function ifElse<T extends TokenValue>(
  condition: SOp<boolean>,
  then: Lift<T>,
  otherwise: Lift<NoInfer<Widened<T>>>,
): SOp<Widened<T>>;
export function ifElse<T extends TokenValue>(
  condition: Truth,
  then: Maybe<T>,
  otherwise: Maybe<NoInfer<Widened<T>>>,
): SOp<Widened<T> | null>;
export function ifElse(condition: SOp | Plain, then: SOp | Plain, otherwise: SOp | Plain): SOp {
  return apply(maps.ternaryMap, condition, then, otherwise);
}

/** Whether the value is null. */
export const isNull = (value: SOp): SOp<boolean> => apply(maps.isNullMap, value);

/** Whether the value is in a list. */
export const oneOf = <T extends TokenValue>(value: SOp<T>, list: readonly NoInfer<Widened<T>>[]): SOp<boolean> =>
  apply(maps.memberMap(list.map(atomOfPlain)), value);

const everything = select(1, 1, eq);

/** The number of positions: one head. */
export const length: SOp<number> = round(div(1, aggregate(everything, indicator(eq(indices, 0)))));

/** How many positions each row selects. Costs two heads. */
export function selectorWidth(selector: Selector): SOp<number> {
  node.checkSelector("selectorWidth", selector);
  const first = select(indices, 0, eq);
  const isFirst = indicator(eq(indices, 0));
  const withFirst = round(div(1, aggregate(or(selector, first), isFirst)));
  return add(sub(withFirst, 1), indicator(gt(aggregate(and(selector, first), isFirst), 0)));
}

/** The s-ops whose values a TypeScript function takes. */
export type Arguments<T extends readonly unknown[]> = { readonly [K in keyof T]: SOp<T[K]> };
/** The same where values may be null. */
export type MaybeArguments<T extends readonly unknown[]> = { readonly [K in keyof T]: SOp<T[K] | null> };

const aFunctionOfValues = checks.aFunction("a function of values, as in map((x) => 2 * x, tokensInt)");

let functions = 0;

/**
 * A TypeScript function applied at each position. It must depend on its arguments only. Where an argument is null it is not called, and
 * the result is null; where it throws, evaluation throws. Ints beyond 2 ** 53 are passed as bigints, though the type says number. Such
 * an s-op can be evaluated, counted and compiled, but `printRasp` has no text for it.
 */
export function map<A extends readonly TokenValue[], R extends TokenValue | null>(
  fn: (...values: A) => R,
  ...sops: Arguments<A>
): SOp<Widened<R>>;
export function map<A extends readonly TokenValue[], R extends TokenValue | null>(
  fn: (...values: A) => R,
  ...sops: MaybeArguments<A>
): SOp<Widened<R> | null>;
export function map<A extends readonly TokenValue[], R extends TokenValue | null>(
  fn: (...values: A) => R,
  ...sops: MaybeArguments<A>
): SOp<Widened<R> | null> {
  checks.check("map: the first argument", fn, aFunctionOfValues);
  const name = fn.name === "" ? "function" : fn.name;
  const elementwise: Elementwise = {
    name,
    key: `TypeScript ${functions++} ${name}`,
    seesTypes: true,
    apply: (atoms) => {
      try {
        return atomOfPlain(fn(...(atoms.map(plainAtom) as unknown as A)));
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw errors.operandType(`${name} has no value at ${atoms.map(describeAtom).join(", ")}: ${reason}`);
      }
    },
  };
  return node.mapNode(elementwise, sops as readonly SOp[]) as SOp<Widened<R>>;
}
