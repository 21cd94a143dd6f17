/**
 * The vocabulary of a GPT-2: BOS, the tokens of the program in the encoder's order, then the answers that are no tokens. The largest
 * logit is the answer's, so that what is chosen decodes to it, and a token that is chosen can be the next one.
 */
import { atomKey } from "../../../language/atom/compare.js";
import { atomText, describeAtom } from "../../../language/atom/text.js";
import type { Atom } from "../../../language/graph/node.js";
import type { AnswerRow } from "./weights.js";

export interface Vocabulary {
  /** The text of each entry, all different. Entry 0 is BOS. */
  readonly texts: readonly string[];
  /** How many entries are BOS and the tokens; the others are answers only. */
  readonly inputs: number;
  /** For each entry the class that it answers; undefined for what the program never answers. */
  readonly classes: readonly (number | undefined)[];
}

/**
 * @param tokens - the program's vocabulary
 * @param classes - what it can answer
 */
export function vocabularyOf(tokens: readonly Atom[], classes: readonly Atom[]): Vocabulary {
  const texts: string[] = [];
  const taken = new Set<string>();
  const add = (candidates: readonly string[]): number => {
    let text = candidates.find((candidate) => !taken.has(candidate)) ?? candidates.at(-1)!;
    while (taken.has(text)) text += "_";
    taken.add(text);
    return texts.push(text) - 1;
  };
  const namesOf = (atom: Atom): string[] => [atomText(atom), describeAtom(atom), `${atomText(atom)} (${typeOf(atom)})`];
  // BOS takes a name that no token has.
  const others = new Set([...tokens, ...classes].map(atomText));
  add(["<bos>", "<s>", "<bos_>"].filter((name) => !others.has(name)));
  const places = new Map(tokens.map((token) => [keyOf(token), add(namesOf(token))]));
  const ofEntry = new Map<number, number>();
  const own = classes.map((value, c) => {
    const entry = places.get(keyOf(value));
    if (entry !== undefined) ofEntry.set(entry, c);
    return entry;
  });
  classes.forEach((value, c) => {
    if (own[c] !== undefined) return;
    // An int that is written as a token is: the answer reads the same, and no other answer has this entry.
    const alike = texts.indexOf(atomText(value));
    ofEntry.set(alike > 0 && !ofEntry.has(alike) ? alike : add(namesOf(value)), c);
  });
  return { texts, inputs: tokens.length + 1, classes: texts.map((_, entry) => ofEntry.get(entry)) };
}

/** The row of the unembedding of each entry: its class's logit, or one that is always smaller than the first one's. */
export const answerRows = ({ classes }: Vocabulary): AnswerRow[] =>
  classes.map((logit) => (logit === undefined ? { logit: 0, plus: -1 } : { logit, plus: 0 }));

const typeOf = (atom: Atom): string =>
  typeof atom === "bigint"
    ? "int"
    : typeof atom === "number"
      ? "float"
      : typeof atom === "boolean"
        ? "bool"
        : atom === null
          ? "None"
          : "string";

/** 1 and 1.0 are one value, and True is another. */
const keyOf = (atom: Atom): string => (typeof atom === "boolean" ? `b${atom}` : atomKey(atom));
