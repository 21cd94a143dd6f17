/**
 * Makes the plan, from the outputs backwards. An output is read from functions of leaves (`features/`). A leaf is an embedding or what
 * a head computes (`heads/`), and a head reads functions of leaves again. Each head and feature goes to the earliest layer that has
 * what it reads, so that no plan of the simplified graph has fewer layers.
 */
import { atomKey } from "../../language/atom/compare.js";
import type { Atom } from "../../language/graph/node.js";
import { getOrInsert } from "../../language/maps.js";
import { reachable, type NormalForm, type NormalSOp } from "../normalize/normal-form.js";
import type { Domain } from "../values/domain.js";
import { anchorsOf } from "./anchors.js";
import {
  embeddingSubspace,
  oneHotEncoding,
  ofCoordinates,
  type Categorical,
  type Encoding,
} from "./features/encoding.js";
import { Features, type Leaves } from "./features/features.js";
import type { HeadContext, PlannedHeads } from "./heads/context.js";
import { FEW } from "./heads/number-match.js";
import { encodeMean } from "./heads/mean.js";
import { encodeWidth } from "./heads/width.js";
import { FLOAT32, isApproximate, isLow, type Arithmetic } from "./ir/arithmetic.js";
import { labelOf, type Head, type Output, type Plan, type Readback } from "./ir/plan.js";
import { combineReads, constantRead, type Read } from "./ir/read.js";
import { outputOf } from "./output.js";
import { besideLength, byPosition } from "./position-leaves.js";

export interface PlanOptions {
  readonly arithmetic?: Arithmetic;
  /** Whether to spend weights on smaller errors: for programs that are not proved without them. */
  readonly careful?: boolean;
  /** The most values that heads compare as one-hot vectors. Tests lower it, so that short inputs take the ways of long ones. */
  readonly few?: number;
  /** Whether what is read at the end is a one-hot vector of each root's values: for what the next layers are given. */
  readonly oneHot?: boolean;
  /** Called after each mean and each width. */
  readonly onPlanned?: () => void;
}

/**
 * @throws RaspError of class `compile`, at the s-op that no head or hidden units can compute.
 */
export function plan(
  roots: readonly NormalSOp[],
  form: NormalForm,
  domain: Domain,
  {
    arithmetic = FLOAT32,
    careful = false,
    few = FEW,
    oneHot = false,
    onPlanned = (): void => undefined,
  }: PlanOptions = {},
): Plan {
  const given = [...reachable(roots)].filter(({ kind }) => kind === "given");
  const planner = new Planner(form, domain, given, { arithmetic, careful, few, onPlanned });
  const outputs = roots.map((root) =>
    oneHot ? planner.oneHotOutput(root) : outputOf(root, domain, planner.features, careful),
  );
  const { embeddings, heads, features, readbacks } = planner;
  return {
    arithmetic,
    embeddings,
    heads,
    features: features.planned,
    // Low precision rounds without them, and has no number as large. Approximate reads would be off by too much of them.
    anchors: isLow(arithmetic) || isApproximate(arithmetic) ? new Map() : anchorsOf(heads, features.planned, careful),
    outputs,
    readbacks: [...readbacks, ...features.readbacks],
  };
}

class Planner implements Leaves {
  readonly embeddings: Plan["embeddings"];
  readonly features: Features;
  readonly heads: Head[] = [];
  readonly readbacks: Readback[] = [];
  readonly #encodings = new Map<NormalSOp, Encoding>();

  readonly #domain: Domain;
  readonly #context: HeadContext;
  readonly #onPlanned: () => void;

  constructor(
    form: NormalForm,
    domain: Domain,
    given: Iterable<NormalSOp>,
    { arithmetic, careful, few, onPlanned }: Omit<Required<PlanOptions>, "oneHot">,
  ) {
    this.#domain = domain;
    this.#onPlanned = onPlanned;
    this.embeddings = {
      tokens: embeddingSubspace("tokens", domain.values(form.tokens())),
      indices: embeddingSubspace("indices", domain.values(form.indices())),
      given: new Map([...given].map((sop) => [sop, embeddingSubspace(labelOf(sop), domain.values(sop))] as const)),
    };
    this.features = new Features(form, domain, this, { arithmetic, careful, few });
    // Numbers are too large for low precision. Where reads are approximate, an error is multiplied by them.
    const limit = isLow(arithmetic) || isApproximate(arithmetic) ? Infinity : few;
    this.#context = { form, domain, arithmetic, materialize: this.features.materialize, careful, few: limit };
  }

  encode(leaf: NormalSOp): Encoding {
    return getOrInsert(this.#encodings, leaf, () => this.#encodeAnew(leaf));
  }

  encodeOneHot(leaf: NormalSOp): Categorical {
    const encoding = leaf.kind === "map" ? undefined : this.encode(leaf);
    return encoding?.kind === "categorical" ? encoding : this.features.encodeOneHot(leaf);
  }

  /** A one-hot vector of a root's values. */
  oneHotOutput(root: NormalSOp): Output {
    const classes = this.#domain.values(root);
    if (root.kind === "constant") return { kind: "categorical", classes, reads: classes.map(() => constantRead(1)) };
    const { weighted } = this.encodeOneHot(root);
    const reads = classes.map((_, c) => weighted(classes.map((__, other) => Number(other === c))));
    return { kind: "categorical", classes, reads };
  }

  #encodeAnew(leaf: NormalSOp): Encoding {
    const known = this.#fromPosition(leaf);
    if (known) return known;
    switch (leaf.kind) {
      case "tokens":
      case "indices":
        return oneHotEncoding(this.#domain.values(leaf), ofCoordinates(this.embeddings[leaf.kind]), 0);
      case "given":
        return oneHotEncoding(this.#domain.values(leaf), ofCoordinates(this.embeddings.given.get(leaf)!), 0);
      case "width":
        return this.#add(encodeWidth(leaf, this.#context));
      case "mean":
        return this.#add(encodeMean(leaf, this.#context));
      case "map":
        return this.encodeOneHot(leaf);
      case "constant":
        throw new Error("a constant is never a leaf");
    }
  }

  /** A leaf that is a function of the position, and perhaps of the length, is read from there. A head costs less where inputs are short. */
  #fromPosition(leaf: NormalSOp): Encoding | undefined {
    if (leaf.kind !== "mean" && leaf.kind !== "width") return undefined;
    const isLong = this.#domain.maxLength > this.#context.few;
    if (!isLong && !this.#domain.promised) return undefined;
    const known = byPosition(leaf, this.#domain);
    if (known) return this.#functionOfPosition(leaf, known);
    const { form } = this.#context;
    const length = form.width(form.everywhere());
    const beside = isLong && leaf !== length ? besideLength(leaf, this.#domain) : undefined;
    const encoding = beside && this.encode(length);
    if (encoding?.kind !== "numerical") return undefined;
    const { sign, numbers } = beside!;
    const values = this.#domain.values(leaf);
    const read = combineReads([
      [sign, encoding.read],
      [1, ofCoordinates(this.embeddings.indices)(numbers)],
    ]);
    return { kind: "numerical", values, numbers: values.map(Number), read, noise: encoding.noise };
  }

  #functionOfPosition(leaf: NormalSOp, known: readonly (Atom | undefined)[]): Encoding {
    const values = this.#domain.values(leaf);
    const place = new Map(values.map((value, v) => [atomKey(value), v]));
    const placeAt = known.map((atom) => (atom === undefined ? undefined : place.get(atomKey(atom))));
    const ofPositions = ofCoordinates(this.embeddings.indices);
    const weighted = (weights: readonly number[]): Read =>
      ofPositions(placeAt.map((v) => (v === undefined ? 0 : weights[v]!)));
    return oneHotEncoding(values, weighted, 0);
  }

  #add({ heads, readback, encoding }: PlannedHeads): Encoding {
    this.heads.push(...heads);
    // A selection that is never anything has no head, and nothing writes its subspace.
    if (heads.length > 0) this.readbacks.push(readback);
    this.#onPlanned();
    return encoding;
  }
}
