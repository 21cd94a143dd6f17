/**
 * The values that the states of a loop can have before any step: those they begin with, and what a step makes of such values, until
 * there are no new ones. The sets may be too large, never too small.
 */
import { atomKey } from "../../language/atom/compare.js";
import type { Atom, SOp } from "../../language/graph/node.js";
import { simplify } from "../normalize/simplify.js";
import { refuse } from "../refusal.js";
import { Domain } from "../values/domain.js";
import { joinedDependence, Table } from "../values/table.js";
import { distinctAtoms } from "../values/value-set.js";
import type { Work } from "../work.js";
import type { Kept, LoopedProgram } from "./parts.js";

/** At each position of each length. */
export type KeptValues = ReadonlyMap<SOp, Table<readonly Atom[]>>;

/** More values of a state are refused. */
const MOST_VALUES = 1024;

/** The values before the loop. */
export function firstValues({ kept }: LoopedProgram, domain: Domain): KeptValues {
  const { sops } = simplify(
    kept.map(({ first }) => first),
    domain,
  );
  return new Map(kept.map(({ node, first }) => [node, domain.table(sops.get(first)!).map(({ atoms }) => atoms)]));
}

/**
 * The values before any of the steps that there can be.
 *
 * @throws RaspError of class `compile` for a state with too many values
 */
export function keptValues(program: LoopedProgram, domain: Domain, makeWork: () => Work): KeptValues {
  let values = firstValues(program, domain);
  const changing = program.kept.filter(({ next }) => next !== undefined);
  // The layers are applied once more than there are steps: to find that all positions have halted.
  for (let step = 0; step <= program.loop.limit; step++) {
    const inside = domainOf(values, domain, makeWork());
    const { sops } = simplify(
      changing.map(({ next }) => next!),
      inside,
      undefined,
      program.given,
    );
    const after = changing.map(({ node, next }) => {
      const made = inside.table(sops.get(next!)!).map(({ atoms }) => atoms);
      return [node, union(values.get(node)!, made, domain)] as const;
    });
    if (after.every(([node, table]) => table === values.get(node))) return values;
    values = new Map([...values, ...after]);
    for (const kept of changing) checkCount(kept, values, step);
  }
  return values;
}

/** A domain to which these values are given. */
export const domainOf = (values: KeptValues, { vocabulary, maxLength, causal }: Domain, work: Work): Domain =>
  new Domain(vocabulary, maxLength, causal, { work, given: ({ origin }) => values.get(origin!)! });

/** Both tables together; the first one itself where the second adds nothing. */
function union(before: Table<readonly Atom[]>, made: Table<readonly Atom[]>, domain: Domain): Table<readonly Atom[]> {
  const known = new Map<string, readonly Atom[]>();
  let isNew = false;
  const dependence = joinedDependence([before.dependence, made.dependence]);
  const table = Table.of(dependence, domain, (n, i) => {
    const [old, more] = [before.at(n, i), made.at(n, i)];
    const keys = new Set(old.map(atomKey));
    if (more.every((atom) => keys.has(atomKey(atom)))) return interned(old, known);
    isNew = true;
    return interned(distinctAtoms([...old, ...more]), known);
  });
  return isNew ? table : before;
}

/** One list for equal lists, so that tables can be narrow. */
function interned(atoms: readonly Atom[], known: Map<string, readonly Atom[]>): readonly Atom[] {
  const key = atoms.map((atom) => `${typeof atom} ${atomKey(atom)}`).join(",");
  const same = known.get(key);
  if (same) return same;
  known.set(key, atoms);
  return atoms;
}

function checkCount({ node }: Kept, values: KeptValues, step: number): void {
  const count = distinctAtoms([...values.get(node)!.distinct].flat()).length;
  if (count <= MOST_VALUES) return;
  refuse(
    node,
    `this state can have ${count} values after ${step + 1} steps; a loop of layers holds ${MOST_VALUES}`,
    "take remainders (%), or bound it with min and max, so that it has few values",
  );
}
