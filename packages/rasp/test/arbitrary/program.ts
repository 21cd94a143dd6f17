/**
 * Random well-typed RASP expressions as source text. They shrink to smaller expressions of the same type, so a failure reads like a
 * program. Numbers are small, since the tests are about combinations, not about large sets of values.
 */
import fc from "fast-check";
import type { Atom } from "../../src/index.js";

type Types = {
  int: string;
  number: string;
  bool: string;
  text: string;
  selector: string;
};

/** Input elements, as inputs and as program text. */
export interface Alphabet {
  readonly vocabulary: readonly Atom[];
  /** The tokens as RASP literals. */
  readonly letters: readonly string[];
  /** Whether the tokens can also be read as numbers. */
  readonly numeric: boolean;
  /** Names of s-ops that the program has set, by their types. */
  readonly names?: Partial<Record<"int" | "number" | "bool" | "text", readonly string[]>>;
}

export const LETTERS: Alphabet = { vocabulary: ["a", "b", "c"], letters: ["a", "b", "c"], numeric: false };
export const NUMBERS: Alphabet = { vocabulary: [0n, 1n, 2.5], letters: ["0", "1", "2.5"], numeric: true };
export const BOOLS: Alphabet = { vocabulary: [false, true], letters: ["False", "True"], numeric: true };
/** Words and numbers of both signs in one vocabulary. Reading them as numbers fails for the words. */
export const DIGITS: Alphabet = { vocabulary: ["-1", "0", "2"], letters: ["-1", "0", "2"], numeric: true };

const comparison = fc.constantFrom("==", "<", "<=", ">", ">=");
const selectComparison = fc.constantFrom("==", "!=", "<", "<=", ">", ">=");
const smallInt = fc.integer({ min: 0, max: 3 }).map(String);

const list = (...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string[]> => fc.tuple(...parts);

/**
 * Expressions over an alphabet.
 *
 * Long: the grammar, a rule after the other.
 */
export const expressionsOver = ({ letters, numeric, names = {} }: Alphabet): fc.LetrecValue<Types> =>
  fc.letrec<Types>((tie) => {
    const letter = fc.constantFrom(...letters).map((l) => `"${l}"`);
    const ofNumbers = (...texts: string[]): fc.Arbitrary<string>[] =>
      numeric ? texts.map((text) => fc.constant(text)) : [];
    const named = (type: keyof typeof names): fc.Arbitrary<string>[] =>
      (names[type] ?? []).map((name) => fc.constant(name));
    const { int, number, bool, text, selector } = {
      int: tie("int"),
      number: tie("number"),
      bool: tie("bool"),
      text: tie("text"),
      selector: tie("selector"),
    };
    const depth = { depthSize: 0.6, maxDepth: 4, withCrossShrink: true } as const;
    return {
      int: fc.oneof(
        depth,
        ...named("int"),
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
        ...ofNumbers("tokens_int"),
      ),
      number: fc.oneof(
        depth,
        ...named("number"),
        int,
        list(selector, int, fc.constantFrom("0", "1", "0.5", "-2")).map(([s, v, d]) => `aggregate(${s}, ${v}, ${d})`),
        list(number, fc.constantFrom("2", "4", "-3")).map(([x, k]) => `(${x} / ${k})`),
        list(number, bool, number).map(([a, c, b]) => `(${a} if ${c} else ${b})`),
        ...ofNumbers("tokens_float"),
      ),
      bool: fc.oneof(
        depth,
        ...named("bool"),
        list(text, fc.constantFrom("==", "<"), letter).map(([a, op, b]) => `(${a} ${op} ${b})`),
        list(number, comparison, number).map(([a, op, b]) => `(${a} ${op} ${b})`),
        bool.map((b) => `(not (${b}))`),
        list(bool, fc.constantFrom("and", "or"), bool).map(([a, op, b]) => `(${a} ${op} ${b})`),
        selector.map((s) => `has_focus(${s})`),
        letter.map((l) => `contains(tokens, ${l})`),
        list(text, letter).map(([t, l]) => `(${t} in [${l}, "z"])`),
        list(int, bool).map(([at, b]) => `aggregate(select(indices, ${at}, ==), ${b}, False)`),
        ...ofNumbers("tokens_bool"),
      ),
      text: fc.oneof(
        depth,
        ...named("text"),
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
export const sopSourceOver = (alphabet: Alphabet): fc.Arbitrary<string> => {
  const { int, number, bool, text } = expressionsOver(alphabet);
  return fc.oneof(int, number, bool, text);
};

/** An s-op of any type, over the tokens a, b and c. */
export const expressions = expressionsOver(LETTERS);
export const sopSource = sopSourceOver(LETTERS);
