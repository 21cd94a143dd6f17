/**
 * Widths of selections, and sums over them. In a counting head BOS outweighs the selected keys, each of which gets a small share. The
 * mean of 1 over the keys and 0 at BOS is then proportional to their number; the scale makes it the count.
 */
import { exactLog } from "@selectron/core";
import type { Width } from "../../normalize/normal-form.js";
import { atomNumber } from "../../values/value-set.js";
import { checkNumbers, coordinate } from "../features/encoding.js";
import { labelOf, type Head } from "../ir/plan.js";
import { attentionLayer, constantRead } from "../ir/read.js";
import { readbackOf } from "../ir/readback.js";
import { headSubspace, type HeadContext, type PlannedHeads } from "./context.js";
import { isLow } from "../ir/arithmetic.js";
import { splitIntoDigits } from "./order-digits.js";
import { decomposeOrder } from "./decompose-order.js";
import { encodeLength } from "./last-position.js";
import { scoresOf } from "./scores.js";
import { disjointConjunctions } from "./selection.js";

/** The length of longer inputs is copied from the last position: what a counting head is off by grows with the square. */
const MOST_COUNTED = 512;

export function encodeWidth(width: Width, context: HeadContext): PlannedHeads {
  const isLength = width.selection.truth === true && !width.summed;
  return isLength && context.domain.maxLength > MOST_COUNTED && !isLow(context.arithmetic)
    ? encodeLength(width, context)
    : encodeCount(width, context);
}

/** One head for each conjunction of the selection; their counts add up in one coordinate. */
function encodeCount(width: Width, context: HeadContext): PlannedHeads {
  const { domain, form, materialize } = context;
  const { score, countScale, shareExcess } = context.arithmetic;
  const values = domain.values(width);
  const label = labelOf(width);
  const conjunctions = disjointConjunctions(width.selection, domain, form).flatMap((part) =>
    decomposeOrder(part, context),
  );
  const parts = splitIntoDigits(conjunctions, context).map((part) => scoresOf(part, score.count, context));
  const [read] = width.summed
    ? materialize(width.summed, (atom) => [atomNumber(atom)!], ["summand"])
    : [constantRead(1)];
  const numbers = values.map(Number);
  const summands = width.summed ? domain.values(width.summed).map(Number) : [1];
  checkNumbers(width, [...numbers, ...summands]);
  const largest = Math.max(...numbers.map(Math.abs));
  const subspace = headSubspace({
    label,
    names: [width.summed ? "sum" : "width"],
    layer: Math.max(...parts.map(({ keys, queries }) => attentionLayer([...keys, ...queries, read!]))),
    atBos: [0],
    largest,
    grid: 1,
  });
  const counted = domain.mostSelected(width) * Math.max(...summands.map(Math.abs));
  const heads = parts.map((scores, j): Head => ({
    ...scores,
    pattern: `width ${width.selection.id} ${j}`,
    counted,
    purpose: "count",
    oneKey: false,
    label,
    layer: subspace.layer,
    bosScore: scores.selectedScore + exactLog(countScale / (1 + shareExcess)),
    values: [{ read: read!, atBos: 0, scale: countScale, target: subspace, coordinate: 0 }],
  }));
  const noise = 4e-6 * largest + largest ** 2 / countScale;
  return {
    heads,
    readback: readbackOf(width, subspace, values, (value) => [Number(value)]),
    encoding: { values, kind: "numerical", numbers, read: coordinate(subspace, 0), noise },
  };
}
