/**
 * Makes the plan, from the outputs backwards. Each head and feature goes to the earliest layer that has what it reads, so that
 * the depth is the least for the simplified graph.
 */
import { atomKey } from "../../language/atom/compare.js";
import { describeAtom } from "../../language/atom/text.js";
import type { Atom } from "../../language/graph/node.js";
import { anchorsOf } from "./anchors.js";
import type { Domain } from "../values/domain.js";
import { gridOf } from "./ir/exact-sum.js";
import { Features, type Leaves } from "./features/features.js";
import type { Mean, NormalForm, NormalSOp, Width } from "../normalize/normal.js";
import {
  COUNT_SCALE,
  RANK_SCORE,
  labelOf,
  SCORE,
  smallestStep,
  type Head,
  type HeadValue,
  type Output,
  type Plan,
  type Readback,
  type Scores,
} from "./ir/plan.js";
import { attentionLayer, combineReads, constantRead, type Subspace } from "./ir/read.js";
import { decomposeOrder } from "./heads/decompose-order.js";
import { numericalOutput } from "./output.js";
import { refuse } from "../refusal.js";
import { hasMeans } from "../values/rows.js";
import { scoresOf } from "./heads/scores.js";
import { disjointConjunctions, oneConjunction, type BlockConjunction } from "./heads/selection.js";
import { codesOf, coordinates, numbersOf, oneHot, type Encoding } from "./features/encoding.js";
import { atomNumber, distinctAtoms } from "../values/value-set.js";

/** @throws RaspError of class `compile`, at the s-op that cannot be had. */
export function plan(roots: readonly NormalSOp[], form: NormalForm, domain: Domain): Plan {
  const planner = new Planner(form, domain);
  const outputs = roots.map((root) => planner.output(root));
  const { heads, tokens, indices } = planner;
  const features = planner.features.planned;
  return {
    embeddings: { tokens, indices },
    heads,
    features,
    anchors: anchorsOf(heads, features),
    outputs,
    readbacks: [...planner.readbacks, ...planner.features.readbacks],
  };
}

class Planner implements Leaves {
  readonly heads: Head[] = [];
  readonly readbacks: Readback[] = [];
  readonly tokens: Subspace;
  readonly indices: Subspace;
  readonly features: Features;
  readonly #encodings = new Map<NormalSOp, Encoding>();

  readonly #form: NormalForm;
  readonly #domain: Domain;

  constructor(form: NormalForm, domain: Domain) {
    this.#form = form;
    this.#domain = domain;
    this.tokens = embedding("tokens", domain.values(form.tokens()));
    this.indices = embedding("indices", domain.values(form.indices()));
    this.features = new Features(domain, this);
  }

  output(root: NormalSOp): Output {
    const classes = this.#domain.values(root);
    if (classes.length === 0) {
      refuse(
        root.origin,
        "this s-op has no value on any input of this vocabulary and length",
        "check it with `selectron eval`",
      );
    }
    const numerical = classes.length > 1 ? numericalOutput(root, classes, this.features) : undefined;
    if (numerical) return numerical;
    const reads = this.features.materialize(root, oneHot(classes), classes.map(describeAtom));
    return { kind: "categorical", classes, reads };
  }

  /** Puts a leaf into the residual stream, once. */
  encode(leaf: NormalSOp): Encoding {
    let encoding = this.#encodings.get(leaf);
    if (!encoding) {
      encoding = this.#encodingOf(leaf);
      this.#encodings.set(leaf, encoding);
    }
    return encoding;
  }

  /** A leaf as a one-hot subspace, by hidden units if need be. */
  encodeOneHot(leaf: NormalSOp): Encoding {
    const values = this.#domain.values(leaf);
    const encoding = leaf.kind === "map" ? undefined : this.encode(leaf);
    if (encoding?.kind === "categorical") return encoding;
    const reads = this.features.materialize(leaf, oneHot(values), values.map(describeAtom));
    return { ...categorical(values), reads, noise: 1e-6 };
  }

  #encodingOf(leaf: NormalSOp): Encoding {
    const values = this.#domain.values(leaf);
    switch (leaf.kind) {
      case "tokens":
        return { ...categorical(values), reads: coordinates(this.tokens), noise: 0 };
      case "indices":
        return { ...categorical(values), reads: coordinates(this.indices), noise: 0 };
      case "width":
        return this.#encodeWidth(leaf, values);
      case "mean":
        return this.#isCategorical(leaf) ? this.#encodeCopy(leaf, values) : this.#encodeMean(leaf, values);
      case "map":
        return this.encodeOneHot(leaf);
      case "constant":
        throw new Error("a constant is never a leaf");
    }
  }

  /** Selected keys get a vanishing share each, BOS nearly all: the mean of 1 over the keys and 0 at BOS counts, times the scale. */
  #encodeWidth(width: Width, values: readonly Atom[]): Encoding {
    const parts = disjointConjunctions(width.selection, this.#domain, this.#isCategorical)
      .flatMap((part) => decomposeOrder(part, this.#domain))
      .map((part) => this.#scores(part, SCORE.count));
    const [read] = width.of
      ? this.features.materialize(width.of, (atom) => [atomNumber(atom)!], ["summand"])
      : [constantRead(1)];
    const layer = Math.max(...parts.map(({ keys, queries }) => attentionLayer([...keys, ...queries, read!])));
    const numbers = values.map(Number);
    const most = Math.max(...numbers.map(Math.abs));
    const summands = width.of ? this.#domain.values(width.of).map(Number) : [1];
    const counted = this.#domain.maxLength * Math.max(...summands.map(Math.abs));
    const subspace = headSubspace(labelOf(width), [width.of ? "sum" : "width"], layer, [0], most, 1);
    for (const [j, scores] of parts.entries()) {
      this.heads.push({
        ...scores,
        pattern: `width ${width.selection.id} ${j}`,
        counted,
        purpose: "count",
        label: labelOf(width),
        layer,
        bosScore: scores.selectedScore + Math.log(COUNT_SCALE),
        values: [{ read: read!, atBos: 0, scale: COUNT_SCALE, target: subspace, coordinate: 0 }],
      });
    }
    this.#readBackNumber(width, numbers, Number, subspace);
    const noise = 4e-6 * most + most ** 2 / COUNT_SCALE;
    return { values, kind: "numerical", numbers, reads: coordinates(subspace), noise };
  }

  #encodeMean(mean: Mean, values: readonly Atom[]): Encoding {
    // A row that selects nothing, or null alone, gives the code of the default or of null; no mean comes to that number.
    const codeOf = codesOf(distinctAtoms([...values, ...this.#domain.values(mean.value), mean.default]));
    const [read] = this.features.materialize(mean.value, (atom) => [codeOf(atom)], ["value"]);
    const numbers = values.map(codeOf);
    const largest = numbers.reduce((most, number) => Math.max(most, Math.abs(number)), 1);
    const atBos = codeOf(mean.default);
    // A single key's share needs no equals, so that errors of the scores matter less.
    const purpose = mean.best || this.#domain.selectsAtMostOne(mean) ? "copy" : "mean";
    const subspace = this.#meanHead(mean, purpose, [{ read: read!, atBos }], ["mean"], largest, gridOf(numbers));
    this.#readBackNumber(mean, numbers, codeOf, subspace);
    return { values, kind: "numerical", numbers, reads: coordinates(subspace), noise: 1e-6 * largest };
  }

  /** At most one position is selected wherever the program has a value, so that the mean of one-hots is a one-hot. */
  #encodeCopy(mean: Mean, values: readonly Atom[]): Encoding {
    const vectorOf = oneHot(values);
    const names = values.map(describeAtom);
    const atBos = vectorOf(mean.default);
    const reads = this.features.materialize(mean.value, vectorOf, names);
    const copied = reads.map((read, c) => ({ read, atBos: atBos[c]! }));
    const subspace = this.#meanHead(mean, "copy", copied, names, 1, 1);
    this.readbacks.push({ sop: mean, subspace, values, expected: vectorOf, tolerance: 1 / 4 });
    return { ...categorical(values), reads: coordinates(subspace), noise: 1e-6 };
  }

  #meanHead(
    mean: Mean,
    purpose: "mean" | "copy",
    values: readonly Pick<HeadValue, "read" | "atBos">[],
    names: readonly string[],
    largest: number,
    grid: number,
  ): Subspace {
    const conjunction = oneConjunction(mean.selection, this.#domain, this.#form, this.#isCategorical);
    const scores = mean.best ? this.#rankedScores(conjunction, mean.best) : this.#scores(conjunction, SCORE[purpose]);
    const layer = attentionLayer([...scores.keys, ...scores.queries, ...values.map(({ read }) => read)]);
    const atBos = values.map((value) => value.atBos);
    const subspace = headSubspace(labelOf(mean), names, layer, atBos, largest, grid);
    this.heads.push({
      ...scores,
      pattern: `${purpose} ${mean.selection.id} ${mean.best?.id ?? ""}`,
      purpose,
      label: labelOf(mean),
      layer,
      counted: 0,
      // Half-way between a key that is selected and one that is not: an empty row falls on BOS.
      bosScore: scores.selectedScore - SCORE[purpose] / 2,
      values: values.map((value, coordinate) => ({ ...value, scale: 1, target: subspace, coordinate })),
    });
    return subspace;
  }

  #scores(conjunction: BlockConjunction, unit: number): Scores {
    return scoresOf(conjunction, unit, this.#domain, this.features.materialize);
  }

  /**
   * Scores that rise with the rank of a key, so that of the selected keys one takes all: first by the value of `best`, then the
   * earlier the higher. The blocks weigh more than all ranks together.
   */
  #rankedScores(conjunction: BlockConjunction, best: NormalSOp): Scores {
    const { maxLength } = this.#domain;
    const scoreValues = this.#domain.values(best).filter((value) => atomNumber(value) !== undefined);
    const rankOf = new Map(scoreValues.map((value, rank) => [atomKey(value), rank]));
    const { materialize } = this.features;
    const [byScore] = materialize(best, (value) => [rankOf.get(atomKey(value)) ?? 0], ["rank"]);
    const [byPosition] = materialize(this.#form.indices(), (value) => [maxLength - 1 - Number(value)], ["earliness"]);
    const key = combineReads([
      [maxLength, byScore!],
      [1, byPosition!],
    ]);
    const most = RANK_SCORE * (maxLength * Math.max(1, scoreValues.length) - 1);
    const scores = this.#scores(conjunction, most + SCORE.copy);
    return {
      ...scores,
      keys: [...scores.keys, key],
      queries: [...scores.queries, constantRead(RANK_SCORE)],
      ranking: { key, highest: most },
    };
  }

  /** Whether a leaf stands one-hot: embeddings, and means that copy the one value that a row selects. */
  readonly #isCategorical = (leaf: NormalSOp): boolean => {
    if (leaf.kind === "tokens" || leaf.kind === "indices") return true;
    if (leaf.kind !== "mean") return false;
    const values = this.#domain.values(leaf.value);
    const alone = this.#domain.selectsAtMostOne(leaf);
    if (hasMeans(values)) return alone && (this.#standsOneHot(leaf.value) || typeof leaf.default === "string");
    const strings = values.filter((value) => typeof value === "string").length;
    const others = values.filter((value) => atomNumber(value) !== undefined).length;
    if (strings > 0 && others > 0 && !alone) {
      refuse(leaf.origin, "this aggregate mixes numbers and strings", "make the aggregated s-op of one type");
    }
    return true;
  };

  #standsOneHot(sop: NormalSOp): boolean {
    const [leaf, ...others] = this.#domain.formula(sop).leaves;
    return leaf !== undefined && others.length === 0 && leaf.kind !== "map" && this.#isCategorical(leaf);
  }

  #readBackNumber(
    sop: NormalSOp,
    numbers: readonly number[],
    codeOf: (value: Atom) => number,
    subspace: Subspace,
  ): void {
    const tolerance = smallestStep([numbers]) / 4;
    this.readbacks.push({
      sop,
      subspace,
      values: this.#domain.values(sop),
      expected: (value) => [codeOf(value)],
      tolerance,
    });
  }
}

const categorical = (values: readonly Atom[]): Pick<Encoding, "values" | "kind" | "numbers"> => ({
  values,
  kind: "categorical",
  numbers: numbersOf(values),
});

const embedding = (label: string, values: readonly Atom[]): Subspace => ({
  label,
  names: values.map(describeAtom),
  writer: "embedding",
  layer: 0,
  oneHot: true,
  grid: 1,
  largest: 1,
  atBos: values.map(() => 0),
});

const headSubspace = (
  label: string,
  names: readonly string[],
  layer: number,
  atBos: readonly number[],
  largest: number,
  grid: number,
): Subspace => ({ label, names, writer: "attention", layer, oneHot: names.length > 1, grid, largest, atBos });
