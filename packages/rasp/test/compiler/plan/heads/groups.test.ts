/** Groups of comparisons, against the comparisons of all pairs of values. */
import { Rng } from "@selectron/core";
import { expect, it } from "vitest";
import { NormalForm, type NormalSOp, type Selection } from "../../../../src/compiler/normalize/normal-form.js";
import { simplify } from "../../../../src/compiler/normalize/simplify.js";
import { COMPARE } from "../../../../src/compiler/plan/heads/compared-numbers.js";
import { disjointConjunctions } from "../../../../src/compiler/plan/heads/selection.js";
import { groupsOf } from "../../../../src/compiler/plan/heads/groups.js";
import { Domain } from "../../../../src/compiler/values/domain.js";
import { compareAtoms } from "../../../../src/language/atom/compare.js";
import { load } from "../../../../src/index.js";
import type { Atom, Comparison } from "../../../../src/language/graph/node.js";

const OPS: readonly Comparison[] = ["==", "!=", "<", "<=", ">", ">="];
/** From few values that compare well to all kinds of them. */
const POOLS: readonly (readonly Atom[])[] = [
  [0n, 1n, 2n, 3n, -4n],
  [1n, 1.5, true, 0.5, 2n ** 60n, 2 ** 60, -0],
  ["b", "a", "", "\u{1F600}", "\uE000"],
  [1n, null, 3n],
  [1, NaN, 3n, Infinity],
  ["a", 1n, null, NaN, false],
];

/** One comparison of each s-op's values as a table over base values. */
interface Case {
  readonly op: Comparison;
  readonly keys: readonly Atom[];
  readonly queries: readonly Atom[];
}

function randomCase(rng: Rng, size: number): Case {
  const pool = POOLS[rng.int(POOLS.length)]!;
  const side = (): Atom[] => Array.from({ length: size }, () => pool[rng.int(pool.length)]!);
  const isConstant = rng.int(4) === 0;
  const keys = side();
  return { op: OPS[rng.int(OPS.length)]!, keys, queries: isConstant ? keys.map(() => keys[0]!) : side() };
}

/** A comparison of the same values, or of one side with a constant. */
function beside({ keys, queries }: Case, rng: Rng): Case {
  const op = OPS[rng.int(OPS.length)]!;
  const constant = rng.int(2) === 0 ? keys[0]! : queries[0]!;
  const sides = [
    { keys, queries },
    { keys, queries: queries.map(() => constant) },
    { keys: keys.map(() => constant), queries },
  ];
  return { op, ...sides[rng.int(3)]! };
}

function answerTo({ op, keys, queries }: Case, k: number, q: number): boolean | undefined {
  try {
    return compareAtoms(op, keys[k]!, queries[q]!);
  } catch {
    return undefined;
  }
}

it("patterns occur, and are one comparison of numbers, as the pairs say", () => {
  const rng = new Rng(11);
  const seen = new Set<string>();
  for (let run = 0; run < 600; run++) {
    const size = 1 + rng.int(5);
    const causal = rng.int(2) === 0;
    const form = new NormalForm();
    const domain = new Domain(["a"], size, causal);
    const cases = [randomCase(rng, size)];
    for (let more = rng.int(3); more > 0; more--) {
      cases.push(rng.int(3) === 0 ? randomCase(rng, size) : beside(cases[0]!, rng));
    }
    const base = form.indices();
    const side = (values: readonly Atom[], name: string): NormalSOp =>
      form.map({ name, key: name, apply: ([i]) => values[Number(i)]!, seesNull: true }, [base]);
    const selections = cases.map(({ op, keys, queries }, c) =>
      form.compare(side(keys, `k${c}`), side(queries, `q${c}`), op),
    );
    const selection = selections.reduce((a, b): Selection => form.combine(a, b, (x, y) => x !== y)!);
    const [group, ...others] = groupsOf(selection, domain);
    expect(others).toEqual([]);
    const places = [...Array(size).keys()];
    const patternAt = (k: number, q: number): string => {
      const answers = cases.map((one) => answerTo(one, k, q));
      return answers.map((answer) => Number(answers.includes(undefined) ? false : answer)).join("");
    };
    const pairs = places.flatMap((k) => places.map((q) => [k, q] as const));
    const visible = pairs.filter(([k, q]) => !causal || k <= q);
    expect(group!.patterns).toEqual([...new Set(visible.map(([k, q]) => patternAt(k, q)))]);
    const patterns = pairs.map(([k, q]) => patternAt(k, q));
    expect(pairs.map(([k, q]) => group!.pattern(BigInt(k), BigInt(q)))).toEqual(patterns);
    for (const pattern of group!.patterns) {
      const compared = group!.compared([pattern]);
      seen.add(`${cases.length > 1 ? "several" : pattern} ${compared ? "compared" : "not"}`);
      if (!compared) continue;
      const { op, key, query } = compared;
      const holds = visible.map(([k, q]) => COMPARE[op](key(BigInt(k)), query(BigInt(q))));
      expect(holds).toEqual(visible.map(([k, q]) => patternAt(k, q) === pattern));
    }
  }
  expect([...seen].sort()).toEqual(["0 compared", "0 not", "1 compared", "1 not", "several compared", "several not"]);
});

it.each([
  ["select(indices, indices, <) and select(indices, 0, !=)", "<"],
  ["select(indices, indices, <) or select(4, indices, <=)", "<"],
  ["select(indices, indices, >) or select(indices, indices, ==)", ">="],
  ["select(tokens, tokens, <) or select(tokens, tokens, >)", "!="],
  ["select(indices, indices, ==) and not select(2, indices, ==)", "=="],
  ["select(indices, indices, <=) and select(indices, 1, >) and select(4, indices, !=)", "<="],
])("%s is one comparison: %s", (selector, op) => {
  const sop = load(`result = selector_width(${selector});`).sop("result");
  const domain = new Domain(["a", "b", "c"], 6);
  const { form, sops } = simplify([sop], domain);
  const width = sops.get(sop)!;
  if (width.kind !== "width") throw new Error(width.kind);
  const blocks = disjointConjunctions(width.selection, domain, form).flat();
  expect(blocks.map(({ compared }) => compared?.op)).toEqual([op]);
});
