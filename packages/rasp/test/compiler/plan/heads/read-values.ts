/** What reads of embeddings are, and the scores of a head in float32, for tests that compare them with what they should be. */
import type { Scores } from "../../../../src/compiler/plan/ir/plan.js";
import type { Read } from "../../../../src/compiler/plan/ir/read.js";

/** A read of embeddings where the subspace that it reads holds the value at a place of the s-op's values. */
export const readAt = ({ constant, terms }: Read, place: number): number =>
  [...terms.values()].reduce((sum, coefficients) => sum + coefficients[place]!, constant);

/** The score of a key for a query, as every order of float32 additions gives it; fails where two orders differ. */
export function scoreOf({ keys, queries }: Scores, key: number, query: number): number {
  const products = keys.map((read, d) => Math.fround(readAt(read, key) * readAt(queries[d]!, query)));
  const sums = new Set(permutations(products).map((order) => order.reduce((sum, p) => Math.fround(sum + p), 0)));
  if (sums.size !== 1) throw new Error(`the order of ${products.join(" + ")} matters: ${[...sums].join(", ")}`);
  return [...sums][0]!;
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) => permutations(items.filter((_, j) => j !== i)).map((rest) => [item, ...rest]));
}
