/**
 * Distributed alignment search (Geiger et al. 2024, "Finding Alignments Between Interpretable Causal Variables and Distributed Neural
 * Representations", arXiv 2303.02536): where no whole site carries a variable, a linear subspace of the residual stream may. One
 * subspace for each variable, all at right angles, of one activation; of no more dimensions than the variable has. They start where
 * regression puts the variables, and learn to make the model decide on swapped runs as the program does.
 */
import { noGrad, randn, scope, tensor, type Rng, type Tensor } from "@selectron/core";
import { Adam, zeroGrad, type Gpt2, type Patcher } from "@selectron/nn";
import type { Clock } from "../../common/clock.js";
import { projected } from "../../interchange/patcher.js";
import type { Variable } from "../variables/variable.js";
import { alignmentGroups, type AlignmentGroup } from "./alignment-groups.js";
import type { ProgramRuns } from "./program-runs.js";
import { orthonormal, regressed, type Column } from "./regression.js";
import type { SitePlace, SwappedModel } from "./swapped-model.js";
import type { Pair } from "./swapped-runs.js";

/** Steps of Adam at each activation, and their rate, which falls to 0. */
const [STEPS, RATE] = [90, 0.05];
/** Places that are learned are taken only where whole sites do clearly worse. */
const COST = 100;
/** More components than this are not regressed on; the search then begins anywhere. */
const MOST_REGRESSED = 64;

/** What subspaces are looked for by. */
export interface AlignmentOptions {
  readonly rng: Rng;
  readonly clock: Clock;
}

/** Where subspaces are looked for: the residual stream after every sublayer that another one follows. */
export const activationsOf = ({ config: { layers } }: Gpt2): string[] =>
  Array.from({ length: layers }, (_, layer) => [`h.${layer}.attn.residual`, `h.${layer}.mlp.residual`])
    .flat()
    .slice(0, -1);

/** The dimensions of a variable on some pairs: the components that are ever there, less one, because they sum to 1. */
export function dimensionsOf(variable: Variable, pairs: readonly Pair[]): number {
  const size = variable.basis.length;
  const present = new Set<number>();
  for (const { base } of pairs) {
    const values = variable.values(base);
    for (const i of base.scored) for (let c = 0; c < size; c++) if (values[i * size + c] !== 0) present.add(c);
  }
  return Math.max(1, present.size - 1);
}

/** A place for each variable by its key, at one activation; undefined where it is too narrow for all of them. */
export function aligned(
  activation: string,
  swapped: SwappedModel,
  runs: ProgramRuns,
  variables: readonly Variable[],
  { rng, clock }: AlignmentOptions,
): Map<string, SitePlace> | undefined {
  const { dModel } = swapped.model.config;
  const sizes = variables.map((variable) => dimensionsOf(variable, swapped.pairs.search));
  const width = sizes.reduce((a, b) => a + b, 0);
  if (width >= dModel) return undefined;
  const groups = alignmentGroups(activation, swapped, runs, variables);
  const basis = tensor(inRows(firstBasis(groups, variables, sizes, rng)), [dModel, width]);
  learn(basis, { activation, sizes, groups, swapped, rng, clock });
  let from = 0;
  const places = variables.map(({ key }, v): [string, SitePlace] => {
    const own = noGrad(() => basis.slice(from, (from += sizes[v]!), 1).mul(1));
    const subspace = { activation, basis: own };
    return [key, { sites: [activation], parts: [], cost: COST, dimensions: sizes[v]!, subspace }];
  });
  return new Map(places);
}

/** The directions in which regression puts each variable, as many as it has dimensions; drawn ones where it gives none. */
function firstBasis(
  groups: readonly AlignmentGroup[],
  variables: readonly Variable[],
  sizes: readonly number[],
  rng: Rng,
): Column[] {
  const dModel = groups[0]!.source.shape.at(-1)!;
  const count = variables.reduce((sum, { basis }) => sum + basis.length, 0);
  const found = count <= MOST_REGRESSED ? regressed(regressionRows(groups, variables)) : undefined;
  let from = 0;
  const columns = variables.flatMap(({ basis }, v) => {
    const own = found?.slice(from, (from += basis.length)) ?? [];
    const present = own.filter((column) => column.some((x) => x !== 0));
    return Array.from({ length: sizes[v]! }, (_, k) =>
      k + 1 < present.length
        ? present[k + 1]!.map((x, d) => x - present[0]![d]!)
        : Float64Array.from(randn([dModel], rng).data),
    );
  });
  return orthonormal(columns, rng);
}

/** The variables and the activation at the scored positions of the bases. */
function regressionRows(groups: readonly AlignmentGroup[], variables: readonly Variable[]) {
  const [features, activations]: [Float64Array[], Float32Array[]] = [[], []];
  for (const { pairs, length, base } of groups) {
    const width = base.shape.at(-1)!;
    pairs.forEach((pair, b) => {
      const values = variables.map((variable) => variable.values(pair.base));
      for (const i of pair.base.scored) {
        const at = (b * length + i) * width;
        activations.push(base.data.slice(at, at + width));
        features.push(
          Float64Array.from(
            variables.flatMap(({ basis }, v) => [...values[v]!.subarray(i * basis.length, (i + 1) * basis.length)]),
          ),
        );
      }
    });
  }
  return { features, activations };
}

interface Learning extends AlignmentOptions {
  readonly activation: string;
  readonly sizes: readonly number[];
  readonly groups: readonly AlignmentGroup[];
  readonly swapped: SwappedModel;
}

/** Changes the basis [D, K] in place; it stays orthonormal. */
function learn(basis: Tensor, { activation, sizes, groups, swapped, rng, clock }: Learning): void {
  const width = basis.shape[1]!;
  basis.requiresGrad = true;
  const optimizer = new Adam(new Map([["basis", basis]]));
  for (let step = 1; step <= STEPS && !clock.expired(); step++) {
    const group = rng.pick(groups);
    scope(() => {
      let from = 0;
      const losses = sizes.map((size, v) => {
        const own = basis.slice(from, (from += size), 1);
        const patch: Patcher = (name, value) => (name === activation ? projected(value, group.source, own) : value);
        return lossOf(swapped, group, v, patch);
      });
      losses.reduce((a, b) => a.add(b)).backward();
      optimizer.step(RATE * (1 - (step - 1) / STEPS), step);
      zeroGrad(optimizer.parameters);
    });
    const columns = Array.from({ length: width }, (_, k) =>
      Float64Array.from({ length: basis.shape[0]! }, (_, d) => basis.data[d * width + k]!),
    );
    basis.data.set(inRows(orthonormal(columns, rng)));
  }
  basis.requiresGrad = false;
}

/** How far the model is from what the program decides with variable v taken from the source, in nats per row. */
function lossOf({ model, task }: SwappedModel, group: AlignmentGroup, v: number, patch: Patcher): Tensor {
  const { ids, positions } = group.own;
  const { targets, weights, total } = group.asked[v]!;
  const logits = model.forward(ids, { positions, patch }).reshape([-1, task.vocabulary.length]).gather(group.rows);
  // −log sigmoid(z) = relu(z) − z + log(1 + e^−|z|).
  const each = task.sigmoid
    ? logits.relu().sub(logits.mul(targets)).add(logits.abs().neg().exp().add(1).log())
    : logits.logSoftmax().mul(targets).neg();
  return each.mul(weights).sum().div(total);
}

/** Columns of one length D as a matrix [D, K], row after row. */
const inRows = (columns: readonly Column[]): Float32Array =>
  Float32Array.from({ length: columns[0]!.length * columns.length }, (_, at) => {
    const [d, k] = [Math.floor(at / columns.length), at % columns.length];
    return columns[k]![d]!;
  });
