/**
 * Comparisons with a constant as their answers. Of `select(indices, 0, !=)` a key matters by whether it is position 0, so that all others
 * are one key; their own values would make each position another.
 */
import { getOrInsert } from "../../language/maps.js";
import { comparisonMap } from "../../language/graph/elementwise.js";
import type { Compared, Constant, Mapped, Selection } from "../normalize/normal-form.js";

/** Larger than the ids of a normal form, so that these s-ops come after their operands. */
const FIRST_ID = 2 ** 40;
const TRUE: Constant = { id: FIRST_ID - 1, origin: undefined, kind: "constant", value: true };

export class ConstantQueries {
  readonly #answered = new Map<Compared, Compared>();

  /** The same selection, of comparisons with the answers in place of those with constants. */
  answered({ id, comparisons, truth }: Selection): Selection {
    return {
      id,
      truth,
      comparisons: comparisons.map((compared) =>
        compared.queries.kind === "constant" && !isShared(compared, comparisons)
          ? getOrInsert(this.#answered, compared, () => answerOf(compared))
          : compared,
      ),
    };
  }
}

/** Whether the key is a query of another comparison, so that a position's own key has that value. */
const isShared = ({ keys }: Compared, comparisons: readonly Compared[]): boolean =>
  comparisons.some(({ queries }) => queries === keys) &&
  !comparisons.some((other) => other.keys === keys && other.queries === keys);

function answerOf({ id, keys, queries, op }: Compared): Compared {
  const answer: Mapped = {
    id: FIRST_ID + id,
    origin: keys.origin,
    kind: "map",
    fn: comparisonMap(op),
    args: [keys, queries],
  };
  return { id, keys: answer, queries: TRUE, op: "==" };
}
