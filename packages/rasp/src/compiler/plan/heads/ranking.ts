/**
 * Scores for `best`: they rise with the rank of a key, so that one of the selected keys takes nearly all of the attention. The key with
 * the greatest value of `best` ranks highest, and of equal ones the earliest.
 */
import { leastPowerOfTwo } from "@selectron/core";
import { atomKey } from "../../../language/atom/compare.js";
import type { NormalSOp } from "../../normalize/normal-form.js";
import { atomNumber } from "../../values/value-set.js";
import { isLow } from "../ir/arithmetic.js";
import type { Ranking, Scores } from "../ir/plan.js";
import { combineReads, constantRead } from "../ir/read.js";
import type { HeadContext } from "./context.js";
import { scoresOf } from "./scores.js";
import type { BlockConjunction } from "./selection.js";

/**
 * The conjunction's scores with more dimensions, of ranks. A block that does not hold costs more than all ranks together.
 *
 * @param differ - whether no two keys of a row have the same rank, so that it need not be asked which comes first
 */
export function rankedScores(
  conjunction: BlockConjunction,
  best: NormalSOp,
  context: HeadContext,
  differ: boolean,
): Scores {
  const ranking = rankingBy(best, context, differ);
  const costly = ranking.highest + context.arithmetic.score.copy;
  const unit = isLow(context.arithmetic) ? leastPowerOfTwo(costly) : costly;
  const scores = scoresOf(conjunction, unit, context, "BOS", {
    size: ranking.highest,
    grid: context.arithmetic.rankScore,
  });
  return {
    ...scores,
    keys: [...scores.keys, ...ranking.keys],
    queries: [...scores.queries, ...ranking.queries.map(constantRead)],
    ranking,
  };
}

/** One key for value and position together or, in low precision, one for each, with fewer digits. */
function rankingBy(best: NormalSOp, { domain, form, materialize, arithmetic }: HeadContext, differ: boolean): Ranking {
  const { maxLength } = domain;
  const { rankScore } = arithmetic;
  const ascending = domain.values(best).filter((value) => atomNumber(value) !== undefined);
  const rankOf = new Map(ascending.map((value, rank) => [atomKey(value), rank]));
  const [byValue] = materialize(best, (value) => [rankOf.get(atomKey(value)) ?? 0], ["rank"]);
  const ranks = Math.max(1, ascending.length);
  if (differ && !isLow(arithmetic)) {
    return { keys: [byValue!], queries: [rankScore], highest: rankScore * (ranks - 1) };
  }
  const [byPosition] = materialize(form.indices(), (value) => [maxLength - 1 - Number(value)], ["earliness"]);
  if (isLow(arithmetic)) {
    const stride = leastPowerOfTwo(maxLength);
    return {
      keys: [byValue!, byPosition!],
      queries: [rankScore * stride, rankScore],
      highest: rankScore * (stride * ranks - 1),
    };
  }
  const key = combineReads([
    [maxLength, byValue!],
    [1, byPosition!],
  ]);
  return { keys: [key], queries: [rankScore], highest: rankScore * (maxLength * ranks - 1) };
}
