/**
 * How fast the machine is at the moment. A machine that is shared, or gets warm, takes 10 % longer for the same work for minutes at a time, so
 * a round's time is told beside this work's, which is always the same, allocates nothing and hence cannot be slowed by what a process holds.
 */

/** 1 MiB of 32-bit cells: more than a core's own caches have. */
const CELLS = 1 << 18;

/** A way through all cells that returns to the first: a linear congruential generator of full period (Hull and Dobson, 1962). */
const way = Uint32Array.from(
  { length: CELLS },
  (_, cell) => (Math.imul(cell, 1_664_525) + 1_013_904_223) & (CELLS - 1),
);

const TURNS = 24;
const SUMMED = 1 << 25;

/**
 * Fixed work of a fifth of a second: walks through memory in which each step waits for the one before, and sums that wait for one another.
 *
 * @returns the cell and the sum at the end, the same each time: 0 and a whole number
 */
export function yardstick(): readonly [cell: number, sum: number] {
  let [cell, sum] = [0, 0];
  for (let turn = 0; turn < TURNS; turn++) for (let step = 0; step < CELLS; step++) cell = way[cell]!;
  for (let step = 0; step < SUMMED; step++) sum = sum * 0.5 + 1.5;
  return [cell, Math.round(sum)];
}
