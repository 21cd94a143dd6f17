/**
 * What a promise on the inputs leaves of the values of s-ops. A promised input makes the promise True at every position. So at each
 * position of each length, what the promise is made of (tokens, counts, means) has only values with which it can be True there. Each
 * condition of the promise is taken alone, and the s-ops that it is made of as independent: what is left may be too much, but never
 * too little.
 */
import { atomKey } from "../../language/atom/compare.js";
import type { Atom } from "../../language/graph/node.js";
import { getOrInsert } from "../../language/maps.js";
import type { Formula } from "../normalize/formula.js";
import type { NormalSOp, Selection, Width } from "../normalize/normal-form.js";
import { refuse } from "../refusal.js";
import { Domain, type WhileRows } from "./domain.js";
import type { Promised } from "./promised.js";
import { BOTH, Table } from "./table.js";
import type { ValueSet, ValueSets } from "./value-set.js";

/** A condition with more joint values at one position says nothing. */
const JOINT_LIMIT = 1 << 14;
/** How often what is left is worked out again from what was left before. */
const ROUNDS = 2;

/**
 * What is left of a domain if the inputs make `promise` True at every position.
 *
 * @param whileRows - has the rows of the new domain worked out
 */
export function promisedDomain(unrestricted: Domain, promise: NormalSOp, whileRows?: WhileRows): Domain {
  const { vocabulary, maxLength, causal } = unrestricted;
  // The unrestricted domain may have used up its own: what it cannot work out is not needed.
  const work = unrestricted.work.another();
  let domain = unrestricted;
  for (let round = 0; round < ROUNDS; round++) {
    const restricts = { whole: unrestricted, promised: promisedIn(domain, promise) };
    const isLast = round === ROUNDS - 1;
    domain = new Domain(vocabulary, maxLength, causal, {
      work,
      restricts,
      ...(isLast && whileRows ? { whileRows } : {}),
    });
  }
  if (!Table.of(BOTH, domain, (n, i) => isReached(domain, n, i)).distinct.has(true)) {
    refuse(
      promise.origin,
      "no input of this vocabulary and length keeps the promise",
      "a promised input makes it True at every position; try it with `selectron eval`",
    );
  }
  return domain;
}

/** Whether an input of this length has this position, as far as a promise tells. */
const isReached = ({ promised }: Domain, length: number, position: number): boolean =>
  promised?.isReached(length, position) ?? true;

/** What the promise leaves of the values that a domain has. */
function promisedIn(domain: Domain, promise: NormalSOp): Promised {
  const { sets } = domain;
  const tabulate = <T>(value: (length: number, position: number) => T): Table<T> => Table.of(BOTH, domain, value);
  const left = new Map<NormalSOp, Table<ValueSet>>();
  const widths = new Map<Selection, Width>();
  let possible = tabulate((n, i) => isReached(domain, n, i));
  for (const condition of conditionsOf(promise)) {
    const formula = domain.formulaOf([condition]);
    const tables = formula.leaves.map((leaf) => domain.table(leaf));
    if (domain.jointSize(formula.leaves) > JOINT_LIMIT) continue;
    const known = new Map<string, readonly ValueSet[] | null>();
    const found = tabulate((n, i) => {
      const here = tables.map((table) => table.at(n, i));
      return getOrInsert(known, here.map(({ id }) => id).join(","), () => valuesLeft(formula, here, sets));
    });
    const before = possible;
    possible = tabulate((n, i) => before.at(n, i) && found.at(n, i) !== null);
    for (const [j, leaf] of formula.leaves.entries()) {
      if (leaf.kind === "width" && !leaf.summed) widths.set(leaf.selection, leaf);
      const whole = left.get(leaf) ?? tables[j]!;
      left.set(
        leaf,
        tabulate((n, i) => sets.common(whole.at(n, i), found.at(n, i)?.[j] ?? whole.at(n, i))),
      );
    }
  }
  const reached = reachedTable(possible, domain);
  const none = sets.setOf([]);
  return {
    isReached: (n, i) => reached.at(n, i),
    left: (sop, table) => {
      const allowed = left.get(sop) ?? table;
      return tabulate((n, i) => (reached.at(n, i) ? sets.common(table.at(n, i), allowed.at(n, i)) : none));
    },
    widthOf: (selection) => widths.get(selection),
  };
}

/** The conditions that must all hold. */
function conditionsOf(promise: NormalSOp): NormalSOp[] {
  return promise.kind === "map" && promise.fn.name === "and" ? promise.args.flatMap(conditionsOf) : [promise];
}

/** The values of each leaf with which the condition can be True; null where it cannot. */
function valuesLeft(formula: Formula, leafSets: readonly ValueSet[], sets: ValueSets): readonly ValueSet[] | null {
  const left = leafSets.map(() => new Set<number>());
  const choice = leafSets.map(() => 0);
  if (leafSets.some(({ atoms }) => atoms.length === 0)) return null;
  let any = false;
  for (;;) {
    const value = formula.evaluate(leafSets.map(({ atoms }, j) => atoms[choice[j]!]!))?.[0];
    if (value !== undefined && isTrue(value)) {
      any = true;
      choice.forEach((chosen, j) => left[j]!.add(chosen));
    }
    let leaf = choice.length - 1;
    for (; leaf >= 0; leaf--) {
      choice[leaf] = (choice[leaf]! + 1) % leafSets[leaf]!.atoms.length;
      if (choice[leaf] !== 0) break;
    }
    if (leaf < 0) break;
  }
  return any ? leafSets.map(({ atoms }, j) => sets.setOf([...left[j]!].map((chosen) => atoms[chosen]!))) : null;
}

/** As Python's `== True`. */
export const isTrue = (value: Atom): boolean => atomKey(value) === atomKey(true);

/** No input has a length of which some position is impossible; a causal model cannot tell before that position. */
function reachedTable(possible: Table<boolean>, { maxLength, causal }: Domain): Table<boolean> {
  /** For each length the first position that is impossible, or the length. */
  const first = Array.from({ length: maxLength }, (_, l) => {
    const at = Array.from({ length: l + 1 }, (__, i) => possible.at(l + 1, i)).indexOf(false);
    return at < 0 ? l + 1 : at;
  });
  return Table.of(BOTH, { maxLength, causal }, (n, i) => first[n - 1]! >= (causal ? i + 1 : n));
}
