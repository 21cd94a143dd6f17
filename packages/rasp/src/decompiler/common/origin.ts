/** Where a program comes from, and whether the model is known to compute it. */
import type { Interchange } from "./interchange.js";

/** How a program was found: its numbers and selectors chosen so that it decides as the model does, read off the model's weights, or both. */
export type Origin = "fitted to decisions" | "read from weights" | "both";

/** A program is confirmed if the model follows every variable so often, and no unexplained site changes more decisions. */
const [FOLLOWED, UNEXPLAINED] = [0.95, 0.05];

/**
 * Whether swaps confirm a program: the model follows each variable of which swaps tell anything with an interchange accuracy of 0.95 or more,
 * and no unexplained site changes more than 5 % of its decisions. A program without variables is confirmed by the second alone; what was not
 * measured is not confirmed.
 */
export function isConfirmed(interchange: Interchange | undefined): boolean {
  if (!interchange || interchange.pairs === 0) return false;
  const { variables, unexplained } = interchange;
  const measured = variables.filter(({ accuracy }) => accuracy.of > 0);
  return (
    (variables.length === 0 || measured.length > 0) &&
    measured.every(({ accuracy }) => accuracy.share >= FOLLOWED) &&
    unexplained.every(({ changed }) => changed <= UNEXPLAINED)
  );
}
