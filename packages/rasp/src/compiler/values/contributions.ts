/** What one key can contribute to the rows of a mean or a width, for each joint value of the query. */
import type { NormalSOp, Selection } from "../normalize/normal-form.js";
import { getOrInsert } from "../../language/maps.js";
import { FactoredSelection } from "./factored-selection.js";
import { IndependentSelection } from "./independent-selection.js";
import type { JointValueSet } from "./joint-values.js";
import type { KeyOrder } from "./key-groups.js";
import { Letter, type Contribution } from "./letter.js";
import { Numbering, SelectionTable, type Column } from "./selection-table.js";
import { candidatesIn } from "./single-equality.js";
import type { Cells, Table } from "./table.js";
import type { ValueSet, ValueSets } from "./value-set.js";

/** The work of one pair of joint values, and of joint values of a query that have the same answer. */
const [PAIR, RUN] = [4, 8];

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
  readonly #selection: Selection;
  readonly #factored: FactoredSelection;
  readonly #selected: SelectionTable;
  readonly #independent: IndependentSelection;
  readonly #summands = new Numbering();
  readonly #summandColumns = new Map<JointValueSet, Column>();
  readonly #contributions = new Map<string, Contribution>();
  readonly #letters = new Map<string, Letter>();
  readonly #byPair = new Map<string, Letter>();
  readonly #chosen = new Map<string, ValueSet>();
  readonly #byRuns = new Map<ValueSet, Map<string, Letter>>();
  /** How many contributions the letters have that are kept. */
  #kept = 0;
  readonly #sets: ValueSets;
  readonly #spend: (steps: number) => void;

  constructor(selection: Selection, sets: ValueSets, spend: (steps: number) => void) {
    this.#selection = selection;
    this.#factored = new FactoredSelection(selection);
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
    return this.#selection.comparisons.length === 1;
  }

  /** Finds the positions whose keys can equal one of the queries, ascending, of a selection that is one equality; undefined for others. */
  candidatesIn(
    keys: Table<Key>,
    cells: Cells,
  ): ((queries: JointValueSet) => readonly number[] | undefined) | undefined {
    const { dependence } = keys;
    if (!dependence.position || dependence.length) return undefined;
    return candidatesIn(this.#selection, (position) => keys.at(position + 1, position).sides, cells.maxLength);
  }

  /**
   * How keys and queries compare on an axis on which both are fixed; undefined where there is none.
   *
   * @param numbersOf - see `FactoredSelection.fixedAxis`
   */
  orderOf(numbersOf: (sop: NormalSOp) => number | undefined): KeyOrder<JointValueSet, Key> | undefined {
    const axis = this.#factored.fixedAxis(numbersOf);
    if (axis === undefined) return undefined;
    return {
      placeOf: ({ sides, added }) => {
        const beside = added && this.#factored.keyBeside(axis, sides);
        return beside && { number: beside.number, shape: `${beside.rest} ${added.id}` };
      },
      askedBy: (queries) => this.#factored.queryOn(axis, queries),
    };
  }

  /** @param isOwn - whether key and query are one position */
  letter(queries: JointValueSet, key: Key, isOwn: boolean): Letter {
    const self = isOwn && this.knowsSelf;
    const known = key.added && this.#letterOfRuns(queries, key.sides, key.added, self);
    if (known) return known;
    const { sides, added } = key;
    const summands = added
      ? undefined
      : getOrInsert(this.#summandColumns, sides, () => this.#summands.column(sides, -1));
    const what = added ? `all ${added.id}` : summands!.id;
    const pair = `${this.#selected.signature(sides, queries)}${what}${self ? " self" : ""}`;
    return getOrInsert(this.#byPair, pair, () => this.#between(queries, sides, self, added ?? summands!));
  }

  /** The letter where the components of the keys are independent, so that pairs of joint values are not needed; undefined elsewhere. */
  #letterOfRuns(queries: JointValueSet, keys: JointValueSet, added: ValueSet, self: boolean): Letter | undefined {
    const signature = this.#factored.signature(queries, keys, self);
    if (signature === undefined) return undefined;
    const letters = getOrInsert(this.#byRuns, added, () => new Map<string, Letter>());
    const letter = letters.get(signature);
    if (letter) return letter;
    const { starts, answers } = this.#factored.answers(queries, keys, self);
    this.#spend(RUN * starts.length);
    const parts = answers.map(({ yes, no }) => this.#contribution(no, yes ? added : this.#nothing));
    const made = this.#letterOf(starts, parts, queries.size);
    if (this.#kept <= MOST_KEPT) letters.set(signature, made);
    return made;
  }

  /** Like `letter`, but coarser: the sides of the comparisons, and what a key adds, are taken as independent. */
  independentLetter(queries: IndependentQuery, { sides, added }: IndependentKey): Letter {
    const { yes, no } = this.#independent.between(sides, queries);
    return this.#letterOf([0], [this.#contribution(no, yes ? added : this.#nothing)], 1);
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
    return this.#letterOf([...contributions.keys()], contributions, contributions.length);
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

  /** @param size - of how many joint values of the query the parts are, each from one of `starts` on */
  #letterOf(starts: readonly number[], parts: readonly Contribution[], size: number): Letter {
    const isNew = parts.map((part, p) => p === 0 || part !== parts[p - 1]);
    const runs = isNew.every(Boolean) ? parts : parts.filter((_, p) => isNew[p]);
    const from = runs === parts ? starts : starts.filter((_, p) => isNew[p]);
    const count = runs.length === 1 ? 1 : size;
    if (this.#kept > MOST_KEPT) return new Letter(from, runs, count);
    const key = `${count} ${runs.map(({ id }, r) => `${from[r]!}:${id}`).join()}`;
    return getOrInsert(this.#letters, key, () => {
      this.#kept += runs.length;
      return new Letter(from, runs, count);
    });
  }
}
