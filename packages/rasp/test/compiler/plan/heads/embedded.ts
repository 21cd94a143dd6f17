/** Plans of single heads over tokens and positions, for inputs too long to be compiled in a test. */
import { FLOAT32 } from "../../../../src/compiler/plan/ir/arithmetic.js";
import { subspaceRead, type Read, type Subspace } from "../../../../src/compiler/plan/ir/read.js";
import type { Plan } from "../../../../src/compiler/plan/ir/plan.js";
import { FEW } from "../../../../src/compiler/plan/heads/number-match.js";
import type { HeadContext, PlannedHeads } from "../../../../src/compiler/plan/heads/context.js";
import { embeddingSubspace } from "../../../../src/compiler/plan/features/encoding.js";
import { anchorsOf } from "../../../../src/compiler/plan/anchors.js";
import { NormalForm, type NormalSOp } from "../../../../src/compiler/normalize/normal-form.js";
import type { Domain } from "../../../../src/compiler/values/domain.js";
import type { Atom } from "../../../../src/language/graph/node.js";

/** What the planning of heads asks of a program whose s-ops are tokens and positions. */
export interface Embedded {
  readonly context: HeadContext;
  readonly form: NormalForm;
  readonly embeddings: Plan["embeddings"];
}

/**
 * @param others - the values of other s-ops
 * @param few - the most values that are compared as one-hot vectors
 */
export function embedded(
  vocabulary: readonly Atom[],
  maxLength: number,
  others = new Map<NormalSOp, readonly Atom[]>(),
  few = FEW,
): Embedded {
  const form = new NormalForm();
  const positions = Array.from({ length: maxLength }, (_, i) => BigInt(i));
  const valuesOf = (sop: NormalSOp): readonly Atom[] =>
    sop.kind === "tokens" ? vocabulary : sop.kind === "indices" ? positions : others.get(sop)!;
  const embeddings = {
    tokens: embeddingSubspace("tokens", vocabulary),
    indices: embeddingSubspace("indices", positions),
    given: new Map(),
  };
  const materialize: HeadContext["materialize"] = (sop, vectorOf, names) => {
    const vectors = valuesOf(sop).map(vectorOf);
    const subspace: Subspace = embeddings[sop.kind as "tokens" | "indices"];
    return names.map((_, c): Read =>
      subspaceRead(
        subspace,
        vectors.map((vector) => vector[c]!),
      ),
    );
  };
  const domain = {
    maxLength,
    vocabulary,
    causal: false,
    values: (sop: NormalSOp) =>
      sop.kind === "width" ? [0n, ...positions].map((n) => n + 1n).slice(0, -1) : valuesOf(sop),
    work: { spend: () => undefined },
  } as unknown as Domain;
  return { form, embeddings, context: { form, domain, arithmetic: FLOAT32, materialize, careful: false, few } };
}

/** A plan whose output is the number that the heads write. */
export function planOf({ embeddings }: Embedded, { heads, readback, encoding }: PlannedHeads): Plan {
  if (encoding.kind !== "numerical") throw new Error("the heads write no number");
  const { values, numbers, read } = encoding;
  return {
    arithmetic: FLOAT32,
    embeddings,
    heads,
    features: [],
    anchors: anchorsOf(heads, [], true),
    outputs: [{ kind: "numerical", classes: values, points: numbers.map((number) => [number]), reads: [read] }],
    readbacks: [readback],
  };
}
