/**
 * Random well-typed RASP expressions as source text. They shrink to smaller expressions of the same type, so that a failure
 * reads like a program. Numbers are kept small: what is tested is how things combine, not how large sets get.
 */
import fc from "fast-check";

type Types = {
  int: string;
  number: string;
  bool: string;
  text: string;
  selector: string;
};

const comparison = fc.constantFrom("==", "<", "<=", ">", ">=");
const selectComparison = fc.constantFrom("==", "!=", "<", "<=", ">", ">=");
const smallInt = fc.integer({ min: 0, max: 3 }).map(String);
const letter = fc.constantFrom("a", "b", "c").map((l) => `"${l}"`);

const list = (...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string[]> => fc.tuple(...parts);

/** Expressions over the tokens a, b and c. */
export const expressions = fc.letrec<Types>((tie) => {
  const { int, number, bool, text, selector } = {
    int: tie("int"),
    number: tie("number"),
    bool: tie("bool"),
    text: tie("text"),
    selector: tie("selector"),
  };
  const depth = { depthSize: 0.6, maxDepth: 4 } as const;
  return {
    int: fc.oneof(
      depth,
      fc.constant("indices"),
      smallInt,
      fc.constant("length"),
      list(int, fc.constantFrom("+", "-"), int).map(([a, op, b]) => `(${a} ${op} ${b})`),
      list(int, fc.integer({ min: 2, max: 3 }).map(String)).map(([a, k]) => `(${a} % ${k})`),
      list(fc.constantFrom("max", "min"), int, int).map(([f, a, b]) => `${f}(${a}, ${b})`),
      bool.map((b) => `indicator(${b})`),
      selector.map((s) => `selector_width(${s})`),
      number.map((x) => `round(${x})`),
      list(int, bool, int).map(([a, c, b]) => `(${a} if ${c} else ${b})`),
      list(letter).map(([l]) => `count(tokens, ${l})`),
    ),
    number: fc.oneof(
      depth,
      int,
      list(selector, int, fc.constantFrom("0", "1", "0.5", "-2")).map(([s, v, d]) => `aggregate(${s}, ${v}, ${d})`),
      list(number, fc.constantFrom("2", "4")).map(([x, k]) => `(${x} / ${k})`),
    ),
    bool: fc.oneof(
      depth,
      list(text, fc.constantFrom("==", "<"), letter).map(([a, op, b]) => `(${a} ${op} ${b})`),
      list(number, comparison, number).map(([a, op, b]) => `(${a} ${op} ${b})`),
      bool.map((b) => `(not (${b}))`),
      list(bool, fc.constantFrom("and", "or"), bool).map(([a, op, b]) => `(${a} ${op} ${b})`),
      selector.map((s) => `has_focus(${s})`),
      letter.map((l) => `contains(tokens, ${l})`),
      text.map((t) => `(${t} in ["a", "z"])`),
    ),
    text: fc.oneof(
      depth,
      fc.constant("tokens"),
      list(letter, bool, text).map(([l, c, t]) => `(${l} if ${c} else ${t})`),
      list(text, int).map(([t, at]) => `aggregate(select(indices, ${at}, ==), ${t}, "z")`),
      list(text, fc.constantFrom("1", "-1")).map(([t, by]) => `shift(${t}, ${by}, "z")`),
    ),
    selector: fc.oneof(
      depth,
      fc.constant("full_s"),
      list(int, int, selectComparison).map(([k, q, op]) => `select(${k}, ${q}, ${op})`),
      list(text, text, selectComparison).map(([k, q, op]) => `select(${k}, ${q}, ${op})`),
      list(bool, bool, fc.constantFrom("==", "!=")).map(([k, q, op]) => `select(${k}, ${q}, ${op})`),
      selector.map((s) => `(not ${s})`),
      list(selector, fc.constantFrom("and", "or"), selector).map(([a, op, b]) => `(${a} ${op} ${b})`),
      list(selector, number).map(([s, score]) => `best(${s}, ${score})`),
    ),
  };
});

/** An s-op of any type. */
export const sopSource = fc.oneof(expressions.int, expressions.number, expressions.bool, expressions.text);
