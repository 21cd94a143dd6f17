/**
 * Rules grown leaf by leaf on a batch, as decision trees are: each split is the one after which most positions are right. Only tests
 * whose s-op says much about the classes are tried.
 */
import { getOrInsert } from "../../language/maps.js";
import { isText, type Batch } from "./batch.js";
import { COMPARE, type CandidateSOp } from "./candidate.js";
import { ruleValues, type Rule, type Test } from "./rule.js";

/** S-ops that tests are made of, leaves that are tried on either side of a test, and values that an s-op is compared with. */
const [TESTED, LEAVES, VALUES] = [60, 120, 24];

/** The first s-ops need no attention and are always tested. */
const PLAIN = [0, 1, 2, 3, 4, 5];

/** S-ops with more values are not tested. */
const MOST_VALUES = 64;

/** Rules with one leaf, two, three and so on, as long as one leaf more gets clearly more positions right. */
export function growRules(sops: readonly CandidateSOp[], batch: Batch, mostLeaves: number): Rule[] {
  const grower = new Grower(sops, batch);
  const all = Array.from({ length: batch.size }, (_, at) => at);
  let open: Open = grower.leaf(all);
  const rules = [open.rule];
  while (rules.length < mostLeaves) {
    const grown = grower.growBest(open);
    if (!grown || grown.rule.right - open.rule.right < Math.max(2, 0.001 * batch.size)) break;
    open = grown;
    rules.push(open.rule);
  }
  return rules;
}

/** A rule that can still grow, with the positions that reach it. */
interface Open {
  readonly rule: Rule;
  readonly at: readonly number[];
  readonly then?: Open;
  readonly otherwise?: Open;
  /** The best split of a leaf, found once; null if there is none. */
  split?: Open | null;
}

/** A test by the index of its s-op, and the number of positions that are right with the best leaf on either side. */
interface Split extends Omit<Test, "sop"> {
  readonly sop: number;
  readonly right: number;
}

class Grower {
  readonly #values: readonly Float64Array[];
  /** Each s-op's values numbered as they appear; absent if there are more than MOST_VALUES. */
  readonly #numbered: readonly (Uint8Array | undefined)[];
  /** The index of each position's class among the constants. */
  readonly #classes: Uint8Array;
  readonly #constants: readonly number[];

  readonly #sops: readonly CandidateSOp[];
  readonly #batch: Batch;

  constructor(sops: readonly CandidateSOp[], batch: Batch) {
    this.#sops = sops;
    this.#batch = batch;
    this.#values = sops.map((sop) => sop.values(batch));
    this.#constants = [...new Set(batch.classes)].sort((a, b) => a - b);
    this.#classes = Uint8Array.from(batch.classes, (code) => this.#constants.indexOf(code));
    this.#numbered = this.#values.map(numbered);
  }

  /** The best single leaf at some positions. */
  leaf(at: readonly number[]): Open {
    const [best] = this.#leaves(at, 1);
    return { rule: best!, at };
  }

  /** The rule with that one leaf split that gains most. */
  growBest(open: Open): Open | undefined {
    if (open.rule.kind !== "if") {
      open.split ??= this.#split(open) ?? null;
      return open.split ?? undefined;
    }
    const { then, otherwise } = open;
    const options = [
      { grown: this.growBest(then!), make: (part: Open) => joined(open, part, otherwise!) },
      { grown: this.growBest(otherwise!), make: (part: Open) => joined(open, then!, part) },
    ];
    const made = options.flatMap(({ grown, make }) => (grown ? [make(grown)] : []));
    return made.reduce<Open | undefined>((a, b) => (a && a.rule.right >= b.rule.right ? a : b), undefined);
  }

  #leaves(at: readonly number[], most: number): Rule[] {
    const { classes } = this.#batch;
    const constants = this.#constants.map((code): Rule => {
      const right = at.reduce((sum, p) => sum + (classes[p] === code ? 1 : 0), 0);
      return { kind: "constant", code, right };
    });
    const sops = this.#sops.flatMap((sop, t) => {
      const values = this.#values[t]!;
      return [0, -1, 1].flatMap((by): Rule[] => {
        if (by !== 0 && isText(values[0]!)) return [];
        let right = 0;
        for (const p of at) if (values[p]! + by === classes[p]) right++;
        return right === 0 ? [] : [{ kind: "sop", sop, by, right }];
      });
    });
    // The sort is stable: of leaves that are equally good the simplest comes first.
    return [...constants, ...sops].sort((a, b) => b.right - a.right).slice(0, most);
  }

  /** A leaf with the best test in its place; undefined if none gets more positions right. */
  #split({ at, rule }: Open): Open | undefined {
    if (rule.right === at.length) return undefined;
    const leaves = this.#leaves(at, LEAVES).map((leaf) => {
      const values = ruleValues(leaf, this.#batch);
      return Uint8Array.from(at, (p) => Number(values[p] === this.#batch.classes[p]));
    });
    let best: Split | undefined;
    for (const sop of this.#informative(at)) {
      for (const split of splitsBy(sop, this.#values[sop]!, at, leaves)) {
        if (split.right > (best?.right ?? rule.right)) best = split;
      }
    }
    if (!best) return undefined;
    const { comparison, value } = best;
    const values = this.#values[best.sop]!;
    const holds = (p: number): boolean => COMPARE[comparison](values[p]!, value);
    const [then, otherwise] = [this.leaf(at.filter(holds)), this.leaf(at.filter((p) => !holds(p)))];
    const test: Test = { sop: this.#sops[best.sop]!, comparison, value };
    const right = then.rule.right + otherwise.rule.right;
    return { rule: { kind: "if", test, then: then.rule, otherwise: otherwise.rule, right }, at, then, otherwise };
  }

  /** The s-ops whose values say most about the classes at some positions, in the order of all s-ops: simple ones first. */
  #informative(at: readonly number[]): number[] {
    const width = this.#constants.length;
    const counts = new Int32Array(MOST_VALUES * width);
    const scores = this.#numbered.map((numbers) => {
      if (!numbers) return 0;
      counts.fill(0);
      for (const p of at) counts[numbers[p]! * width + this.#classes[p]!]!++;
      let right = 0;
      for (let value = 0; value < MOST_VALUES; value++) {
        let most = 0;
        for (let c = value * width; c < (value + 1) * width; c++) if (counts[c]! > most) most = counts[c]!;
        right += most;
      }
      return right;
    });
    const ranked = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]!).slice(0, TESTED);
    // Where two tests are equally good, the one that comes first is taken.
    return [...new Set([...PLAIN, ...ranked])].filter((t) => t < scores.length).sort((a, b) => a - b);
  }
}

/**
 * The tests of one s-op at some positions, comparisons with its smallest values.
 *
 * @param leaves - for each leaf 1 where it is right, of the positions, and 0 elsewhere
 */
function splitsBy(sop: number, values: Float64Array, at: readonly number[], leaves: readonly Uint8Array[]): Split[] {
  const seen = [...new Set(at.map((p) => values[p]!))].sort((a, b) => a - b).slice(0, VALUES);
  const width = seen.length + 1;
  const indexOf = new Map(seen.map((value, v) => [value, v]));
  // The larger values are together at the end.
  const groups = Uint8Array.from(at, (p) => indexOf.get(values[p]!) ?? seen.length);
  // How many positions the best leaf has right where the value is a given one, where it is less, and on the other side of either test.
  const [equal, unequal, less, more] = Array.from({ length: 4 }, () => new Float64Array(width));
  const counts = new Float64Array(width);
  for (const right of leaves) {
    counts.fill(0);
    for (let i = 0; i < right.length; i++) counts[groups[i]!]! += right[i]!;
    const total = counts.reduce((a, b) => a + b, 0);
    for (let v = 0, below = 0; v < width; below += counts[v++]!) {
      equal![v] = Math.max(equal![v]!, counts[v]!);
      unequal![v] = Math.max(unequal![v]!, total - counts[v]!);
      less![v] = Math.max(less![v]!, below);
      more![v] = Math.max(more![v]!, total - below);
    }
  }
  const all = [...seen.keys()];
  return [
    ...all.map((v): Split => ({ sop, comparison: "==", value: seen[v]!, right: equal![v]! + unequal![v]! })),
    ...all.slice(1).map((v): Split => ({ sop, comparison: "<", value: seen[v]!, right: less![v]! + more![v]! })),
  ];
}

function numbered(values: Float64Array): Uint8Array | undefined {
  const numbers = new Map<number, number>();
  const out = new Uint8Array(values.length);
  for (let p = 0; p < values.length; p++) {
    const number = getOrInsert(numbers, values[p]!, () => numbers.size);
    if (number >= MOST_VALUES) return undefined;
    out[p] = number;
  }
  return out;
}

function joined(open: Open, then: Open, otherwise: Open): Open {
  const rule = open.rule as Extract<Rule, { kind: "if" }>;
  const right = then.rule.right + otherwise.rule.right;
  return { rule: { ...rule, then: then.rule, otherwise: otherwise.rule, right }, at: open.at, then, otherwise };
}
