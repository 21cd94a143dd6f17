/**
 * From terms to classes: a conditional expression whose leaves are constants, terms, or terms plus or minus 1, grown greedily on a batch:
 * each split is the one after which most positions are right.
 */
import type { Batch, Codes } from "./batch.js";
import { COMPARE, shifted, type Naming, type Term } from "./candidate.js";

/** A rule; `right` is how many of the positions that it was grown on it has right. */
export type Rule =
  | { readonly kind: "constant"; readonly code: number; readonly right: number }
  | { readonly kind: "term"; readonly term: Term; readonly by: number; readonly right: number }
  | { readonly kind: "if"; readonly test: Test; readonly then: Rule; readonly otherwise: Rule; readonly right: number };

interface Test {
  readonly term: Term;
  readonly comparison: "==" | "<";
  readonly value: number;
}

/** Terms that are tried in tests, leaves that are tried behind them, and values of a term that are tested. */
const [TESTED, LEAVES, VALUES] = [60, 120, 24];

/** The class that a rule gives at each position of a batch. */
export function ruleValues(rule: Rule, batch: Batch): Float32Array {
  if (rule.kind === "constant") return new Float32Array(batch.size).fill(rule.code);
  if (rule.kind === "term") {
    return rule.by === 0 ? rule.term.values(batch) : rule.term.values(batch).map((x) => x + rule.by);
  }
  const { test, then, otherwise } = rule;
  const [tested, yes, no] = [test.term.values(batch), ruleValues(then, batch), ruleValues(otherwise, batch)];
  return tested.map((value, at) => (COMPARE[test.comparison](value, test.value) ? yes[at]! : no[at]!));
}

/** The share of inputs whose classes are all right. */
export function ruleMatch(rule: Rule, batch: Batch): number {
  const values = ruleValues(rule, batch);
  const wrong = batch.inputs.filter((_, s) => {
    for (let at = batch.starts[s]!; at < batch.starts[s + 1]!; at++) if (values[at] !== batch.classes[at]) return true;
    return false;
  });
  return 1 - wrong.length / batch.inputs.length;
}

export const leavesOf = (rule: Rule): number =>
  rule.kind === "if" ? leavesOf(rule.then) + leavesOf(rule.otherwise) : 1;

/** Every term that a rule reads. */
export const termsOf = (rule: Rule): Term[] =>
  rule.kind === "constant"
    ? []
    : rule.kind === "term"
      ? [rule.term]
      : [rule.test.term, ...termsOf(rule.then), ...termsOf(rule.otherwise)];

/** The rule with one term in the place of another. */
export function replaced(rule: Rule, term: Term, by: Term): Rule {
  if (rule.kind === "constant") return rule;
  if (rule.kind === "term") return rule.term === term ? { ...rule, term: by } : rule;
  const { test, then, otherwise } = rule;
  return {
    ...rule,
    test: test.term === term ? { ...test, term: by } : test,
    then: replaced(then, term, by),
    otherwise: replaced(otherwise, term, by),
  };
}

/** A rule as RASP. */
export function ruleText(rule: Rule, name: Naming, codes: Codes): string {
  if (rule.kind === "constant") return codes.literal(rule.code);
  if (rule.kind === "term") return shifted(name(rule.term), rule.by);
  const { term, comparison, value } = rule.test;
  const inner = (part: Rule): string => {
    const text = ruleText(part, name, codes);
    return part.kind === "if" ? `(${text})` : text;
  };
  return `${inner(rule.then)} if ${name(term)} ${comparison} ${codes.literal(value)} else ${inner(rule.otherwise)}`;
}

/** The rule as statements; the last sets `prediction`. */
export function ruleProgram(rule: Rule, codes: Codes): string {
  const lines: string[] = [];
  const named = new Map<string, string>();
  const name: Naming = (part) => {
    if (part.kind === "selector" || part.isInline) {
      return part.text(name);
    }
    const known = named.get(part.key);
    if (known !== undefined) return known;
    const text = part.text(name);
    const made = `h${named.size + 1}`;
    named.set(part.key, made);
    lines.push(`${made} = ${text};`);
    return made;
  };
  const text = ruleText(rule, name, codes);
  lines.push(`prediction = ${text};`);
  return `${lines.join("\n")}\n`;
}

/** Rules with one leaf, two, three … grown on a batch, as long as a leaf more has more positions right. */
export function growRules(terms: readonly Term[], batch: Batch, mostLeaves: number): Rule[] {
  const grower = new Grower(terms, batch);
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

/** A rule that can still grow: where its leaves came from. */
interface Open {
  readonly rule: Rule;
  readonly at: readonly number[];
  readonly then?: Open;
  readonly otherwise?: Open;
  /** The best split of a leaf, found once. */
  split?: Open | null;
}

class Grower {
  readonly #values: readonly Float32Array[];
  /** Each term's values numbered in the order of their coming; absent where there are too many to tell apart. */
  readonly #numbered: readonly (Uint8Array | undefined)[];
  /** The place of each position's class among the constants. */
  readonly #classes: Uint8Array;
  readonly #constants: readonly number[];

  readonly #terms: readonly Term[];
  readonly #batch: Batch;

  constructor(terms: readonly Term[], batch: Batch) {
    this.#terms = terms;
    this.#batch = batch;
    this.#values = terms.map((term) => term.values(batch));
    this.#constants = [...new Set(batch.classes)].sort((a, b) => a - b);
    this.#classes = Uint8Array.from(batch.classes, (code) => this.#constants.indexOf(code));
    this.#numbered = this.#values.map(numbered);
  }

  /** The best single leaf at some positions. */
  leaf(at: readonly number[]): Open {
    const [best] = this.#leaves(at, 1);
    return { rule: best!, at };
  }

  /** The rule with one leaf split, the one that gains most. */
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
    const terms = this.#terms.flatMap((term, t) => {
      const values = this.#values[t]!;
      return [0, -1, 1].flatMap((by): Rule[] => {
        if (by !== 0 && values[0]! >= 100_000) return [];
        let right = 0;
        for (const p of at) if (values[p]! + by === classes[p]) right++;
        return right === 0 ? [] : [{ kind: "term", term, by, right }];
      });
    });
    // The sort is stable: of equal ones the simplest comes first.
    return [...constants, ...terms].sort((a, b) => b.right - a.right).slice(0, most);
  }

  /** The best test at a leaf's positions. */
  #split({ at, rule }: Open): Open | undefined {
    if (rule.right === at.length) return undefined;
    const leaves = this.#leaves(at, LEAVES).map((leaf) => {
      const values = ruleValues(leaf, this.#batch);
      return at.map((p) => values[p] === this.#batch.classes[p]);
    });
    let [best, bestRight] = [
      undefined as { term: number; comparison: "==" | "<"; value: number } | undefined,
      rule.right,
    ];
    for (const term of this.#informative(at)) {
      const values = this.#values[term]!;
      const seen = [...new Set(at.map((p) => values[p]!))].sort((a, b) => a - b).slice(0, VALUES);
      // For each leaf, how many it has right at each value: tests are sums of these.
      const place = new Map(seen.map((value, v) => [value, v]));
      const counts = leaves.map((right) => {
        const count = new Float64Array(seen.length + 1);
        at.forEach((p, i) => {
          if (right[i]) count[place.get(values[p]!) ?? seen.length]!++;
        });
        return count;
      });
      for (const comparison of ["==", "<"] as const) {
        for (let v = comparison === "<" ? 1 : 0; v < seen.length; v++) {
          let [yes, no] = [0, 0];
          for (const count of counts) {
            let inside = 0;
            if (comparison === "==") inside = count[v]!;
            else for (let u = 0; u < v; u++) inside += count[u]!;
            const outside = count.reduce((sum, x) => sum + x, -inside);
            yes = Math.max(yes, inside);
            no = Math.max(no, outside);
          }
          if (yes + no > bestRight) [best, bestRight] = [{ term, comparison, value: seen[v]! }, yes + no];
        }
      }
    }
    if (!best) return undefined;
    const values = this.#values[best.term]!;
    const holds = (p: number): boolean => COMPARE[best.comparison](values[p]!, best.value);
    const [then, otherwise] = [this.leaf(at.filter(holds)), this.leaf(at.filter((p) => !holds(p)))];
    const test: Test = { term: this.#terms[best.term]!, comparison: best.comparison, value: best.value };
    const right = then.rule.right + otherwise.rule.right;
    return { rule: { kind: "if", test, then: then.rule, otherwise: otherwise.rule, right }, at, then, otherwise };
  }

  /** The terms whose values tell most of the classes at some positions, most telling first. */
  #informative(at: readonly number[]): number[] {
    const width = this.#constants.length;
    const counts = new Int32Array(MOST_VALUES * width);
    const worth = this.#numbered.map((numbers) => {
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
    const ranked = [...worth.keys()].sort((a, b) => worth[b]! - worth[a]!).slice(0, TESTED);
    // What is simpler comes first, and wins where two tests are as good.
    return [...new Set([...PLAIN, ...ranked])].filter((t) => t < worth.length).sort((a, b) => a - b);
  }
}

/** The first terms need no attention and are always tried. */
const PLAIN = [0, 1, 2, 3, 4, 5];

/** Terms with more values are not tested. */
const MOST_VALUES = 64;

function numbered(values: Float32Array): Uint8Array | undefined {
  const places = new Map<number, number>();
  const out = new Uint8Array(values.length);
  for (let p = 0; p < values.length; p++) {
    const value = values[p]!;
    let place = places.get(value);
    if (place === undefined) places.set(value, (place = places.size));
    if (place >= MOST_VALUES) return undefined;
    out[p] = place;
  }
  return out;
}

function joined(open: Open, then: Open, otherwise: Open): Open {
  const rule = open.rule as Extract<Rule, { kind: "if" }>;
  const right = then.rule.right + otherwise.rule.right;
  return { rule: { ...rule, then: then.rule, otherwise: otherwise.rule, right }, at: open.at, then, otherwise };
}
