/** What finite automata keep count of: symbols so far, and symbols in a row, modulo a small number. As s-ops of plain RASP. */
import { FEW_SYMBOLS, type Task } from "../data/task.js";
import { cached, type Names, type Variable } from "./variable.js";

const soFar = "select(indices, indices, <=)";

/** Of tasks with few symbols. */
export function countVariables({ vocabulary, special }: Task): Variable[] {
  if (vocabulary.length > FEW_SYMBOLS) return [];
  const symbols = vocabulary.flatMap((token, id) => (special.has(id) ? [] : [{ token, id }]));
  const count = (names: Names, { token, id }: (typeof symbols)[number]): string =>
    names.definition(`count_${id}`, `selector_width(select(tokens, ${JSON.stringify(token)}, ==) and ${soFar})`);
  const pairs = symbols.length > 3 ? [] : symbols.flatMap((a, i) => symbols.slice(i + 1).map((b) => [a, b] as const));
  return [
    counter(
      "run % 2",
      2,
      1,
      (names) => run(names),
      (ids) => runs(ids).map(({ length }) => length),
    ),
    counter(
      "previous run % 2",
      2,
      2,
      (names) => previousRun(names),
      (ids) => runs(ids).map(({ previous }) => previous),
    ),
    ...symbols.map((symbol) =>
      counter(
        `count of ${JSON.stringify(symbol.token)} % 2`,
        2,
        1,
        (names) => count(names, symbol),
        (ids) => soFarOf(ids, (id) => +(id === symbol.id)),
      ),
    ),
    ...pairs.map(([a, b]) =>
      counter(
        `count of ${JSON.stringify(a.token)} less count of ${JSON.stringify(b.token)} % 3`,
        3,
        1,
        (names) => `(${count(names, a)} - ${count(names, b)})`,
        (ids) => soFarOf(ids, (id) => +(id === a.id) - +(id === b.id)),
      ),
    ),
  ];
}

/** A whole number at each position, modulo k, one-hot. */
const counter = (
  name: string,
  k: number,
  depth: number,
  text: (names: Names) => string,
  values: (ids: readonly number[]) => readonly number[],
): Variable => ({
  key: name,
  basis: Array.from({ length: k }, (_, i) => String(i)),
  ofTokens: false,
  depth,
  text: (names) => `${text(names)} % ${k}`,
  reads: [],
  isInline: true,
  pattern: undefined,
  function: name,
  values: cached(({ ids }) => {
    const data = new Float32Array(ids.length * k);
    values(ids).forEach((value, i) => (data[i * k + (((value % k) + k) % k)] = 1));
    return data;
  }),
});

const lastOther = `best(select(tokens, tokens, !=) and ${soFar}, indices)`;

/** How many equal tokens stand in a row up to here; 0 for the first token of all. */
const run = (names: Names): string =>
  names.definition("run", `indices - ${names.definition("other", `aggregate(${lastOther}, indices)`)}`);

/** The same of the tokens before. */
const previousRun = (names: Names): string => names.definition("run_before", `aggregate(${lastOther}, ${run(names)})`);

/** The last token that differs, by its definition: its index, and how long its own run is. */
function runs(ids: readonly number[]): { readonly length: number; readonly previous: number }[] {
  const lengths: number[] = [];
  return ids.map((id, i) => {
    let other = i;
    while (other >= 0 && ids[other] === id) other--;
    const length = other < 0 ? i : i - other;
    lengths.push(length);
    return { length, previous: other < 0 ? 0 : lengths[other]! };
  });
}

function soFarOf(ids: readonly number[], each: (id: number) => number): number[] {
  let sum = 0;
  return ids.map((id) => (sum += each(id)));
}
