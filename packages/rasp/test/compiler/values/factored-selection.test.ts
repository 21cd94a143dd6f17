/** What a selection can answer of independent components is what pairs of joint values say. */
import { Rng } from "@selectron/core";
import { expect, it } from "vitest";
import { load } from "../../../src/index.js";
import type { NormalSOp, Selection, Width } from "../../../src/compiler/normalize/normal-form.js";
import { simplify } from "../../../src/compiler/normalize/simplify.js";
import { Domain } from "../../../src/compiler/values/domain.js";
import { FactoredSelection } from "../../../src/compiler/values/factored-selection.js";
import { JointValueSets, type JointValueSet } from "../../../src/compiler/values/joint-values.js";
import { SelectionTable } from "../../../src/compiler/values/selection-table.js";
import { ValueSets } from "../../../src/compiler/values/value-set.js";
import type { Atom } from "../../../src/language/graph/node.js";

const domain = new Domain(["a", "b"], 3);

function selectionOf(text: string): Selection {
  const names = 'x = indices % 3; y = indices * 2; z = indices - 1; u = "b" if tokens == "a" else "c";';
  const sop = load(`${names} result = selector_width(${text});`, { example: ["a", "b"] }).sop("result");
  return (simplify([sop], domain).sops.get(sop) as Width).selection;
}

/** Sets of the values that each side's s-ops have, drawn anew. */
class Sides {
  readonly sets = new ValueSets();
  readonly joint = new JointValueSets(this.sets);
  readonly #rng: Rng;

  constructor(seed: number) {
    this.#rng = new Rng(seed);
  }

  draw(sops: readonly NormalSOp[], areStrings: (sop: NormalSOp) => boolean): JointValueSet {
    return this.joint.product(
      [...new Set(sops)].map((sop) => ({
        places: [...sops.keys()].filter((place) => sops[place] === sop),
        set: this.sets.setOf(this.#atoms(areStrings(sop))),
      })),
    );
  }

  #atoms(areStrings: boolean): Atom[] {
    if (areStrings) return ["a", "b", "c"].filter(() => this.#rng.next() % 2 === 0);
    const step = this.#rng.pick([1, 1, 2, 3]);
    const from = this.#rng.pick([-4, -1, 0, 1, 5]);
    const numbers = Array.from({ length: this.#rng.pick([0, 1, 1, 2, 7, 12]) }, (_, j) => from + j * step);
    // Now and then not all of them, and not all whole.
    const kept = this.#rng.pick([false, true]) ? numbers : numbers.filter(() => this.#rng.next() % 3 > 0);
    return kept.map((number) => (this.#rng.next() % 16 === 0 ? number + 0.5 : BigInt(number)));
  }
}

it.each([
  "select(x, y, ==)",
  "not select(x, y, <)",
  "select(x, x, <) or (select(x, x, ==) and select(y, y, <))",
  "select(x, y, <) and select(y, z, >=) and not select(z, x, ==)",
  "select(tokens, u, !=) and (select(x, y, <=) or select(z, z, ==))",
  "select(x, x, !=) and select(tokens, tokens, ==)",
  "(select(x, y, >) or select(x, y, ==)) and (select(y, y, <=) or select(z, z, !=))",
])("%s", (text) => {
  const selection = selectionOf(text);
  const { comparisons } = selection;
  const [keySops, querySops] = [comparisons.map(({ keys }) => keys), comparisons.map(({ queries }) => queries)];
  const strings = new Set(
    comparisons.filter(({ keys }) => keys.kind === "tokens").flatMap(({ keys, queries }) => [keys, queries]),
  );
  const areStrings = (sop: NormalSOp): boolean => strings.has(sop);
  let compared = 0;
  for (let seed = 0; seed < 300; seed++) {
    const sides = new Sides(seed);
    const [keys, queries] = [sides.draw(keySops, areStrings), sides.draw(querySops, areStrings)];
    const [factored, table] = [new FactoredSelection(selection), new SelectionTable(selection)];
    for (const self of table.knowsSelf ? [false, true] : [false]) {
      if (factored.signature(queries, keys, self) === undefined) continue;
      compared++;
      const { starts, answers } = factored.answers(queries, keys, self);
      const pairs = table.between(keys, queries, self);
      for (let q = 0; q < queries.size; q++) {
        const row = [...pairs.subarray(q * keys.size, (q + 1) * keys.size)];
        const expected = { yes: row.includes(1), no: row.includes(0) };
        expect(answers[starts.findLastIndex((start) => start <= q)], `${seed} ${q} ${self}`).toEqual(expected);
      }
    }
  }
  expect(compared).toBeGreaterThan(50);
});

it("a set that has every combination is the product of its components, whoever makes it", () => {
  const sets = new ValueSets();
  const joint = new JointValueSets(sets);
  const pairs = (["a", "b"] as const).flatMap((letter) =>
    [1n, 2n, 3n].map((number) => joint.valueOf([number, letter, number])),
  );
  const made = joint.setOf(new Set(pairs));
  expect(made.factors?.map(({ places }) => places)).toEqual([[0, 2], [1]]);
  expect(made).toBe(
    joint.product([
      { places: [0, 2], set: sets.setOf([1n, 2n, 3n]) },
      { places: [1], set: sets.setOf(["a", "b"]) },
    ]),
  );
  expect(made.values.map(({ atoms }) => atoms.join(""))).toEqual(["1a1", "1b1", "2a2", "2b2", "3a3", "3b3"]);
  expect(joint.setOf(new Set(pairs.slice(1))).factors).toBeUndefined();
});

it("joint values are made, and count as work, when they are first asked for", () => {
  const sets = new ValueSets();
  const counted: number[] = [];
  const factors = [0, 1].map((place) => ({ places: [place], set: sets.setOf([1n, 2n, 3n]) }));
  const product = new JointValueSets(sets).product(factors, (steps) => counted.push(steps));
  expect([product.size, counted.length]).toEqual([9, 0]);
  expect([product.values.length, product.values.length]).toEqual([9, 9]);
  expect(counted).toEqual([expect.any(Number)]);
  expect(counted[0]).toBeGreaterThanOrEqual(9);
});
