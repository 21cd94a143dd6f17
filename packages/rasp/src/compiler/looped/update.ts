/**
 * The sublayers that overwrite what is kept. Two hidden units make a step at 1/2 of what the one-hot vector of a value should be. It gives
 * 0 or 1, up to its own rounding; a constant that one sublayer adds and the next takes away rounds that to exactly 0 or 1.
 */
import { atomKey } from "../../language/atom/compare.js";
import type { Update } from "../layout/assemble.js";
import type { WiredUnit } from "../layout/layers.js";
import { BOS_COORDINATE, type Layout } from "../layout/layout.js";
import type { Output, Plan } from "../plan/ir/plan.js";
import { constantRead, readAtBos, type Read } from "../plan/ir/read.js";
import type { KeptCoordinates } from "./looped-model.js";

/**
 * How far the values of a one-hot vector may be off. Both units of a step see the same vector, so that only their own roundings are left,
 * at most four times this; and each partial sum with the constant below is rounded to the right quarter.
 */
const MARGIN = 1 / 32;

/** Whether the outputs of a plan are off by so little that what is written of them is exactly 0 or 1. */
export const isSettled = (outputErrors: readonly number[]): boolean => outputErrors.every((error) => error < MARGIN);

/** float32 rounds what is added to this constant to quarters: numbers of its size are multiples of 1/4. */
const ROUNDING = 1.5 * 2 ** 21;

/**
 * @param writes - what is kept, and the one-hot vector of its values
 * @param clears - whether what is there is taken away, and all that the plan writes
 */
export function updatesAfter(
  plan: Plan,
  layout: Layout,
  writes: readonly (readonly [KeptCoordinates, Output])[],
  clears: boolean,
): readonly Update[] {
  const units: WiredUnit[] = [];
  const added = new Map<number, number>();
  // relu(x) and relu(-x) take x away without any rounding, whatever x is.
  const clear = (coordinate: number): void => {
    for (const sign of [1, -1]) {
      units.push({ input: new Map([[coordinate, sign]]), bias: 0, output: new Map([[coordinate, -sign]]) });
    }
  };
  const settled = new Map<number, number>();
  for (const [{ classes, first }, output] of writes) {
    const place = new Map(output.classes.map((atom, c) => [atomKey(atom), c]));
    for (const [c, atom] of classes.entries()) {
      const target = first + c;
      const from = place.get(atomKey(atom));
      const read = from === undefined ? constantRead(0) : output.reads[from]!;
      if (clears) clear(target);
      units.push(unitAt(read, layout, -1 / 2, target, 1), unitAt(read, layout, -3 / 2, target, -1));
      added.set(target, ROUNDING);
      settled.set(target, -ROUNDING);
    }
  }
  if (clears) {
    for (const [coordinate, anchor] of writtenBy(plan, layout)) {
      clear(coordinate);
      // It is there again when the next step begins. What was rounded to its grid is taken away exactly.
      if (anchor !== 0) added.set(coordinate, anchor);
    }
  }
  return [
    { units, bias: added },
    { units: [], bias: settled },
  ];
}

/** The coordinates that heads and hidden units write, each with its anchor. */
function writtenBy({ heads, features }: Plan, layout: Layout): (readonly [coordinate: number, anchor: number])[] {
  const subspaces = new Set([
    ...heads.flatMap(({ values }) => values.map(({ target }) => target)),
    ...features.map(({ subspace }) => subspace),
  ]);
  return [...subspaces].flatMap((subspace) =>
    subspace.names.map((_, c) => [layout.coordinate(subspace, c), layout.anchor(subspace)] as const),
  );
}

/** relu(2·read + bias), silent at BOS. */
function unitAt(read: Read, layout: Layout, bias: number, target: number, output: number): WiredUnit {
  const { weights, bias: constant } = layout.resolve(read);
  const input = new Map([...weights].map(([coordinate, weight]) => [coordinate, 2 * weight] as const));
  const atBos = -2 * readAtBos(read);
  if (atBos !== 0) input.set(BOS_COORDINATE, atBos);
  return { input, bias: 2 * constant + bias, output: new Map([[target, output]]) };
}
