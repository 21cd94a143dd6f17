/**
 * Functions of the vectors at one position that feed-forward sublayers are found to compute, as s-ops and vectors of the language: the
 * primitives of Huang et al. 2026 that say something of histograms. Of each the result is a one-hot vector, or shares.
 */
import { FEW_SYMBOLS, type Task } from "../data/task.js";
import { cached, tokenVariable, type Names, type Variable } from "./variable.js";

/** Less than one token's share in the longest sequences, more than rounding makes of 0. */
const NEARLY = 0.003;
/** Differences of shares are told apart to an eighth. */
const BINS = 8;

/** What can be asked of a histogram of tokens: who is there, who has more, by how much, and the same more sharply. */
export function elementwiseOf(task: Task, of: Variable): Variable[] {
  if (task.vocabulary.length > FEW_SYMBOLS || !of.ofTokens || of.depth === 0) return [];
  const ordinary = task.vocabulary.flatMap((token, id) =>
    task.special.has(id) ? [] : [{ id, name: JSON.stringify(token) }],
  );
  const pairs = ordinary.flatMap((a, i) => ordinary.slice(i + 1).map((b) => [a, b] as const));
  return [
    ...pairs.map(([a, b]) =>
      oneHot(
        of,
        `balance of ${a.name} and ${b.name}`,
        -1,
        1,
        (h) => sign(h(a.id) - h(b.id)),
        (h) => {
          const difference = `${h}[${a.name}] - ${h}[${b.name}]`;
          return `indicator(${difference} > ${NEARLY}) - indicator(${difference} < -${NEARLY})`;
        },
      ),
    ),
    ...ordinary.map(({ id, name }) =>
      oneHot(
        of,
        `exists ${name}`,
        0,
        1,
        (h) => +(h(id) > NEARLY),
        (h) => `indicator(${h}[${name}] > ${NEARLY})`,
      ),
    ),
    ...pairs.map(([a, b]) =>
      oneHot(
        of,
        `difference of ${a.name} and ${b.name}`,
        -BINS,
        BINS,
        (h) => round(BINS * (h(a.id) - h(b.id))),
        (h) => `round(${BINS} * (${h}[${a.name}] - ${h}[${b.name}]))`,
      ),
    ),
    ...[2, 5].map((power) => sharpened(of, power)),
    combined(task, of),
  ];
}

const sign = (difference: number): number => +(difference > NEARLY) - +(difference < -NEARLY);

/** Halves to the even number, as the language rounds. */
function round(x: number): number {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}

const elementwise = (
  of: Variable,
  what: string,
  rest: Pick<Variable, "basis" | "ofTokens" | "text" | "values">,
): Variable => ({
  ...rest,
  key: `${what} in ${of.key}`,
  depth: of.depth,
  reads: [of],
  isInline: false,
  pattern: undefined,
  function: what,
});

/** A whole number from `least` to `most` at each position. */
function oneHot(
  of: Variable,
  what: string,
  least: number,
  most: number,
  value: (component: (id: number) => number) => number,
  text: (name: string) => string,
): Variable {
  const width = most - least + 1;
  return elementwise(of, what, {
    basis: Array.from({ length: width }, (_, k) => String(least + k)),
    ofTokens: false,
    text: (names: Names) => text(names.variable(of)),
    values: cached((observed) => {
      const data = of.values(observed);
      const size = of.basis.length;
      const out = new Float32Array(observed.ids.length * width);
      observed.ids.forEach((_, i) => (out[i * width + value((id) => data[i * size + id]!) - least] = 1));
      return out;
    }),
  });
}

const sharpened = (of: Variable, power: number): Variable =>
  elementwise(of, `sharpen ${power}`, {
    basis: of.basis,
    ofTokens: true,
    text: (names) => `sharpen(${names.variable(of)}, ${power})`,
    values: cached((observed) => {
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

/** All products with the token's one-hot vector: a table of its own for each token. */
function combined(task: Task, of: Variable): Variable {
  const size = of.basis.length;
  return elementwise(of, "combine with tokens", {
    basis: task.vocabulary.flatMap((a) => task.vocabulary.map((b) => JSON.stringify(`${a},${b}`))),
    ofTokens: false,
    text: (names) => `combine(tokens, ${names.variable(of)})`,
    values: cached((observed) => {
      const data = of.values(observed);
      const own = tokenVariable(task).basis.length;
      const out = new Float32Array(observed.ids.length * own * size);
      observed.ids.forEach((id, i) => out.set(data.subarray(i * size, (i + 1) * size), (i * own + id) * size));
      return out;
    }),
  });
}
