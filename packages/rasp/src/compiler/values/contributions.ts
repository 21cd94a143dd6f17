/** What one key can contribute to the rows of a mean or a width, for each joint value of the query. */
import type { Selection } from "../normalize/normal-form.js";
import { getOrInsert } from "../../language/maps.js";
import type { Side } from "./comparison-sides.js";
import { IndependentSelection } from "./independent-selection.js";
import type { JointValueSet } from "./joint-values.js";
import type { Contribution, Letter } from "./row-states.js";
import { Numbering, SelectionTable, type Column } from "./selection-table.js";
import { SingleComparison, type Left } from "./single-comparison.js";
import type { Cells, Table } from "./table.js";
import type { ValueSet, ValueSets } from "./value-set.js";

/** The work of one pair of joint values, and of what one joint value of a query is given. */
const [PAIR, QUERY] = [4, 8];

/** Letters with more contributions together are not kept: those of many different values seldom come again. */
const MOST_KEPT = 1 << 20;

/** What a key can be. Equal ones are one object. */
export interface Key {
  /** The joint values of the comparisons' keys. */
  readonly sides: JointValueSet;
  /**
   * What it adds where it is selected, whatever the sides are; undefined where that depends on them and is the last component of
   * their joint values.
   */
  readonly added: ValueSet | undefined;
}

/** The keys and queries of which each comparison's side has its values independently. Equal ones are one object. */
export interface IndependentKey {
  readonly sides: readonly ValueSet[];
  readonly added: ValueSet;
}
export type IndependentQuery = readonly ValueSet[];

export class Contributions {
  readonly #single: SingleComparison;
  readonly #isOneComparison: boolean;
  readonly #selected: SelectionTable;
  readonly #independent: IndependentSelection;
  readonly #summands = new Numbering();
  readonly #summandColumns = new Map<JointValueSet, Column>();
  readonly #contributions = new Map<string, Contribution>();
  readonly #letters = new Map<string, Letter>();
  readonly #byPair = new Map<string, Letter>();
  readonly #chosen = new Map<string, ValueSet>();
  /** Letters by what one comparison decides: by what is left, whether it is a row's own, the query, the key and what it adds. */
  readonly #short = new Map<Left, readonly Map<Side, Map<Side, Map<ValueSet, Letter>>>[]>();
  /** How many contributions the letters have that are kept. */
  #kept = 0;
  readonly #sets: ValueSets;
  readonly #spend: (steps: number) => void;

  constructor(selection: Selection, sets: ValueSets, spend: (steps: number) => void) {
    this.#single = new SingleComparison(selection);
    this.#isOneComparison = selection.comparisons.length === 1;
    this.#selected = new SelectionTable(selection);
    this.#independent = new IndependentSelection(selection);
    this.#sets = sets;
    this.#spend = spend;
  }

  /** Whether a row selects its own position by other rules than those of other positions. */
  get knowsSelf(): boolean {
    return this.#selected.knowsSelf;
  }

  /** Whether letters need no pairs of joint values. */
  get isSingle(): boolean {
    return this.#isOneComparison;
  }

  /** Finds the positions whose keys can equal one of the queries, ascending, of a selection that is one equality; undefined for others. */
  candidatesIn(
    keys: Table<Key>,
    cells: Cells,
  ): ((queries: JointValueSet) => readonly number[] | undefined) | undefined {
    const { dependence } = keys;
    if (!dependence.position || dependence.length) return undefined;
    return this.#single.candidatesIn((position) => keys.at(position + 1, position).sides, cells.maxLength);
  }

  /** @param isOwn - whether key and query are one position */
  letter(queries: JointValueSet, key: Key, isOwn: boolean): Letter {
    const self = isOwn && this.knowsSelf;
    const short = key.added && this.#shortLetter(queries, key.sides, key.added, self);
    if (short) return short;
    const { sides, added } = key;
    const summands = added
      ? undefined
      : getOrInsert(this.#summandColumns, sides, () => this.#summands.column(sides, -1));
    const what = added ? `all ${added.id}` : summands!.id;
    const pair = `${this.#selected.signature(sides, queries)}${what}${self ? " self" : ""}`;
    return getOrInsert(this.#byPair, pair, () => this.#between(queries, sides, self, added ?? summands!));
  }

  /** The letter where one comparison decides it, or none, without pairs of joint values; undefined elsewhere. */
  #shortLetter(queries: JointValueSet, keys: JointValueSet, added: ValueSet, self: boolean): Letter | undefined {
    if ((self && this.#selected.isCrossed) || keys.values.length === 0) return undefined;
    const fixed = this.#selected.fixedAnswers(keys, queries);
    const left = fixed === undefined ? "several" : this.#single.left(fixed);
    if (left === "several") return undefined;
    if (typeof left === "boolean") return this.#letterOf([this.#contribution(!left, left ? added : this.#nothing)]);
    const [query, key] = [this.#single.side(queries, left), this.#single.side(keys, left)];
    if (!query || !key) return undefined;
    const known = getOrInsert(this.#short, left, () => [new Map(), new Map()])[Number(self)]!;
    const byKey = getOrInsert(
      getOrInsert(known, query, () => new Map()),
      key,
      () => new Map<ValueSet, Letter>(),
    );
    const letter = byKey.get(added);
    if (letter) return letter;
    const answers = this.#single.answers(query, key, left, self);
    if (!answers) return undefined;
    this.#spend(QUERY * answers.length);
    const made = this.#letterOf(answers.map(({ yes, no }) => this.#contribution(no, yes ? added : this.#nothing)));
    if (this.#kept <= MOST_KEPT) byKey.set(added, made);
    return made;
  }

  /** Like `letter`, but coarser: the sides of the comparisons, and what a key adds, are taken as independent. */
  independentLetter(queries: IndependentQuery, { sides, added }: IndependentKey): Letter {
    const { yes, no } = this.#independent.between(sides, queries);
    return this.#letterOf([this.#contribution(no, yes ? added : this.#nothing)]);
  }

  #between(queries: JointValueSet, keys: JointValueSet, self: boolean, added: ValueSet | Column): Letter {
    const { length } = keys.values;
    this.#spend(PAIR * length * queries.values.length);
    const selected = this.#selected.between(keys, queries, self);
    const contributions = queries.values.map((_, q) => {
      let [canSkip, isSelected] = [false, false];
      const chosen = new Set<number>();
      for (let k = 0; k < length; k++) {
        const answer = selected[q * length + k];
        if (answer === 0) {
          canSkip = true;
        } else if (answer === 1) {
          isSelected = true;
          if ("numbers" in added) chosen.add(added.numbers[k]!);
        }
      }
      if (!isSelected) return this.#contribution(canSkip, this.#nothing);
      return this.#contribution(canSkip, "numbers" in added ? this.#numbered(chosen) : added);
    });
    return this.#letterOf(contributions);
  }

  get #nothing(): ValueSet {
    return this.#sets.setOf([]);
  }

  #numbered(chosen: ReadonlySet<number>): ValueSet {
    const numbers = [...chosen].sort((a, b) => a - b);
    return getOrInsert(this.#chosen, numbers.join(","), () =>
      this.#sets.setOf(numbers.map((number) => this.#summands.atoms[number]!)),
    );
  }

  #contribution(canSkip: boolean, added: ValueSet): Contribution {
    // A key that is never selected is always passed over.
    const skips = canSkip || added.atoms.length === 0;
    return getOrInsert(this.#contributions, `${skips} ${added.id}`, () => ({
      id: this.#contributions.size,
      canSkip: skips,
      added,
    }));
  }

  #letterOf(contributions: readonly Contribution[]): Letter {
    const [first] = contributions;
    const isUniform = contributions.every((contribution) => contribution === first);
    const different = isUniform ? contributions.slice(0, 1) : contributions;
    const make = (): Letter => ({
      contributions: different,
      isNothing: different.every(({ added }) => added.atoms.length === 0),
    });
    if (this.#kept > MOST_KEPT) return make();
    return getOrInsert(this.#letters, different.map(({ id }) => id).join(","), () => {
      this.#kept += different.length;
      return make();
    });
  }
}
