/**
 * Two made-up languages, their grammar and their dictionary: sentences of any number of words from 5 on, and their translation.
 *
 * The source has the order subject, verb, object, articles and adjectives before the noun, and one form of a verb. The target puts the verb
 * last, adjectives and the article behind the noun, and everything agrees with its noun in gender and number: adjectives, articles, and verbs
 * with their subject, over an object and over relative clauses that stand between them, which may have such clauses again. A question's word
 * comes first in the source and last in the target.
 */
import type { Rng } from "@selectron/core";

/** Special ids, the same in both languages. */
export const [PAD, START, END] = [0, 1, 2];

const NOUNS = ["dog", "cat", "bird", "child", "king", "queen", "river", "stone", "tree", "star", "horse", "baker"];
const ADJECTIVES = ["old", "red", "small", "kind", "loud", "wise"];
const VERBS = ["sees", "likes", "finds", "calls", "helps", "fears"];
const ARTICLES = ["the", "a"];

/** Stems of the target by word of the source; every other noun is feminine. */
const STEMS: Readonly<Record<string, string>> = {
  ...{
    dog: "kel",
    cat: "miru",
    bird: "tas",
    child: "peno",
    king: "dor",
    queen: "dora",
    river: "vasi",
    stone: "gat",
    tree: "lum",
  },
  ...{
    star: "sela",
    horse: "hap",
    baker: "furni",
    old: "ve",
    red: "ro",
    small: "pik",
    kind: "bon",
    loud: "zum",
    wise: "sof",
  },
  ...{ sees: "vid", likes: "am", finds: "trov", calls: "kri", helps: "hel", fears: "tim", the: "l", a: "un" },
};

interface Form {
  readonly feminine: boolean;
  readonly plural: boolean;
}
const ending = ({ feminine, plural }: Form): string => (feminine ? "a" : "o") + (plural ? "s" : "");
const FORMS: readonly Form[] = [false, true].flatMap((feminine) =>
  [false, true].map((plural) => ({ feminine, plural })),
);

const SOURCE_WORDS = [
  ...NOUNS.flatMap((noun) => [noun, `${noun}s`]),
  ...ADJECTIVES,
  ...VERBS,
  ...ARTICLES,
  "that",
  "and",
  "whether",
];
const TARGET_WORDS = [
  ...NOUNS.flatMap((noun) => [STEMS[noun]!, `${STEMS[noun]!}s`]),
  ...[...ADJECTIVES, ...VERBS, ...ARTICLES].flatMap((word) => FORMS.map((form) => STEMS[word]! + ending(form))),
  ...["ki", "et", "cu"],
];

/** All words by id, special ones first. */
export const words: readonly string[] = ["<pad>", "<start>", "<end>", ...SOURCE_WORDS, ...TARGET_WORDS];
const ids = new Map(words.map((word, id) => [word, id]));
if (ids.size !== words.length) throw new Error("two words of the languages are the same.");
const idsOf = (text: readonly string[]): number[] => text.map((word) => ids.get(word)!);

interface Text {
  readonly source: readonly string[];
  readonly target: readonly string[];
}

/** The shortest sentence, and the longest that is not made of several. */
const [SHORTEST, LONGEST_CLAUSE] = [5, 23];

/** A noun with what belongs to it, of so many words: 2 or more. */
function nounPhrase(rng: Rng, count: number): Text & { readonly form: Form } {
  const noun = rng.pick(NOUNS);
  const form = { feminine: NOUNS.indexOf(noun) % 2 === 1, plural: rng.int(2) === 1 };
  const article = rng.pick(ARTICLES);
  // A relative clause has "that", a verb and a noun phrase of two words or more.
  const inside = count < 6 ? 0 : count - 2 - rng.int(Math.min(2, count - 5));
  const adjectives = Array.from({ length: count - 2 - inside }, () => rng.pick(ADJECTIVES));
  const agreeing = (word: string): string => STEMS[word]! + ending(form);
  const clause = inside === 0 ? undefined : { verb: rng.pick(VERBS), object: nounPhrase(rng, inside - 2) };
  return {
    form,
    source: [
      ...[article, ...adjectives, form.plural ? `${noun}s` : noun],
      ...(clause ? ["that", clause.verb, ...clause.object.source] : []),
    ],
    target: [
      ...[STEMS[noun]! + (form.plural ? "s" : ""), ...adjectives.map(agreeing), agreeing(article)],
      ...(clause ? ["ki", ...clause.object.target, agreeing(clause.verb)] : []),
    ],
  };
}

/** A subject, a verb and an object, of so many words: 5 or more. */
function clause(rng: Rng, count: number): Text {
  const first = 2 + rng.int(count - 4);
  const [subject, object] = [nounPhrase(rng, first), nounPhrase(rng, count - 1 - first)];
  const verb = rng.pick(VERBS);
  return {
    source: [...subject.source, verb, ...object.source],
    target: [...subject.target, ...object.target, STEMS[verb]! + ending(subject.form)],
  };
}

/** One clause or several, of so many words: 5 or more. */
function clauses(rng: Rng, count: number): Text {
  if (count < 2 * SHORTEST + 1 || (count <= LONGEST_CLAUSE && rng.int(2) === 0)) return clause(rng, count);
  const first =
    SHORTEST +
    rng.int(Math.min(LONGEST_CLAUSE, count - 2 * SHORTEST) - (count - 2 * SHORTEST > LONGEST_CLAUSE ? SHORTEST : 0));
  const [left, right] = [clause(rng, first), clauses(rng, count - 1 - first)];
  return { source: [...left.source, "and", ...right.source], target: [...left.target, "et", ...right.target] };
}

/** A sentence and its translation as ids; the translation ends with END. */
export interface Pair {
  readonly source: readonly number[];
  readonly target: readonly number[];
}

/** A pair whose source has so many words: 5 or more. */
export function drawPair(rng: Rng, count: number): Pair {
  const isQuestion = count > SHORTEST && rng.int(4) === 0;
  const { source, target } = clauses(rng, isQuestion ? count - 1 : count);
  return {
    source: idsOf(isQuestion ? ["whether", ...source] : source),
    target: [...idsOf(isQuestion ? [...target, "cu"] : target), END],
  };
}
