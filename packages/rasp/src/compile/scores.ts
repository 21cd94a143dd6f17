/** The query and key dimensions of a head. */
import { atomKey } from "../atom/compare.js";
import { describeAtom } from "../atom/text.js";
import type { Atom } from "../graph/node.js";
import type { Domain } from "./domain.js";
import type { Realize } from "./features.js";
import { GAP } from "./plan.js";
import { combineReads, type Read } from "./read.js";
import type { Conjunction } from "./selection.js";

/** One pair of reads a dimension; the score of a pair of positions is the sum of their products. */
export interface Scores {
  readonly keys: readonly Read[];
  readonly queries: readonly Read[];
  /** The score where all blocks hold. Each block that does not takes 2·GAP off. */
  readonly selectedScore: number;
}

/** Keys and queries whose products add up to `selectedScore` where all blocks hold, and to 2·GAP less for each that does not. */
export function scoresOf(conjunction: Conjunction, domain: Domain, realize: Realize): Scores {
  const keys: Read[] = [];
  const queries: Read[] = [];
  for (const { keys: keySOp, queries: querySOp, test } of conjunction) {
    const keyValues = domain.values(keySOp);
    const queryValues = domain.values(querySOp);
    const column = (key: Atom): string => queryValues.map((query) => Number(test(key, query))).join("");
    const row = (query: Atom): string => keyValues.map((key) => Number(test(key, query))).join("");
    const columns = classesOf(keyValues, column);
    const rows = classesOf(queryValues, row);
    // The side with fewer classes gives the head's dimensions: one for each class that selects anything.
    const [fewer, more] = columns.length <= rows.length ? [columns, rows] : [rows, columns];
    const keyIsFewer = fewer === columns;
    const answers = (one: Atom, other: Atom): boolean => (keyIsFewer ? test(one, other) : test(other, one));
    const fewerReads = realize(keyIsFewer ? keySOp : querySOp, membership(fewer), fewer.map(showClass));
    const moreReads = realize(keyIsFewer ? querySOp : keySOp, membership(more), more.map(showClass));
    fewer.forEach(([one], d) => {
      const scored = combineReads(
        more.flatMap(([other], m) => (answers(one!, other!) ? [[2 * GAP, moreReads[m]!] as const] : [])),
      );
      keys.push(keyIsFewer ? fewerReads[d]! : scored);
      queries.push(keyIsFewer ? scored : fewerReads[d]!);
    });
  }
  return { keys, queries, selectedScore: 2 * GAP * conjunction.length };
}

/** Values with equal signatures go together; those whose signature has no 1 are left out. */
function classesOf(values: readonly Atom[], signatureOf: (value: Atom) => string): Atom[][] {
  const classes = new Map<string, Atom[]>();
  for (const value of values) {
    const signature = signatureOf(value);
    if (!signature.includes("1")) continue;
    classes.set(signature, [...(classes.get(signature) ?? []), value]);
  }
  return [...classes.values()];
}

/** One component a group: 1 where the value is in it. */
function membership(groups: readonly (readonly Atom[])[]): (value: Atom) => readonly number[] {
  const members = groups.map((group) => new Set(group.map(atomKey)));
  return (value) => {
    const key = atomKey(value);
    return members.map((keys) => Number(keys.has(key)));
  };
}

const showClass = (group: readonly Atom[]): string =>
  group.length <= 3 ? group.map(describeAtom).join("|") : `${describeAtom(group[0]!)}|…|${describeAtom(group.at(-1)!)}`;
