/**
 * Functions of the vectors at one position that feed-forward sublayers are found to compute, as s-ops and vectors of the language: those
 * primitives of Huang et al. 2026 (arXiv 2602.08857) that concern histograms. Each gives a one-hot vector, or shares.
 */
import { literal } from "../../../language/text/print.js";
import { FEW_SYMBOLS, type Task } from "../data/task.js";
import { cached, type Names, type Variable } from "./variable.js";

/** Smaller than one token's share in the longest sequences, larger than a share that is 0 but for rounding. */
const NEARLY = 0.003;
/** Differences of shares are rounded to multiples of an eighth. */
const STEPS = 8;
/** The powers that histograms are sharpened by. */
const POWERS = [2, 5];

/**
 * The functions of a histogram of tokens, none of other variables: which of two tokens is more frequent, whether a token occurs, by how
 * much one is more frequent than another, the histogram sharpened, and its product with the token.
 */
export function elementwiseOf(task: Task, of: Variable): Variable[] {
  if (task.vocabulary.length > FEW_SYMBOLS || !of.ofTokens || of.depth === 0) return [];
  const ordinary = task.vocabulary.flatMap((token, id) => (task.special.has(id) ? [] : [{ id, name: literal(token) }]));
  const pairs = ordinary.flatMap((a, i) => ordinary.slice(i + 1).map((b) => [a, b] as const));
  return [
    ...pairs.map(([a, b]) => balance(of, a, b)),
    ...ordinary.map((token) => exists(of, token)),
    ...pairs.map(([a, b]) => difference(of, a, b)),
    ...POWERS.map((power) => sharpened(of, power)),
    combined(task, of),
  ];
}

interface Token {
  readonly id: number;
  /** As a RASP literal. */
  readonly name: string;
}

/** Which of two tokens has the larger share: -1, 0 or 1. */
const balance = (of: Variable, a: Token, b: Token): Variable =>
  oneHot(of, {
    name: `balance of ${a.name} and ${b.name}`,
    least: -1,
    most: 1,
    value: (share) => sign(share(a.id) - share(b.id)),
    text: (h) => {
      const difference = `${h}[${a.name}] - ${h}[${b.name}]`;
      return `indicator(${difference} > ${NEARLY}) - indicator(${difference} < -${NEARLY})`;
    },
  });

const exists = (of: Variable, { id, name }: Token): Variable =>
  oneHot(of, {
    name: `exists ${name}`,
    least: 0,
    most: 1,
    value: (share) => +(share(id) > NEARLY),
    text: (h) => `indicator(${h}[${name}] > ${NEARLY})`,
  });

const difference = (of: Variable, a: Token, b: Token): Variable =>
  oneHot(of, {
    name: `difference of ${a.name} and ${b.name}`,
    least: -STEPS,
    most: STEPS,
    value: (share) => round(STEPS * (share(a.id) - share(b.id))),
    text: (h) => `round(${STEPS} * (${h}[${a.name}] - ${h}[${b.name}]))`,
  });

const sign = (difference: number): number => +(difference > NEARLY) - +(difference < -NEARLY);

/** Halves go to the even number, as in the language. */
function round(x: number): number {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}

/** The key of a function of a variable. */
const keyOf = (of: Variable, name: string): string => `${name} in ${of.key}`;

const COMBINED = "combine with tokens";

const elementwise = (
  of: Variable,
  name: string,
  rest: Pick<Variable, "basis" | "ofTokens" | "text" | "values">,
): Variable => ({
  ...rest,
  key: keyOf(of, name),
  depth: of.depth,
  reads: [of],
  isInline: false,
  pattern: undefined,
  function: name,
});

/** A whole number from `least` to `most`, by the shares of the tokens. */
interface WholeNumber {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly value: (share: (id: number) => number) => number;
  /** @param histogram - the name of the histogram */
  readonly text: (histogram: string) => string;
}

function oneHot(of: Variable, { name, least, most, value, text }: WholeNumber): Variable {
  const width = most - least + 1;
  return elementwise(of, name, {
    basis: Array.from({ length: width }, (_, k) => String(least + k)),
    ofTokens: false,
    text: (names: Names) => text(names.variable(of)),
    values: cached(keyOf(of, name), (observed) => {
      const data = of.values(observed);
      const size = of.basis.length;
      const out = new Float32Array(observed.ids.length * width);
      observed.ids.forEach((_, i) => (out[i * width + value((id) => data[i * size + id]!) - least] = 1));
      return out;
    }),
  });
}

/** The shares to some power, divided by their sum. */
const sharpened = (of: Variable, power: number): Variable =>
  elementwise(of, `sharpen ${power}`, {
    basis: of.basis,
    ofTokens: true,
    text: (names) => `sharpen(${names.variable(of)}, ${power})`,
    values: cached(keyOf(of, `sharpen ${power}`), (observed) => {
      const size = of.basis.length;
      const out = of.values(observed).map((x) => {
        let product = x;
        for (let k = 1; k < power; k++) product *= x;
        return product;
      });
      for (let i = 0; i < out.length; i += size) {
        const row = out.subarray(i, i + size);
        const sum = row.reduce((total, x) => total + x, 0);
        if (sum > 0) row.forEach((x, c) => (row[c] = x / sum));
      }
      return out;
    }),
  });

/** All products of a component of one variable and one of another: a table of one for each component of the other. */
export function combine(a: Variable, b: Variable): Variable {
  const [rows, columns] = [a.basis.length, b.basis.length];
  const name = `combine ${a.key}`;
  const plain = (atom: string): string => atom.replace(/^"(.*)"$/, "$1");
  return {
    key: keyOf(b, name),
    basis: a.basis.flatMap((x) => b.basis.map((y) => literal(`${plain(x)},${plain(y)}`))),
    ofTokens: false,
    depth: Math.max(a.depth, b.depth),
    reads: [a, b],
    isInline: false,
    pattern: undefined,
    function: name,
    text: (names) => `combine(${names.variable(a)}, ${names.variable(b)})`,
    values: cached(keyOf(b, name), (observed) => {
      const [left, right] = [a.values(observed), b.values(observed)];
      const out = new Float32Array(observed.ids.length * rows * columns);
      observed.ids.forEach((_, i) => {
        for (let x = 0; x < rows; x++) {
          const value = left[i * rows + x]!;
          if (value === 0) continue;
          for (let y = 0; y < columns; y++) out[(i * rows + x) * columns + y] = value * right[i * columns + y]!;
        }
      });
      return out;
    }),
  };
}

/** All products with the token's one-hot vector, so that each token has a table of its own. */
function combined(task: Task, of: Variable): Variable {
  const [tokens, size] = [task.vocabulary.length, of.basis.length];
  return elementwise(of, COMBINED, {
    basis: task.vocabulary.flatMap((a) => task.vocabulary.map((b) => literal(`${a},${b}`))),
    ofTokens: false,
    text: (names) => `combine(tokens, ${names.variable(of)})`,
    values: cached(keyOf(of, COMBINED), (observed) => {
      const data = of.values(observed);
      const out = new Float32Array(observed.ids.length * tokens * size);
      observed.ids.forEach((id, i) => out.set(data.subarray(i * size, (i + 1) * size), (i * tokens + id) * size));
      return out;
    }),
  });
}
