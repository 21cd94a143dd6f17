/** What a selection can answer where the sides of its comparisons take their values independently of each other. */
import { compareAtoms } from "../../language/atom/compare.js";
import { RaspError } from "../../language/diagnostic.js";
import type { Atom, Comparison } from "../../language/graph/node.js";
import { getOrInsert } from "../../language/maps.js";
import type { Decision } from "../normalize/decision-diagram.js";
import type { Selection } from "../normalize/normal-form.js";
import { betweenSides, sideOf, type Answers, type Side } from "./relations.js";
import type { ValueSet } from "./value-set.js";

export class IndependentSelection {
  readonly #known = new Map<string, Answers>();
  readonly #compared = new Map<string, Answers>();
  readonly #sides = new Map<ValueSet, Side | null>();

  readonly #selection: Selection;

  constructor(selection: Selection) {
    this.#selection = selection;
  }

  /** @param keys - a set for each comparison of the selection */
  between(keys: readonly ValueSet[], queries: readonly ValueSet[]): Answers {
    const { comparisons, truth } = this.#selection;
    const answers = new Map(comparisons.map(({ id, op }, j) => [id, this.#compare(op, keys[j]!, queries[j]!)]));
    const signature = [...answers.values()].map(({ yes, no }) => Number(yes) + 2 * Number(no)).join("");
    return getOrInsert(this.#known, signature, () => {
      let [yes, no] = [truth === true, truth === false];
      const reached = new Set<Decision>(typeof truth === "boolean" ? [] : [truth]);
      for (const decision of reached) {
        const answer = answers.get(decision.variable)!;
        for (const next of [...(answer.yes ? [decision.high] : []), ...(answer.no ? [decision.low] : [])]) {
          if (next === true) yes = true;
          else if (next === false) no = true;
          else reached.add(next);
        }
      }
      return { yes, no };
    });
  }

  #compare(op: Comparison, keys: ValueSet, queries: ValueSet): Answers {
    return getOrInsert(this.#compared, `${op} ${keys.id} ${queries.id}`, () => {
      const [keySide, querySide] = [this.#side(keys), this.#side(queries)];
      const answers = keySide && querySide && betweenSides(op, keySide, querySide);
      return answers ?? answersOf(op, keys.atoms, queries.atoms);
    });
  }

  #side(set: ValueSet): Side | null {
    return getOrInsert(this.#sides, set, () => sideOf(set.atoms) ?? null);
  }
}

/** What a comparison can answer. Where it has no value the program has none, and it answers nothing. */
export function answersOf(op: Comparison, keys: readonly Atom[], queries: readonly Atom[]): Answers {
  let [yes, no] = [false, false];
  for (const key of keys) {
    for (const query of queries) {
      if (yes && no) return { yes, no };
      try {
        if (compareAtoms(op, key, query)) yes = true;
        else no = true;
      } catch (error) {
        if (!(error instanceof RaspError)) throw error;
      }
    }
  }
  return { yes, no };
}
