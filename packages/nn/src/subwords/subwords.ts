/**
 * Words as pieces, in the three usual ways, small and exact: byte-pair merges learnt from counts (Sennrich et al. 2016, arXiv 1508.07909),
 * the longest pieces from the left (WordPiece, as BERT applies it), and the most probable pieces (unigram; Kudo 2018, arXiv 1804.10959).
 */
import { checks } from "@selectron/core";

/** Two neighbouring pieces that become one. */
export type Merge = readonly [left: string, right: string];

const counts = checks.aMap("a Map of counts by word");
const aWord: checks.Kind = {
  what: "a word of one character or more",
  fits: (value) => typeof value === "string" && value !== "",
};
const MOST_MERGES = 100_000;

/**
 * The merges of byte-pair encoding: each time the pair of neighbours that is most frequent in the words, of equal ones the first in the order
 * of code points.
 *
 * @param words - how often each word occurs, a number above 0
 * @param merges - how many at most; fewer where no pair occurs twice
 */
export function bytePairs(words: ReadonlyMap<string, number>, merges: number): Merge[] {
  checks.check("bytePairs: words", words, counts);
  checks.check("bytePairs: merges", merges, checks.anInteger(0, MOST_MERGES));
  let texts = [...words].map(([word, count]) => {
    checks.check("bytePairs: words: a word", word, aWord);
    checks.check(`bytePairs: words: the count of a word`, count, checks.aPositive);
    return { pieces: [...word], count };
  });
  const learnt: Merge[] = [];
  while (learnt.length < merges) {
    const pair = mostFrequent(texts);
    if (!pair) break;
    learnt.push(pair);
    texts = texts.map(({ pieces, count }) => ({ pieces: merged(pieces, pair), count }));
  }
  return learnt;
}

function mostFrequent(
  texts: readonly { readonly pieces: readonly string[]; readonly count: number }[],
): Merge | undefined {
  const found = new Map<string, { pair: Merge; count: number }>();
  for (const { pieces, count } of texts) {
    for (let i = 0; i + 1 < pieces.length; i++) {
      const pair = [pieces[i]!, pieces[i + 1]!] as const;
      const key = JSON.stringify(pair);
      const before = found.get(key) ?? { pair, count: 0 };
      found.set(key, { pair, count: before.count + count });
    }
  }
  const [best] = [...found]
    .filter(([, { count }]) => count > 1)
    .sort(([a, x], [b, y]) => y.count - x.count || (a < b ? -1 : 1));
  return best?.[1].pair;
}

/** Pieces with a pair joined wherever it stands, from the left. */
function merged(pieces: readonly string[], [left, right]: Merge): string[] {
  const out: string[] = [];
  for (let i = 0; i < pieces.length; i++) {
    const joins = pieces[i] === left && pieces[i + 1] === right;
    out.push(joins ? left + right : pieces[i]!);
    if (joins) i++;
  }
  return out;
}

const someMerges = checks.aList(
  'an array of pairs, such as [["a", "b"]]',
  checks.aList("a pair of strings", checks.aText),
);

/** A word as the pieces that merges make of its characters, in the order in which they were learnt. */
export function bytePairPieces(word: string, merges: readonly Merge[]): string[] {
  checks.check("bytePairPieces: word", word, aWord);
  checks.check("bytePairPieces: merges", merges, someMerges);
  return merges.reduce<string[]>(merged, [...word]);
}

const somePieces = checks.anInstance(Set);

/**
 * A word as the longest pieces of a vocabulary from the left, those after the first beginning with "##".
 *
 * @returns undefined where the vocabulary cannot write the word
 */
export function wordPieces(word: string, vocabulary: ReadonlySet<string>): string[] | undefined {
  checks.check("wordPieces: word", word, aWord);
  checks.check("wordPieces: vocabulary", vocabulary, { ...somePieces, what: "a Set of pieces" });
  const characters = [...word];
  const pieces: string[] = [];
  for (let at = 0; at < characters.length;) {
    const piece = (end: number): string => (at === 0 ? "" : "##") + characters.slice(at, end).join("");
    let end = characters.length;
    while (end > at && !vocabulary.has(piece(end))) end--;
    if (end === at) return undefined;
    pieces.push(piece(end));
    at = end;
  }
  return pieces;
}

/**
 * A word as the pieces whose probabilities have the largest product, found by Viterbi's algorithm.
 *
 * @param logProbabilities - of each piece, its logarithm
 * @returns undefined where no pieces make the word
 */
export function unigramPieces(word: string, logProbabilities: ReadonlyMap<string, number>): string[] | undefined {
  checks.check("unigramPieces: word", word, aWord);
  checks.check("unigramPieces: logProbabilities", logProbabilities, checks.aMap("a Map of numbers by piece"));
  const characters = [...word];
  const best: ({ score: number; pieces: readonly string[] } | undefined)[] = [{ score: 0, pieces: [] }];
  for (let end = 1; end <= characters.length; end++) {
    for (let start = 0; start < end; start++) {
      const before = best[start];
      const piece = characters.slice(start, end).join("");
      const own = logProbabilities.get(piece);
      if (own !== undefined) checks.check("unigramPieces: logProbabilities: a value", own, checks.aFinite);
      if (!before || own === undefined || before.score + own <= (best[end]?.score ?? -Infinity)) continue;
      best[end] = { score: before.score + own, pieces: [...before.pieces, piece] };
    }
  }
  const found = best[characters.length];
  return found && [...found.pieces];
}
