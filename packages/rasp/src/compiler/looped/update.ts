/**
 * The sublayers that overwrite what is kept. Two hidden units make a step at 1/2 of what the one-hot vector of a value should be. It gives
 * 0 or 1, up to its own rounding; a constant that one sublayer adds and the next takes away rounds that to exactly 0 or 1.
 */
import { atomsEqual } from "../../language/atom/compare.js";
import type { Atom } from "../../language/graph/node.js";
import type { Update } from "../layout/assemble.js";
import type { WiredUnit } from "../layout/layers.js";
import { BOS_COORDINATE, type Layout } from "../layout/layout.js";
import type { Certificate, certifyGiven } from "../certify/certify.js";
import type { Output, Plan } from "../plan/ir/plan.js";
import { combineReads, constantRead, readAtBos, type Read } from "../plan/ir/read.js";
import type { StateCard } from "./looped-card.js";

/**
 * How far what the units read may be off. The two of a step read the same, so that they differ by 0 or 1 up to twice this, and what is taken
 * away is off by once this: each partial sum with the constant below is rounded to the right quarter.
 */
const MARGIN = 1 / 32;

/**
 * The certificate of what a part of the program makes, with that of the sublayers that write it: they write exactly 0 or 1, and nothing where
 * a position has halted, if what they read is off by less than their margin.
 */
export function withUpdate(
  { certificate, errorOf }: ReturnType<typeof certifyGiven>,
  outputs: readonly Output[],
  halted?: Output,
): Certificate {
  const stays = halted && readOf(halted, true);
  const reads = outputs.flatMap((output) => output.reads.map((read) => scaled([2, read], [-4, stays])));
  const margin = MARGIN / errorOf([...reads, scaled([-2, stays])]);
  if (margin >= certificate.worstMargin) return certificate;
  return {
    ...certificate,
    proved: certificate.proved && margin > 1,
    worstMargin: margin,
    where: "the update of states",
  };
}

/** float32 rounds what is added to this constant to quarters: numbers of its size are multiples of 1/4. */
const ROUNDING = 1.5 * 2 ** 21;

/** What is kept, and the one-hot vector of what it becomes. */
export interface Write {
  readonly to: StateCard;
  readonly output: Output;
}

/**
 * @param halted - of a step, the write that says where a position has halted: what is kept stays there, and all that the plan writes is
 * taken away. Before the first step nothing is there to be kept or taken away.
 */
export function updatesAfter(plan: Plan, layout: Layout, writes: readonly Write[], halted?: Write): readonly Update[] {
  const units: WiredUnit[] = [];
  const added = new Map<number, number>();
  const settled = new Map<number, number>();
  const hasHalted = halted && readOf(halted.output, true);
  for (const write of writes) {
    const { classes, first } = write.to;
    // Where a position has halted, only that it has is written.
    const stays = write === halted ? undefined : hasHalted;
    for (const [c, atom] of classes.entries()) {
      const target = first + c;
      const read = scaled([2, readOf(write.output, atom)], [-4, stays]);
      units.push(unitAt(read, layout, -1 / 2, target, 1), unitAt(read, layout, -3 / 2, target, -1));
      if (halted) units.push(clearing(target, scaled([-2, stays]), layout));
      added.set(target, ROUNDING);
      settled.set(target, -ROUNDING);
    }
  }
  if (halted) {
    for (const [coordinate, anchor] of writtenBy(plan, layout)) {
      // relu(x) and relu(-x) take x away without any rounding, whatever x is.
      for (const sign of [1, -1]) {
        units.push({ input: new Map([[coordinate, sign]]), bias: 0, output: new Map([[coordinate, -sign]]) });
      }
      // It is there again when the next step begins. What was rounded to its grid is taken away exactly.
      if (anchor !== 0) added.set(coordinate, anchor);
    }
  }
  return [
    { units, bias: added },
    { units: [], bias: settled },
  ];
}

/** 1 where the output is this value, 0 elsewhere. */
function readOf({ classes, reads }: Output, value: Atom): Read {
  const c = classes.findIndex((atom) => atomsEqual(atom, value));
  return c < 0 ? constantRead(0) : reads[c]!;
}

const scaled = (...parts: readonly (readonly [factor: number, read: Read | undefined])[]): Read =>
  combineReads(parts.flatMap(([factor, read]) => (read ? [[factor, read] as const] : [])));

/** Takes a 1 away where the read is 0, and nothing where it is -2. */
function clearing(coordinate: number, read: Read, layout: Layout): WiredUnit {
  const unit = unitAt(read, layout, 0, coordinate, -1);
  return { ...unit, input: new Map([...unit.input, [coordinate, 1 + (unit.input.get(coordinate) ?? 0)]]) };
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

/** relu(read + bias), silent at BOS where the bias is not above 0. */
function unitAt(read: Read, layout: Layout, bias: number, target: number, output: number): WiredUnit {
  const { weights, bias: constant } = layout.resolve(read);
  const input = new Map(weights);
  const atBos = -readAtBos(read);
  if (atBos !== 0) input.set(BOS_COORDINATE, atBos);
  return { input, bias: constant + bias, output: new Map([[target, output]]) };
}
