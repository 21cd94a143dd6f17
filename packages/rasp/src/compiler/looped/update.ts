/**
 * The sublayer that overwrites what is kept. A hidden unit pair is a step at 1/2 of what the one-hot vector of a value should be: it gives
 * 0 or 1, up to its own rounding, and a constant that is added and taken away again rounds that to exactly 0 or 1.
 */
import type { Update, WiredUnit } from "../layout/assemble.js";
import { BOS_COORDINATE, type Layout } from "../layout/layout.js";
import type { Output, Plan } from "../plan/ir/plan.js";
import { constantRead, readAtBos, type Read } from "../plan/ir/read.js";
import { atomKey } from "../../language/atom/compare.js";
import type { KeptCoordinates } from "./looped-model.js";

/** What is written where. */
export interface Write {
  readonly coordinates: KeptCoordinates;
  /** The one-hot vector of its values. */
  readonly output: Output;
}

/**
 * How far the values of a one-hot vector may be off. Both units of a pair see the same vector, so that only their own roundings are left,
 * at most four times this; and each partial sum with the constant below is rounded to the right quarter.
 */
const MARGIN = 1 / 32;

/** Whether what is written can be off by less than a step of the update bears, and a rounding to quarters then takes away. */
export const isSettled = (outputErrors: readonly number[]): boolean => outputErrors.every((error) => error < MARGIN);

/**
 * A constant that makes float32 round to quarters whatever is added to it: numbers of its size are multiples of 1/4. What is kept is 0 or 1
 * up to less than 1/8, so that it is exactly that when the constant is taken away again.
 */
const ROUNDING = 1.5 * 2 ** 21;

/**
 * @param clears - whether what is there is taken away: not before the first step
 */
export function updatesAfter(plan: Plan, layout: Layout, writes: readonly Write[], clears: boolean): readonly Update[] {
  const units: WiredUnit[] = [];
  const bias = new Map<number, number>();
  const settle = new Map<number, number>();
  const clear = (coordinate: number): void => {
    for (const sign of [1, -1]) {
      units.push({ input: new Map([[coordinate, sign]]), bias: 0, output: new Map([[coordinate, -sign]]) });
    }
  };
  for (const { coordinates, output } of writes) {
    coordinates.classes.forEach((atom, c) => {
      const target = coordinates.first + c;
      if (clears) clear(target);
      bias.set(target, ROUNDING);
      settle.set(target, -ROUNDING);
      const place = output.classes.findIndex((other) => atomKey(other) === atomKey(atom));
      const read = place < 0 ? constantRead(0) : output.reads[place]!;
      units.push(unitAt(read, layout, -1 / 2, target, 1), unitAt(read, layout, -3 / 2, target, -1));
    });
  }
  if (clears) {
    const written = new Set([
      ...plan.heads.flatMap(({ values }) => values.map(({ target }) => target)),
      ...plan.features.map(({ subspace }) => subspace),
    ]);
    for (const subspace of written) {
      subspace.names.forEach((_, c) => {
        const coordinate = layout.coordinate(subspace, c);
        clear(coordinate);
        // The anchor is there again when the next step begins.
        const anchor = layout.anchor(subspace);
        if (anchor !== 0) bias.set(coordinate, anchor);
      });
    }
  }
  return [
    { units, bias },
    { units: [], bias: settle },
  ];
}

/** relu(2·read + bias), silent at BOS. */
function unitAt(read: Read, layout: Layout, bias: number, target: number, output: number): WiredUnit {
  const { weights, bias: constant } = layout.resolve(read);
  const input = new Map([...weights].map(([coordinate, weight]) => [coordinate, 2 * weight] as const));
  const atBos = -2 * readAtBos(read);
  if (atBos !== 0) input.set(BOS_COORDINATE, atBos);
  return { input, bias: 2 * constant + bias, output: new Map([[target, output]]) };
}
