/** Pairs of sequences side by side, with what alignment search needs of them: the activation on both sides, and what the program decides. */
import { noGrad, scope, tensor, type Tensor } from "@selectron/core";
import { trace, type Gpt2 } from "@selectron/nn";
import type { Variable } from "../variables/variable.js";
import type { ProgramRuns } from "./program-runs.js";
import type { SwappedModel } from "./swapped-model.js";
import { batches, rowsOf, type Pair } from "./swapped-runs.js";

/** Pairs of about the same length, padded to it. */
export interface AlignmentGroup {
  readonly pairs: readonly Pair[];
  readonly length: number;
  /** The bases. */
  readonly own: ReturnType<typeof rowsOf>;
  /** The activation on the bases and on the sources, [B, n, D]. */
  readonly base: Tensor;
  readonly source: Tensor;
  /** The scored rows of the logits [B · n, V]. */
  readonly rows: readonly number[];
  /** For each variable what the program decides with it taken from the source. */
  readonly asked: readonly Asked[];
}

interface Asked {
  /** 1 for the symbols decided for, [rows, V]. */
  readonly targets: Tensor;
  /** How much each row counts, [rows, 1], and the sum. */
  readonly weights: Tensor;
  readonly total: number;
}

/** The pairs that sites are looked for on. */
export function alignmentGroups(
  activation: string,
  swapped: SwappedModel,
  runs: ProgramRuns,
  variables: readonly Variable[],
): AlignmentGroup[] {
  const { model, pairs } = swapped;
  return batches(pairs.search).map((members) => {
    const group = members.map((p) => pairs.search[p]!);
    const length = Math.max(...group.map(({ base }) => base.ids.length));
    const [bases, sources] = (["base", "source"] as const).map((side) =>
      rowsOf(
        group.map((pair) => pair[side]),
        length,
        model,
      ),
    );
    return {
      pairs: group,
      length,
      own: bases!,
      base: activationOf(model, activation, bases!),
      source: activationOf(model, activation, sources!),
      rows: group.flatMap(({ base: { scored } }, b) => scored.map((i) => b * length + i)),
      asked: variables.map(({ key }) => askedOf(runs, key, members, swapped.task.vocabulary.length)),
    };
  });
}

/** A copy that outlives the scope of the run. */
function activationOf(model: Gpt2, name: string, { ids, positions }: ReturnType<typeof rowsOf>): Tensor {
  const { data, shape } = scope(() =>
    noGrad(() => {
      const { activations } = trace((watching) => model.forward(ids, { positions, ...watching }));
      const found = activations.get(name)!;
      return { data: found.data.slice(), shape: found.shape };
    }),
  );
  return tensor(data, shape);
}

/** Of each pair, the positions where the program decides otherwise count as much as the rest. */
function askedOf(runs: ProgramRuns, variable: string, members: readonly number[], width: number): Asked {
  const [plain, swapped] = [runs.decisions("search", undefined), runs.decisions("search", variable)];
  const [targets, weights]: [number[], number[]] = [[], []];
  for (const p of members) {
    const changed = swapped[p]!.map((decision, i) => decision.join() !== plain[p]![i]!.join());
    const count = changed.filter(Boolean).length;
    swapped[p]!.forEach((decision, i) => {
      for (let v = 0; v < width; v++) targets.push(decision.includes(v) ? 1 : 0);
      weights.push(1 / (changed[i] ? count : Math.max(1, changed.length - count)));
    });
  }
  return {
    targets: tensor(targets, [weights.length, width]),
    weights: tensor(weights, [weights.length, 1]),
    total: Math.max(
      1,
      weights.reduce((a, b) => a + b, 0),
    ),
  };
}
