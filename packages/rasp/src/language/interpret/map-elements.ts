/** An elementwise function from element to element. */
import { errors, RaspError } from "../diagnostic.js";
import { applyMap } from "../graph/elementwise.js";
import type { Atom, Elementwise } from "../graph/node.js";

/** The errors for elements that no sequence can hold: a complex number, an item that is no atom. */
const UNFIT = [errors.complexResult, errors.sequenceType].map((make) => make("").diagnostic.code);

/**
 * The value at every position, from the operands'.
 *
 * @param held is told of each atom that is made
 * @throws RaspError where the function has no value
 */
export function mapElements(
  fn: Elementwise,
  columns: readonly (readonly Atom[])[],
  held: (atom: Atom) => Atom,
): readonly Atom[] {
  const { length } = columns[0]!;
  const values = new Array<Atom>(length);
  const args = columns.map(([first]) => first!);
  let i = 0;
  const apply = (): void => {
    for (; i < values.length; i++) {
      // Sequences have long runs of one value, such as `length`. A repeated value costs no work and no memory.
      let repeats = i > 0;
      for (let j = 0; j < columns.length; j++) {
        const arg = columns[j]![i]!;
        repeats &&= Object.is(arg, args[j]);
        args[j] = arg;
      }
      values[i] = repeats ? values[i - 1]! : held(applyMap(fn, args));
    }
  };
  // The original rejects unfit elements when the sequence is complete, so another error at a later position comes first.
  let unfit: RaspError | undefined;
  for (; i < values.length; i++) {
    try {
      apply();
    } catch (error) {
      if (!(error instanceof RaspError && UNFIT.includes(error.diagnostic.code))) throw error;
      unfit ??= error;
    }
  }
  if (unfit) throw unfit;
  return values;
}
