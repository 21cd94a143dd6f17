/**
 * Whether restricted attention suffices for a program. A Transformer whose queries look at only some of the keys can compute what a
 * head of the program computes if it looks at every key that the selector can select. Which pairs of positions these are follows
 * from the values that the selector's keys and queries can take: sets that may be too large, but never too small. So "yes" is
 * proved, for the vocabulary and up to the length; "no" is shown by an input; otherwise the answer is unknown.
 */
import { checks } from "@selectron/core";
import { looksAt, type Restriction } from "@selectron/nn";
import { getOrInsert } from "../language/maps.js";
import { Domain } from "./values/domain.js";
import { simplify } from "./normalize/simplify.js";
import type { Answers } from "./values/relations.js";
import { answersOf } from "./values/independent-selection.js";
import type { ValueSet } from "./values/value-set.js";
import { checkedVocabulary } from "./values/vocabulary.js";
import { depths } from "../language/cost/cost.js";
import { RaspError } from "../language/diagnostic.js";
import { loopsOf, nodesInside } from "../language/graph/loop.js";
import { topological, type Atom, type Selector, type SelectNode, type SOp } from "../language/graph/node.js";
import { aRunLength, checkSOp } from "../language/graph/kinds.js";
import { Evaluation } from "../language/interpret/evaluation.js";
import type { Input } from "../language/interpret/tokens.js";
import { countInputs, everyInput, randomInputs } from "./verify/inputs.js";

/** For which inputs `sufficiency` answers. */
export interface SufficiencyOptions {
  /** The input elements. A string is a list of characters. */
  readonly vocabulary: Input;
  /** The longest input, 1 or more. */
  readonly maxLength: number;
  /** Whether queries look at nothing after them; false by default. */
  readonly causal?: boolean;
  /** How many random inputs to seek a counterexample among; all inputs where there are no more. 500 by default. */
  readonly runs?: number;
  /** The seed of the random inputs; 1 by default. */
  readonly seed?: number;
}

const OPTIONS = {
  vocabulary: checks.anything,
  maxLength: checks.anInteger(1, 4096),
  causal: checks.aFlag,
  runs: aRunLength,
  seed: checks.aFinite,
};

/** One selector that some aggregate reads, and how far it reaches. */
export interface SelectorReach {
  readonly selector: Selector;
  /** The largest distance of a selected key before its query, and after it; 0 if there is none. */
  readonly before: number;
  readonly after: number;
  /** Whether the restriction looks at every key that it can select. */
  readonly suffices: boolean;
}

/** A key that a program selects and that its query does not look at. */
export interface MissedKey {
  readonly selector: Selector;
  readonly input: readonly Atom[];
  readonly query: number;
  readonly key: number;
}

/** Whether restricted attention suffices for a program, and how that is known. */
export interface Sufficiency {
  /** True if proved, false if disproved by `missed`, undefined if neither. */
  readonly suffices: boolean | undefined;
  /** Every selector that some aggregate reads, also inside loops, in the order of creation. */
  readonly selectors: readonly SelectorReach[];
  readonly missed: MissedKey | undefined;
}

/**
 * Whether a restriction lets every head see what the program's selectors select, head by head. That further layers could pass
 * values on is not considered.
 *
 * @throws RangeError on an empty vocabulary or a maximum length that is not a whole number from 1 up
 */
export function sufficiency(sop: SOp, restriction: Restriction, options: SufficiencyOptions): Sufficiency {
  checkSOp("sufficiency", sop);
  checks.checkOptions("sufficiency", options, OPTIONS, ["vocabulary", "maxLength"]);
  const { maxLength, causal = false } = options;
  looksAt(restriction, causal, 0, 0); // Refuses what is no restriction, also where nothing is selected.
  const vocabulary = checkedVocabulary(options.vocabulary, maxLength);

  const looks = (query: number, key: number): boolean => looksAt(restriction, causal, query, key);
  const nodes = [...depths(sop).keys()];
  const selectors = new Set(nodes.flatMap((node) => (node.kind === "aggregate" ? [node.selector] : [])));
  const reach = [...selectors]
    .sort((a, b) => a.id - b.id)
    .map((selector) => reachOf(selector, possiblePairs(selector, vocabulary, maxLength), maxLength, looks));
  const doubtful = reach.filter(({ suffices }) => !suffices).map(({ selector }) => selector);
  // What is inside a loop has no value of its own on an input.
  const inLoops = new Set(loopsOf(nodes).flatMap(nodesInside));
  const asked = doubtful.filter((selector) => !inLoops.has(selector));
  const missed = asked.length === 0 ? undefined : missedKey(sop, asked, looks, { ...options, vocabulary });
  return { suffices: doubtful.length === 0 ? true : missed ? false : undefined, selectors: reach, missed };
}

/** What a selector can answer for a key and a query at two positions of inputs of one length. */
type Pairs = (length: number, query: number, key: number) => Answers;

function reachOf(
  selector: Selector,
  pairs: Pairs,
  maxLength: number,
  looks: (query: number, key: number) => boolean,
): SelectorReach {
  let [before, after, suffices] = [0, 0, true];
  for (let length = 1; length <= maxLength; length++) {
    for (let query = 0; query < length; query++) {
      for (let key = 0; key < length; key++) {
        if (!pairs(length, query, key).yes) continue;
        before = Math.max(before, query - key);
        after = Math.max(after, key - query);
        suffices &&= looks(query, key);
      }
    }
  }
  return { selector, before, after, suffices };
}

/** What a selector can answer. The operands of `and` and `or` are taken as independent. */
function possiblePairs(selector: Selector, vocabulary: readonly Atom[], maxLength: number): Pairs {
  const known = new Map<Selector, Pairs>();
  for (const node of topological(selector)) {
    const pairsOf = (operand: Selector): Pairs => known.get(operand)!;
    switch (node.kind) {
      case "select":
        known.set(node, comparedPairs(node, vocabulary, maxLength));
        break;
      case "not":
        known.set(node, (...place) => {
          const { yes, no } = pairsOf(node.arg)(...place);
          return { yes: no, no: yes };
        });
        break;
      case "and":
      case "or":
        known.set(node, (...place) => {
          const [left, right] = [pairsOf(node.left)(...place), pairsOf(node.right)(...place)];
          return node.kind === "and"
            ? { yes: left.yes && right.yes, no: left.no || right.no }
            : { yes: left.yes || right.yes, no: left.no && right.no };
        });
        break;
      case "best":
        known.set(node, (...place) => ({ yes: pairsOf(node.selector)(...place).yes, no: true }));
        break;
    }
  }
  return known.get(selector)!;
}

/** What a comparison can answer, from the values that its keys and queries can take. */
function comparedPairs({ keys, queries, op }: SelectNode, vocabulary: readonly Atom[], maxLength: number): Pairs {
  const [keySets, querySets] = [valueSets(keys, vocabulary, maxLength), valueSets(queries, vocabulary, maxLength)];
  if (!keySets || !querySets) return () => ({ yes: true, no: true });
  const known = new Map<string, Answers>();
  return (length, query, key) => {
    const [keySet, querySet] = [keySets(length, key), querySets(length, query)];
    return getOrInsert(known, `${keySet.id} ${querySet.id}`, () => answersOf(op, keySet.atoms, querySet.atoms));
  };
}

/** The values of an s-op by length and position; undefined where the compiler's analysis refuses it. */
function valueSets(
  sop: SOp,
  vocabulary: readonly Atom[],
  maxLength: number,
): ((length: number, position: number) => ValueSet) | undefined {
  try {
    const domain = new Domain(vocabulary, maxLength);
    const root = simplify([sop], domain).sops.get(sop)!;
    domain.valuesAt(root, 1, 0); // All of them are computed here, or refused.
    return (length, position) => domain.valuesAt(root, length, position);
  } catch (error) {
    if (error instanceof RaspError) return undefined;
    throw error;
  }
}

/** An input on which one of these selectors selects a key that its query does not look at. */
function missedKey(
  sop: SOp,
  selectors: readonly Selector[],
  looks: (query: number, key: number) => boolean,
  { vocabulary, maxLength, runs = 500, seed = 1 }: SufficiencyOptions & { readonly vocabulary: readonly Atom[] },
): MissedKey | undefined {
  const inputs =
    countInputs(vocabulary.length, maxLength) <= runs
      ? everyInput(vocabulary, maxLength)
      : randomInputs(vocabulary, maxLength, runs, seed);
  for (const input of inputs) {
    const evaluation = new Evaluation(input);
    try {
      evaluation.check(sop);
    } catch (error) {
      if (error instanceof RaspError) continue; // The program has no value.
      throw error;
    }
    for (const selector of selectors) {
      const matrix = evaluation.selector(selector);
      for (let query = 0; query < input.length; query++) {
        const key = matrix[query]!.findIndex((selected, k) => selected === 1 && !looks(query, k));
        if (key >= 0) return { selector, input, query, key };
      }
    }
  }
  return undefined;
}
