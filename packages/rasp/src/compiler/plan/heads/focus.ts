/**
 * Whether a row selects anything, as the mean of a constant: `aggregate(selector, 1)`, where it does not matter which of the selected
 * keys get the shares. An order of many numbers then takes two dimensions: the score `y - x - 1/2` is above 0 where `x < y`.
 */
import { leastPowerOfTwo } from "@selectron/core";
import { gridOf } from "../ir/exact-sum.js";
import type { NumberDimension, Scores } from "../ir/plan.js";
import { constantRead } from "../ir/read.js";
import type { HeadContext } from "./context.js";
import { orderOf } from "./order.js";
import { scoresOf } from "./scores.js";
import type { BlockConjunction } from "./selection.js";

/** Scores that are at least `selectedScore` where all blocks hold, and at least `unit` below that elsewhere; undefined without an order. */
export function focusScores(conjunction: BlockConjunction, unit: number, context: HeadContext): Scores | undefined {
  const { domain, materialize, few } = context;
  for (const block of conjunction) {
    const order = orderOf(block, domain, few);
    if (!order) continue;
    const { x, y, below } = order;
    const step = leastPowerOfTwo(unit);
    const others = conjunction.filter((other) => other !== block);
    // A block that does not hold costs more than the order can add.
    const beside = { size: step * (2 * below + 1 / 2), grid: step / 2 };
    const scores = scoresOf(others, leastPowerOfTwo(step * (below + 1)), context, "BOS", beside);
    const [key] = materialize(block.keys, (atom) => [-(x(atom) ?? below)], ["number"]);
    const [query] = materialize(block.queries, (atom) => [step * (y(atom) - 1 / 2)], ["number"]);
    const dimensions: readonly NumberDimension[] = [
      { key: key!, query: constantRead(step), largestKey: below, largestQuery: step, grid: step },
      {
        key: constantRead(1),
        query: query!,
        largestKey: 1,
        largestQuery: step * (below + 1 / 2),
        grid: gridOf([step / 2]),
      },
    ];
    return {
      keys: [...scores.keys, ...dimensions.map((dimension) => dimension.key)],
      queries: [...scores.queries, ...dimensions.map((dimension) => dimension.query)],
      selectedScore: scores.selectedScore + step / 2,
      blocks: [...scores.blocks, { kind: "numbers", unit: step, dimensions }],
    };
  }
  return undefined;
}
