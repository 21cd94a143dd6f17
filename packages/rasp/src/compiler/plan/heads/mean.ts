/**
 * Means over selections. Where at most one position is selected, or only the best one counts, the mean is a copy of the value there.
 * Copies of strings and other classes are one-hot vectors; other means are numbers.
 */
import { atomsEqual } from "../../../language/atom/compare.js";
import { describeAtom } from "../../../language/atom/text.js";
import type { Mean } from "../../normalize/normal-form.js";
import { distinctAtoms } from "../../values/value-set.js";
import { isCategorical } from "../features/categorical.js";
import {
  checkNumbers,
  codesOf,
  coordinate,
  nearCodesOf,
  oneHot,
  oneHotEncoding,
  ofCoordinates,
} from "../features/encoding.js";
import { isLow } from "../ir/arithmetic.js";
import { gridOf } from "../ir/exact-sum.js";
import { labelOf, type Head, type HeadValue } from "../ir/plan.js";
import { attentionLayer, type Subspace } from "../ir/read.js";
import { readbackOf } from "../ir/readback.js";
import { headSubspace, type HeadContext, type PlannedHeads } from "./context.js";
import { focusScores } from "./focus.js";
import { rankedScores } from "./ranking.js";
import { scoresOf } from "./scores.js";
import { oneConjunction } from "./selection.js";

/** Copies of more classes are numbers in float32: a coordinate for each would make the model larger than functions of the number do. */
const MOST_CLASSES = 256;

export function encodeMean(mean: Mean, context: HeadContext): PlannedHeads {
  const { domain, arithmetic } = context;
  const isOneHot = isCategorical(mean, domain) && (isLow(arithmetic) || domain.values(mean).length <= MOST_CLASSES);
  return isOneHot ? encodeOneHotCopy(mean, context) : encodeNumber(mean, context);
}

function encodeNumber(mean: Mean, context: HeadContext): PlannedHeads {
  const { domain, materialize, careful } = context;
  const values = domain.values(mean);
  // A row that selects nothing, or only null, gives the code of the default or of null; no mean equals such a code.
  const atoms = distinctAtoms([...values, ...domain.values(mean.value)]);
  const codeOf = careful ? nearCodesOf(atoms, domain.values(mean.value)) : codesOf(atoms);
  // Where every row selects a key, a default far from the values would only add to the error.
  const atBos = atoms.some((atom) => atomsEqual(atom, mean.default)) ? codeOf(mean.default) : 0;
  checkNumbers(mean, atoms.map(codeOf));
  const [read] = materialize(mean.value, (atom) => [codeOf(atom)], ["value"]);
  const numbers = values.map(codeOf);
  const largest = numbers.reduce((most, number) => Math.max(most, Math.abs(number)), 1);
  const { head, subspace } = meanHead(mean, context, {
    // The share of a single key does not have to equal others, so that errors of the scores matter less.
    purpose: mean.best || mean.value.kind === "constant" || domain.selectsAtMostOne(mean) ? "copy" : "mean",
    values: [{ read: read!, atBos }],
    names: ["mean"],
    largest,
    grid: gridOf(numbers),
  });
  return {
    heads: [head],
    readback: readbackOf(mean, subspace, values, (value) => [codeOf(value)]),
    encoding: { values, kind: "numerical", numbers, read: coordinate(subspace, 0), noise: 1e-6 * largest },
  };
}

/** At most one position is selected wherever the program has a value, so that the mean of one-hot vectors is one-hot. */
function encodeOneHotCopy(mean: Mean, context: HeadContext): PlannedHeads {
  const values = context.domain.values(mean);
  const vectorOf = oneHot(values);
  const names = values.map(describeAtom);
  const atBos = vectorOf(mean.default);
  const reads = context.materialize(mean.value, vectorOf, names);
  const { head, subspace } = meanHead(mean, context, {
    purpose: "copy",
    values: reads.map((read, c) => ({ read, atBos: atBos[c]! })),
    names,
    largest: 1,
    grid: 1,
  });
  return {
    heads: [head],
    readback: readbackOf(mean, subspace, values, vectorOf),
    encoding: oneHotEncoding(values, ofCoordinates(subspace), 1e-6),
  };
}

/** What a mean's head writes: a value and a name for each coordinate. */
interface Written {
  readonly purpose: "mean" | "copy";
  readonly values: readonly Pick<HeadValue, "read" | "atBos">[];
  readonly names: readonly string[];
  readonly largest: number;
  readonly grid: number;
}

function meanHead(
  mean: Mean,
  context: HeadContext,
  { purpose, values, names, largest, grid }: Written,
): { readonly head: Head; readonly subspace: Subspace } {
  const label = labelOf(mean);
  const level = context.domain.selectsAtLeastOne(mean) ? "other keys" : "BOS";
  const conjunction = oneConjunction(mean.selection, context.domain, context.form);
  const unit = context.arithmetic.score[purpose];
  const focus = mean.value.kind === "constant" && !mean.best ? focusScores(conjunction, unit, context) : undefined;
  const scores =
    focus ??
    (mean.best
      ? rankedScores(conjunction, mean.best, context, context.domain.ranksDiffer(mean))
      : scoresOf(conjunction, unit, context, level));
  const layer = attentionLayer([...scores.keys, ...scores.queries, ...values.map(({ read }) => read)]);
  const atBos = values.map((value) => value.atBos);
  const subspace = headSubspace({ label, names, layer, atBos, largest, grid });
  const head: Head = {
    ...scores,
    pattern: `${focus ? "focus" : purpose} ${mean.selection.id} ${mean.best?.id ?? ""}`,
    purpose,
    oneKey: mean.best !== undefined || context.domain.selectsAtMostOne(mean),
    label,
    layer,
    counted: 0,
    // Halfway between a key that is selected and one that is not, so that BOS takes the share of an empty row.
    bosScore: scores.selectedScore - unit / 2,
    values: values.map((value, coordinate) => ({ ...value, scale: 1, target: subspace, coordinate })),
  };
  return { head, subspace };
}
