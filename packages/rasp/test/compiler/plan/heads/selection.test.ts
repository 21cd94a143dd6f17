/** Selectors as conjunctions of blocks, against the selection itself, pair by pair. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { compareAtoms } from "../../../../src/language/atom/compare.js";
import type { Atom } from "../../../../src/language/graph/node.js";
import { Domain } from "../../../../src/compiler/values/domain.js";
import { NormalForm, truthOf, type NormalSOp, type Selection } from "../../../../src/compiler/normalize/normal-form.js";
import {
  disjointConjunctions,
  oneConjunction,
  type BlockConjunction,
} from "../../../../src/compiler/plan/heads/selection.js";
import { comparisonMap } from "../../../../src/language/graph/elementwise.js";
import { breadth } from "../../../../../../test/long.js";

const VOCABULARY = ["a", "b", "c"];
const domain = (): Domain => new Domain(VOCABULARY, 3);

/** A position's own values. */
type Position = { readonly tokens: Atom; readonly indices: Atom };
const positions: Position[] = VOCABULARY.flatMap((tokens) => [0n, 1n, 2n].map((indices) => ({ tokens, indices })));

function valueAt(sop: NormalSOp, position: Position): Atom {
  if (sop.kind === "tokens" || sop.kind === "indices") return position[sop.kind];
  if (sop.kind === "constant") return sop.value;
  if (sop.kind === "map") return sop.fn.apply(sop.args.map((arg) => valueAt(arg, position)));
  throw new Error(sop.kind);
}

const selected = (selection: Selection, key: Position, query: Position): boolean =>
  truthOf(selection, (c) => compareAtoms(c.op, valueAt(c.keys, key), valueAt(c.queries, query)));

const holds = (conjunction: BlockConjunction, key: Position, query: Position): boolean =>
  conjunction.every((block) => block.test(valueAt(block.keys, key), valueAt(block.queries, query)));

/** Selections over four comparisons of two kinds, with any truth table. */
const selections = fc.array(fc.boolean(), { minLength: 16, maxLength: 16 }).map((truth) => {
  const form = new NormalForm();
  const [tokens, indices] = [form.tokens(), form.indices()];
  const isA = form.map(comparisonMap("=="), [tokens, form.constant("a")]);
  const parts = [
    form.compare(tokens, tokens, "=="),
    form.compare(indices, indices, "<"),
    form.compare(indices, form.constant(0n), "=="),
    form.compare(isA, form.map(comparisonMap("<"), [indices, form.constant(2n)]), "=="),
  ];
  const none = form.combine(parts[0]!, parts[0]!, () => false)!;
  const selection = truth.reduce((all, wanted, bits) => {
    if (!wanted) return all;
    const term = parts
      .map((part, j) => ((bits >> j) & 1 ? part : form.not(part)))
      .reduce((a, b) => form.combine(a, b, (x, y) => x && y)!);
    return form.combine(all, term, (x, y) => x || y)!;
  }, none);
  return { form, selection };
});

it("disjoint conjunctions cover the selection exactly once", () => {
  fc.assert(
    fc.property(selections, ({ form, selection }) => {
      const parts = disjointConjunctions(selection, domain(), form);
      for (const key of positions) {
        for (const query of positions) {
          const times = parts.filter((part) => holds(part, key, query)).length;
          expect(times).toBe(Number(selected(selection, key, query)));
        }
      }
    }),
    { numRuns: breadth({ short: 100, long: 300 }), seed: 3 },
  );
});

it("one conjunction is the selection", () => {
  fc.assert(
    fc.property(selections, ({ form, selection }) => {
      const conjunction = oneConjunction(selection, domain(), form);
      for (const key of positions) {
        for (const query of positions) expect(holds(conjunction, key, query)).toBe(selected(selection, key, query));
      }
    }),
    { numRuns: breadth({ short: 100, long: 300 }), seed: 4 },
  );
});

it("an and of selectors over different s-ops needs no joint key", () => {
  const form = new NormalForm();
  const same = form.compare(form.tokens(), form.tokens(), "==");
  const earlier = form.compare(form.indices(), form.indices(), "<");
  const both = form.combine(same, earlier, (a, b) => a && b)!;
  expect(
    oneConjunction(both, domain(), form)
      .map((block) => block.keys.kind)
      .sort(),
  ).toEqual(["indices", "tokens"]);
});
