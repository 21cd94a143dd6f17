/**
 * Which aggregates of the program the heads of each block compute. That is found by trying some inputs: the smallest set of aggregates that
 * decides what the heads write. A wrong guess makes the check weaker, since the classes then hold more than occurs, never wrong.
 */
import { getOrInsert } from "../language/maps.js";
import type { ProgramValues, Read } from "./program-values.js";

/** Heads that write to the same coordinates, and the aggregates that they compute. */
export interface Group {
  readonly heads: readonly number[];
  readonly aggregates: readonly number[];
}

/** One block, or, after the last one, aggregates that no head computes. */
export interface Stage {
  readonly groups: readonly Group[];
  /** What the rest of the program reads. */
  readonly read: readonly Read[];
}

/** One position of an input that was tried. */
export interface Sample {
  /** Position, length and token, as a text. */
  readonly context: string;
  /** The values of the program's aggregates, as texts. */
  readonly aggregates: readonly string[];
  /** By block and group of heads: what they wrote, as a text. */
  readonly written: readonly (readonly string[])[];
}

/** @param blocks - the groups of heads of each block */
export function schedule(
  program: ProgramValues,
  blocks: readonly (readonly (readonly number[])[])[],
  samples: readonly Sample[],
): Stage[] {
  const done = new Set<number>();
  const stages: (readonly Group[])[] = [];
  const available = (): number[] =>
    program.aggregates
      .map((_, a) => a)
      .filter((a) => !done.has(a) && [...program.before(a)].every((other) => done.has(other)));
  const used = (a: number): boolean => !done.has(a);
  for (let b = 0; b < blocks.length || done.size < program.aggregates.length; b++) {
    const open = available();
    const written =
      (g: number): ((sample: Sample) => string) =>
      (sample) =>
        sample.written[b]![g]!;
    const groups: { heads: number[]; aggregates: Set<number> }[] = (blocks[b] ?? []).map((heads, g) => ({
      heads: [...heads],
      aggregates: new Set(decidedBy(samples, written(g), open)),
    }));
    // Aggregates that a group's heads and aggregates decide join it.
    for (const a of open) {
      groups.forEach((group, g) => {
        const others = [...group.aggregates];
        const known = (sample: Sample): string =>
          `${sample.context} ${written(g)(sample)} ${others.map((other) => sample.aggregates[other]!).join("|")}`;
        const varies = !isFunction(
          samples,
          ({ context }) => context,
          (sample) => sample.aggregates[a]!,
        );
        if (varies && isFunction(samples, known, (sample) => sample.aggregates[a]!)) group.aggregates.add(a);
      });
    }
    const later = (a: number): boolean =>
      blocks.slice(b + 1).some((ofBlock, k) =>
        ofBlock.some((_, g) => {
          const write = (sample: Sample): string => sample.written[b + 1 + k]![g]!;
          const varies = !isFunction(samples, ({ context }) => context, write);
          return varies && isFunction(samples, (sample) => `${sample.context} ${sample.aggregates[a]!}`, write);
        }),
      );
    const alone = open.filter((a) => used(a) && !groups.some(({ aggregates }) => aggregates.has(a)) && !later(a));
    const all = united([...groups, ...alone.map((a) => ({ heads: [], aggregates: new Set([a]) }))]);
    for (const { aggregates } of all) for (const a of aggregates) done.add(a);
    stages.push(all.map(({ heads, aggregates }) => ({ heads, aggregates: [...aggregates].sort((x, y) => x - y) })));
  }
  const known = new Set<number>();
  return stages.map((groups) => {
    for (const { aggregates } of groups) for (const a of aggregates) known.add(a);
    return { groups, read: program.readAfter(known) };
  });
}

/** The smallest set of up to three aggregates that decides, with the context, what was written; none where no such set does. */
function decidedBy(samples: readonly Sample[], written: (sample: Sample) => string, open: readonly number[]): number[] {
  for (const set of subsets(open, 3)) {
    const key = ({ context, aggregates }: Sample): string => `${context} ${set.map((a) => aggregates[a]!).join("|")}`;
    if (isFunction(samples, key, written)) return set;
  }
  return [];
}

function* subsets(items: readonly number[], most: number): Generator<number[]> {
  for (let size = 0; size <= most; size++) {
    if (items.length ** size > 4096) return;
    yield* ofSize(items, size);
  }
}

function* ofSize(items: readonly number[], size: number): Generator<number[]> {
  if (size === 0) {
    yield [];
  } else {
    for (const [i, item] of items.entries()) {
      for (const rest of ofSize(items.slice(i + 1), size - 1)) yield [item, ...rest];
    }
  }
}

function isFunction(samples: readonly Sample[], of: (s: Sample) => string, value: (s: Sample) => string): boolean {
  const known = new Map<string, string>();
  return samples.every((sample) => getOrInsert(known, of(sample), () => value(sample)) === value(sample));
}

function united(
  groups: readonly { heads: number[]; aggregates: Set<number> }[],
): { heads: number[]; aggregates: Set<number> }[] {
  const all: { heads: number[]; aggregates: Set<number> }[] = [];
  for (const { heads, aggregates } of groups) {
    const shared = all.filter((other) => [...aggregates].some((a) => other.aggregates.has(a)));
    const joined = { heads: [...heads], aggregates: new Set(aggregates) };
    for (const other of shared) {
      joined.heads.push(...other.heads);
      for (const a of other.aggregates) joined.aggregates.add(a);
      all.splice(all.indexOf(other), 1);
    }
    joined.heads.sort((a, b) => a - b);
    all.push(joined);
  }
  return all;
}
