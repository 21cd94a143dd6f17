/** Savings: heads that can be merged in a Transformer, and known cheaper forms. */
import type { Cost, HeadCost } from "./cost.js";
import { Structure } from "../graph/equal.js";
import type { GraphNode, Selector, SOp } from "../graph/node.js";
import { groupBy } from "../maps.js";
import type { Span } from "../source.js";

/** Heads of one layer whose selectors are written alike, so they select the same and one head can do the work of all. */
export interface MergedHead {
  readonly layer: number;
  /** The selectors that merge, oldest first; one if nothing merges. */
  readonly heads: readonly HeadCost[];
}

/** A known cheaper form. */
export interface Advice {
  readonly kind: "reuse" | "bos";
  readonly layer: number;
  readonly message: string;
  readonly span: Span | undefined;
  /** How many heads of the layer it saves. */
  readonly saves: number;
}

/** The heads after merging, and known cheaper forms. The number of layers stays the same. */
export interface CostAdvice {
  readonly headsPerLayer: readonly number[];
  readonly heads: readonly MergedHead[];
  readonly advice: readonly Advice[];
}

/** The savings in the heads that `cost` has counted. */
export function costAdvice(counted: Cost): CostAdvice {
  const structure = new Structure();
  const merged = groupBy(counted.reasons, ({ layer, head }) => `${layer} ${structure.of(head)}`);
  const heads = [...merged.values()].map((same) => ({ layer: same[0]!.layer, heads: same }));
  return {
    headsPerLayer: counted.headsPerLayer.map((_, i) => heads.filter(({ layer }) => layer === i + 1).length),
    heads,
    advice: [...reuse(heads), ...widths(heads, structure)].sort((a, b) => a.layer - b.layer),
  };
}

function reuse(heads: readonly MergedHead[]): Advice[] {
  return heads
    .filter((merged) => merged.heads.length > 1)
    .map((merged) => ({
      kind: "reuse",
      layer: merged.layer,
      message: `${merged.heads.length} selectors are written alike; name one and use it for all: one head instead of ${merged.heads.length}`,
      span: merged.heads[1]!.span,
      saves: merged.heads.length - 1,
    }));
}

/** Pairs of heads that count what `s` selects as `selector_width` does: `s or first` and `s and first` over position 0's indicator. */
function widths(heads: readonly MergedHead[], structure: Structure): Advice[] {
  const pairs = heads.map(({ layer, heads: [head] }) => ({ layer, head: head!, counted: countedBy(head!, structure) }));
  const partners = new Set(
    pairs.flatMap(({ layer, counted }) => (counted?.kind === "and" ? [`${layer} ${counted.what}`] : [])),
  );
  return pairs.flatMap(({ layer, head, counted }) => {
    if (counted?.kind !== "or" || !partners.has(`${layer} ${counted.what}`)) return [];
    const advice: Advice = {
      kind: "bos",
      layer,
      message:
        "counting takes two heads here; if position 0 holds a token that occurs nowhere else (BOS), one is enough: round(1 / aggregate(s or select(indices, 0, ==), indicator(indices == 0))) - 1",
      span: head.span,
      saves: 1,
    };
    return [advice];
  });
}

/** Which of the two heads of `selector_width` a head is, and the number of the selector that it counts. */
function countedBy({ head, aggregates }: HeadCost, structure: Structure) {
  if (head.kind !== "or" && head.kind !== "and") return undefined;
  if (!isFirstPosition(head.right) || !aggregates.some(({ value }) => isFirstIndicator(value))) return undefined;
  return { kind: head.kind, what: structure.of(head.left) };
}

const isZero = (node: GraphNode): boolean => node.kind === "constant" && node.value === 0n;

/** `select(indices, 0, ==)` */
const isFirstPosition = (node: Selector): boolean =>
  node.kind === "select" && node.op === "==" && node.keys.kind === "indices" && isZero(node.queries);

/** `indicator(indices == 0)` */
function isFirstIndicator(node: SOp): boolean {
  const [inner] = node.kind === "map" && node.fn.key === "indicator" ? node.args : [];
  return inner?.kind === "map" && inner.fn.key === "==" && inner.args[0]!.kind === "indices" && isZero(inner.args[1]!);
}
