/**
 * The values that the states of a loop can have before any step: those they begin with, and what a step makes of such values, until
 * there are no new ones. The sets may be too large, never too small.
 */
import { atomKey } from "../../language/atom/compare.js";
import { RaspError } from "../../language/diagnostic.js";
import type { Atom, SOp } from "../../language/graph/node.js";
import { simplify } from "../normalize/simplify.js";
import { refuse } from "../refusal.js";
import { Domain } from "../values/domain.js";
import { joinedDependence, Table } from "../values/table.js";
import { distinctAtoms } from "../values/value-set.js";
import type { Work } from "../work.js";
import { LEAST_LENGTH, longerTable } from "./longer.js";
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
 * The values before any of the steps that there can be. For long inputs they are guessed from those for short ones, which takes as many
 * steps as short inputs take: a guess that has the first values, and all that a step makes of what it has, is right.
 *
 * @throws RaspError of class `compile` for a state with too many values
 */
export function keptValues(program: LoopedProgram, domain: Domain, makeWork: () => Work): KeptValues {
  const { vocabulary, maxLength, causal } = domain;
  const first = firstValues(program, domain);
  for (let known = LEAST_LENGTH; known <= maxLength / 2; known *= 2) {
    const short = new Domain(vocabulary, known, causal, { work: makeWork() });
    const values = valuesByStep(program, firstValues(program, short), short, makeWork);
    const guess = longerValues(program, values, known, domain, first);
    if (guess && holds(program, guess, domain, makeWork())) return guess;
  }
  return valuesByStep(program, first, domain, makeWork);
}

/** The same values step by step, until there are no new ones: the plain way, which takes as many steps as the longest inputs do. */
export function valuesByStep(
  program: LoopedProgram,
  first: KeptValues,
  domain: Domain,
  makeWork: () => Work,
): KeptValues {
  let values = first;
  // The layers are applied once more than there are steps: to find that all positions have halted.
  for (let step = 0; step <= program.loop.limit; step++) {
    const after = withStep(program, values, domain, makeWork());
    if (after === values) return values;
    values = after;
    for (const kept of changing(program)) checkCount(kept, values, step);
  }
  return values;
}

/** The values, and what a step makes of them; the same ones where that is nothing new. */
function withStep(program: LoopedProgram, values: KeptValues, domain: Domain, work: Work): KeptValues {
  const inside = domainOf(values, domain, work);
  const steps = changing(program);
  const nexts = steps.map(({ next }) => next!);
  const { sops } = simplify(nexts, inside, undefined, program.given);
  const after = steps.map(({ node, next }) => {
    const made = inside.table(sops.get(next!)!).map(({ atoms }) => atoms);
    return [node, union(values.get(node)!, made, domain)] as const;
  });
  return after.every(([node, table]) => table === values.get(node)) ? values : new Map([...values, ...after]);
}

const changing = ({ kept }: LoopedProgram): readonly Kept[] => kept.filter(({ next }) => next !== undefined);

/** Values for all lengths by those up to the length `known`, with the first ones. */
function longerValues(
  program: LoopedProgram,
  values: KeptValues,
  known: number,
  domain: Domain,
  first: KeptValues,
): KeptValues | undefined {
  const longer = new Map(first);
  for (const { node } of changing(program)) {
    const table = longerTable(values.get(node)!, known, domain);
    if (!table) return undefined;
    longer.set(node, union(table, first.get(node)!, domain));
  }
  return longer;
}

/** Whether a step makes nothing of these values that they do not have. */
function holds(program: LoopedProgram, values: KeptValues, domain: Domain, work: Work): boolean {
  try {
    return withStep(program, values, domain, work) === values;
  } catch (error) {
    // A guess may have values that are none, and are too many.
    if (error instanceof RaspError) return false;
    throw error;
  }
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
  const atoms = distinctAtoms([...values.get(node)!.distinct].flat());
  const count = atoms.length;
  if (count <= MOST_VALUES) return;
  refuse(
    node,
    `this state can have ${count} values after ${step + 1} steps; a loop of layers holds ${MOST_VALUES}`,
    atoms.some((atom) => typeof atom === "string")
      ? "let it be one of a few strings, and put longer texts into positions: a string at each"
      : "take remainders (%), or bound it with min and max, so that it has few values",
  );
}
