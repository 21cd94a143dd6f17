/** The query and key dimensions of a head. */
import { atomKey } from "../../../language/atom/compare.js";
import { describeAtom } from "../../../language/atom/text.js";
import type { Atom } from "../../../language/graph/node.js";
import type { Domain } from "../../values/domain.js";
import type { Materialize } from "../features/features.js";
import { combineReads, type Read } from "../ir/read.js";
import type { BlockScores, Scores } from "../ir/plan.js";
import type { BlockConjunction } from "./selection.js";

/** Keys and queries whose products add up to `selectedScore` where all blocks hold, and to `unit` less for each that does not. */
export function scoresOf(
  conjunction: BlockConjunction,
  unit: number,
  domain: Domain,
  materialize: Materialize,
): Scores {
  const keys: Read[] = [];
  const queries: Read[] = [];
  const blocks: BlockScores[] = [];
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
    const fewerReads = materialize(keyIsFewer ? keySOp : querySOp, membership(fewer), fewer.map(showClass));
    // The other side says for each dimension whether it goes with its class: sums of classes are never read, so that an
    // order comparison reads one step instead of the error of many one-hot coordinates.
    const partners = more.map((group) => fewer.map(([one]) => Number(answers(one!, group[0]!))));
    const partnersOf = membership(more);
    const other = materialize(
      keyIsFewer ? querySOp : keySOp,
      (value) => {
        const at = partnersOf(value).indexOf(1);
        return at < 0 ? fewer.map(() => 0) : partners[at]!;
      },
      fewer.map((group) => `with ${showClass(group)}`),
    ).map((read) => combineReads([[unit, read]]));
    keys.push(...(keyIsFewer ? fewerReads : other));
    queries.push(...(keyIsFewer ? other : fewerReads));
    const most = partners.map((vector) => vector.filter((v) => v === 1).length);
    blocks.push({ unit, oneHot: fewerReads, other, maxActive: most.reduce((a, b) => Math.max(a, b), 0) });
  }
  return { keys, queries, selectedScore: unit * conjunction.length, blocks };
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
