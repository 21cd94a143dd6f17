/** The layers of a plan: heads that attend alike are one, and hidden units have coordinates. */
import type { BlockConfig } from "@selectron/nn";
import { getOrInsert } from "../../language/maps.js";
import { bosDimensions, headWidth, isLow, type Arithmetic } from "../plan/ir/arithmetic.js";
import type { Anchors, Head, Plan } from "../plan/ir/plan.js";
import type { Read } from "../plan/ir/read.js";
import { BOS_COORDINATE, type Layout } from "./layout.js";

/** A hidden unit with its reads and writes as coordinates. */
export interface WiredUnit {
  readonly input: ReadonlyMap<number, number>;
  readonly bias: number;
  readonly output: ReadonlyMap<number, number>;
}

/** A layer's heads and hidden units, and the block that they need. */
export interface Layer {
  readonly config: BlockConfig;
  readonly heads: readonly Head[];
  readonly units: readonly WiredUnit[];
}

/** The layers of a plan in a layout. */
export function layersOf(plan: Plan, layout: Layout): Layer[] {
  const depth = Math.max(
    0,
    ...plan.heads.map((head) => head.layer),
    ...plan.features.map((feature) => feature.subspace.layer),
  );
  return Array.from({ length: depth }, (_, index) => {
    const merged = mergeHeads(plan.heads.filter((head) => head.layer === index + 1));
    const { heads, dHead } = withWidth(merged, plan.arithmetic);
    const units = wireUnits(plan, layout, index + 1);
    // A silent unit where there are only anchors to take away: the bias that does it is the sublayer's.
    const isAnchored = [...plan.anchors.keys()].some((subspace) => subspace.layer === index + 1);
    const dFf = Math.max(units.length, isAnchored ? 1 : 0);
    return { config: { heads: heads.length, dHead, dFf }, heads, units };
  });
}

/** Heads that attend alike become one head with the values of all of them. */
function mergeHeads(heads: readonly Head[]): Head[] {
  const merged = new Map<string, Head>();
  for (const head of heads) {
    const known = merged.get(head.pattern);
    merged.set(
      head.pattern,
      known ? { ...known, label: `${known.label}, ${head.label}`, values: [...known.values, ...head.values] } : head,
    );
  }
  return [...merged.values()];
}

/** The width of a layer's heads. Where it is a power of 4, a head whose values are many becomes several that attend alike. */
function withWidth(heads: readonly Head[], arithmetic: Arithmetic): { heads: readonly Head[]; dHead: number } {
  const scored = heads.map((head) => head.keys.length + bosDimensions(head, arithmetic).length);
  const written = heads.map(({ values }) => values.length);
  const comparesNumbers = heads.some(({ blocks }) => blocks.some(({ kind }) => kind === "numbers"));
  if (!comparesNumbers) return { heads, dHead: headWidth(Math.max(0, ...scored, ...written), isLow(arithmetic)) };
  const costOf = (width: number): number =>
    written.reduce((sum, values) => sum + Math.ceil(values / width) * (width + HEAD), 0);
  let dHead = headWidth(Math.max(...scored), true);
  for (let wider = 4 * dHead; costOf(wider) < costOf(dHead); wider *= 4) dHead = wider;
  return { heads: heads.flatMap((head) => inParts(head, dHead)), dHead };
}

/** What a head costs for its shares, in dimensions. */
const HEAD = 4;

/** Heads with up to `width` values each. */
function inParts(head: Head, width: number): Head[] {
  return Array.from({ length: Math.ceil(head.values.length / width) }, (_, part) => ({
    ...head,
    values: head.values.slice(part * width, (part + 1) * width),
  }));
}

/** The layer's hidden units. Those with the same input become one unit with several outputs. */
function wireUnits(plan: Plan, layout: Layout, layer: number): WiredUnit[] {
  const wired = new Map<string, WiredUnit & { readonly output: Map<number, number> }>();
  const unitWith = (input: Map<number, number>, bias: number) => {
    const entries = [...input].sort(([a], [b]) => a - b);
    const key = `${entries.join(";")}|${bias}`;
    return getOrInsert(wired, key, () => ({ input: new Map(entries), bias, output: new Map() }));
  };
  for (const { subspace, units } of plan.features.filter((feature) => feature.subspace.layer === layer)) {
    for (const unit of units) {
      const { weights, bias: unanchored } = layout.resolve(unit.input);
      const bias = unanchored - anchorSum(unit.input, layer, plan.anchors);
      if (unit.bosWeight !== 0) weights.set(BOS_COORDINATE, unit.bosWeight);
      const { output } = unitWith(weights, bias);
      for (let c = 0; c < unit.output.length; c++) {
        const weight = unit.output[c]!;
        if (weight === 0) continue;
        const coordinate = layout.coordinate(subspace, c);
        output.set(coordinate, (output.get(coordinate) ?? 0) + weight);
      }
    }
  }
  for (const { coordinate, positive } of layout.reused.filter((freed) => freed.layer === layer)) {
    for (const sign of positive ? [1] : [1, -1]) {
      unitWith(new Map([[coordinate, sign]]), 0).output.set(coordinate, -sign);
    }
  }
  return [...wired.values()];
}

/** What anchors add to a read of the layer's hidden units; the bias takes it away. */
function anchorSum({ terms }: Read, layer: number, anchors: Anchors): number {
  let sum = 0;
  for (const [subspace, coefficients] of terms) {
    if (subspace.layer === layer) for (const c of coefficients) sum += c * (anchors.get(subspace)?.value ?? 0);
  }
  return sum;
}
