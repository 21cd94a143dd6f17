/** What a search keeps, so that one that was killed goes on where it stopped: fits by what was fitted. */
import type { Json } from "../../../language/text/value-json.js";
import { Readout } from "../readout/readout.js";
import type { Task } from "../data/task.js";
import type { Variable } from "../variables/variable.js";

/** A place that outlives the process. */
export interface Memo {
  /** What was kept under a key. */
  readonly recall: (key: string) => Json | undefined;
  readonly keep: (key: string, value: Json) => void;
}

/** The value under a key, computed and kept where there is none. */
export function remembered(memo: Memo | undefined, key: string, compute: () => Json): Json {
  const known = memo?.recall(key);
  if (known !== undefined) return known;
  const value = compute();
  memo?.keep(key, value);
  return value;
}

/** Numbers that are not 0, with their places. */
const sparse = (values: Float64Array): Json => [...values].flatMap((value, at) => (value === 0 ? [] : [at, value]));

function dense(json: Json, size: number): Float64Array {
  const out = new Float64Array(size);
  const list = json as readonly number[];
  for (let at = 0; at < list.length; at += 2) out[list[at]!] = list[at + 1]!;
  return out;
}

/** A readout's numbers. */
export const readoutJson = ({ terms, constant, divergence }: Readout): Json => ({
  constant: sparse(constant),
  divergence,
  terms: terms.map(({ identity, successor, table }) => ({ identity, successor, table: sparse(table) })),
});

/** The readout of these variables that `readoutJson` wrote. */
export function readoutOf(json: Json, task: Task, variables: readonly Variable[]): Readout {
  const { constant, divergence, terms } = json as {
    constant: Json;
    divergence: number;
    terms: readonly { identity: number; successor: number; table: Json }[];
  };
  const width = task.vocabulary.length;
  return new Readout(
    task,
    variables.map((variable, v) => {
      const { identity, successor, table } = terms[v]!;
      return { variable, identity, successor, table: dense(table, variable.basis.length * width) };
    }),
    dense(constant, width),
    divergence,
  );
}
