/** Readouts as JSON, for the memo of a search. */
import type { Json } from "../../../language/text/value-json.js";
import type { Task } from "../data/task.js";
import type { Variable } from "../variables/variable.js";
import { Readout } from "./readout.js";

/** The numbers that are not 0, each after its index. */
const sparse = (values: Float64Array): Json => [...values].flatMap((value, at) => (value === 0 ? [] : [at, value]));

function dense(json: Json, size: number): Float64Array {
  const out = new Float64Array(size);
  const list = json as readonly number[];
  for (let at = 0; at < list.length; at += 2) out[list[at]!] = list[at + 1]!;
  return out;
}

/** A readout's numbers, without its variables. */
export const readoutJson = ({ projections, constant, divergence }: Readout): Json => ({
  constant: sparse(constant),
  divergence,
  terms: projections.map(({ identity, successor, table }) => ({ identity, successor, table: sparse(table) })),
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
