/** The counts that finite automata keep: symbols so far, and equal symbols in a row, modulo a small number. As s-ops of plain RASP. */
import { literal } from "../../../language/text/print.js";
import { FEW_SYMBOLS, type Task } from "../data/task.js";
import { cached, type Names, type Variable } from "./variable.js";

const SO_FAR = "select(indices, indices, <=)";
const LAST_OTHER = `best(select(tokens, tokens, !=) and ${SO_FAR}, indices)`;

/** The counts that tasks with few symbols may need. */
export function countVariables({ vocabulary, special }: Task): Variable[] {
  if (vocabulary.length > FEW_SYMBOLS) return [];
  const symbols = vocabulary.flatMap((token, id) => (special.has(id) ? [] : [{ token: literal(token), id }]));
  const countText = (names: Names, { token, id }: (typeof symbols)[number]): string =>
    names.definition(`count_${id}`, `selector_width(select(tokens, ${token}, ==) and ${SO_FAR})`);
  const pairs = symbols.length > 3 ? [] : symbols.flatMap((a, i) => symbols.slice(i + 1).map((b) => [a, b] as const));
  return [
    counter({ key: "run", k: 2, depth: 1, text: run, values: (ids) => runs(ids).map(({ length }) => length) }),
    counter({
      key: "previous run",
      k: 2,
      depth: 2,
      text: previousRun,
      values: (ids) => runs(ids).map(({ previous }) => previous),
    }),
    ...symbols.map((symbol) =>
      counter({
        key: `count of ${symbol.token}`,
        k: 2,
        depth: 1,
        text: (names) => countText(names, symbol),
        values: (ids) => cumulative(ids, (id) => +(id === symbol.id)),
      }),
    ),
    ...pairs.map(([a, b]) =>
      counter({
        key: `count of ${a.token} less count of ${b.token}`,
        k: 3,
        depth: 1,
        text: (names) => `(${countText(names, a)} - ${countText(names, b)})`,
        values: (ids) => cumulative(ids, (id) => +(id === a.id) - +(id === b.id)),
      }),
    ),
  ];
}

/** A whole number at each position, of which the remainder modulo k matters. */
interface Counter {
  readonly key: string;
  readonly k: number;
  readonly depth: number;
  readonly text: (names: Names) => string;
  readonly values: (ids: readonly number[]) => readonly number[];
}

/** A counter's remainder, one-hot. */
const counter = ({ key, k, depth, text, values }: Counter): Variable => ({
  key: `${key} % ${k}`,
  basis: Array.from({ length: k }, (_, i) => String(i)),
  ofTokens: false,
  depth,
  text: (names) => `${text(names)} % ${k}`,
  reads: [],
  isInline: true,
  pattern: undefined,
  function: `${key} % ${k}`,
  values: cached(`${key} % ${k}`, ({ ids }) => {
    const data = new Float32Array(ids.length * k);
    values(ids).forEach((value, i) => (data[i * k + (((value % k) + k) % k)] = 1));
    return data;
  }),
});

/** The number of equal tokens in a row up to here; one less in the first run of all. */
const run = (names: Names): string =>
  names.definition("run", `indices - ${names.definition("other", `aggregate(${LAST_OTHER}, indices)`)}`);

/** The length of the run before the one that the token is in. */
const previousRun = (names: Names): string => names.definition("run_before", `aggregate(${LAST_OTHER}, ${run(names)})`);

/** The lengths of a token's run up to here and of the run before, by the definitions of `run` and `previousRun`. */
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

function cumulative(ids: readonly number[], each: (id: number) => number): number[] {
  let sum = 0;
  return ids.map((id) => (sum += each(id)));
}
