/**
 * Scores for `best`: they rise with the rank of a key, so that one of the selected keys takes nearly all of the attention. The key with
 * the greatest value of `best` ranks highest, and of equal ones the earliest.
 */
import { atomKey } from "../../../language/atom/compare.js";
import type { NormalSOp } from "../../normalize/normal-form.js";
import { atomNumber } from "../../values/value-set.js";
import { RANK_SCORE, SCORE, type Scores } from "../ir/plan.js";
import { combineReads, constantRead } from "../ir/read.js";
import type { HeadContext } from "./context.js";
import { scoresOf } from "./scores.js";
import type { BlockConjunction } from "./selection.js";

/** The conjunction's scores with one more dimension, of ranks. A block that does not hold costs more than all ranks together. */
export function rankedScores(conjunction: BlockConjunction, best: NormalSOp, context: HeadContext): Scores {
  const { domain, form, materialize } = context;
  const { maxLength } = domain;
  const ascending = domain.values(best).filter((value) => atomNumber(value) !== undefined);
  const rankOf = new Map(ascending.map((value, rank) => [atomKey(value), rank]));
  const [byValue] = materialize(best, (value) => [rankOf.get(atomKey(value)) ?? 0], ["rank"]);
  const [byPosition] = materialize(form.indices(), (value) => [maxLength - 1 - Number(value)], ["earliness"]);
  const key = combineReads([
    [maxLength, byValue!],
    [1, byPosition!],
  ]);
  const highest = RANK_SCORE * (maxLength * Math.max(1, ascending.length) - 1);
  const scores = scoresOf(conjunction, highest + SCORE.copy, context);
  return {
    ...scores,
    keys: [...scores.keys, key],
    queries: [...scores.queries, constantRead(RANK_SCORE)],
    ranking: { key, highest },
  };
}
