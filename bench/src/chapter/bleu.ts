/** BLEU of a corpus with one reference each (Papineni et al. 2002): n-grams of up to 4 words, clipped, and a penalty for what is too short. */

const ORDERS = [1, 2, 3, 4];

function counts(text: readonly number[], order: number): Map<string, number> {
  const found = new Map<string, number>();
  for (let i = 0; i + order <= text.length; i++) {
    const key = text.slice(i, i + order).join();
    found.set(key, (found.get(key) ?? 0) + 1);
  }
  return found;
}

/**
 * 0 to 1; 0 where an order of n-grams has no match.
 *
 * @param answers - each beside the reference at its place
 */
export function bleu(answers: readonly (readonly number[])[], references: readonly (readonly number[])[]): number {
  const precisions = ORDERS.map((order) => {
    let [matches, total] = [0, 0];
    answers.forEach((answer, n) => {
      const wanted = counts(references[n]!, order);
      for (const [key, count] of counts(answer, order)) {
        matches += Math.min(count, wanted.get(key) ?? 0);
        total += count;
      }
    });
    return total === 0 ? 0 : matches / total;
  });
  const [ours, theirs] = [answers, references].map((texts) => texts.reduce((sum, { length }) => sum + length, 0)) as [
    number,
    number,
  ];
  if (ours === 0 || precisions.includes(0)) return 0;
  const mean = Math.exp(precisions.reduce((sum, p) => sum + Math.log(p), 0) / ORDERS.length);
  return mean * Math.min(1, Math.exp(1 - theirs / ours));
}
