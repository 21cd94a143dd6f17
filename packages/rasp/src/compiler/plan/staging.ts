/**
 * Elementwise work in several feed-forward sublayers. A function of many values is large as one layer of hidden units, one for about
 * each joint value. With an intermediate s-op in the residual stream, computed a layer earlier, each of the two functions has fewer values.
 *
 * Which s-ops these are is chosen as technology mapping chooses the look-up tables of a circuit (Cong, Wu, Ding 1999, cut enumeration): for each
 * s-op, from its operands up, the cheapest few *cuts*, sets of values that it can be computed from. The cost counts hidden units.
 */
import { Formula } from "../normalize/formula.js";
import { operands as readBy, type Mapped, type Mean, type NormalSOp, type Width } from "../normalize/normal-form.js";
import { RaspError } from "../../language/diagnostic.js";
import { computeAfter, getOrInsert } from "../../language/maps.js";
import type { Domain, Stages } from "../values/domain.js";
import { isChoice } from "./features/branches.js";

/** How many cuts are kept for each s-op. */
const KEPT = 6;
/** An s-op that is computed from more values than this is not considered. */
const MOST_LEAVES = 10;
/** How many ways to compute the operands of one s-op are tried. */
const MOST_JOINS = 400;
/** What a residual coordinate costs, in hidden units. */
const COORDINATE = 3;
/** No function with fewer joint values needs stages. */
const SMALL = 32;

/** The maps that can be sums of their operands; a product is one if all factors but one are constants. */
const SUMS: ReadonlySet<string> = new Set(["+", "-", "*"]);

/** A way to compute an s-op. */
interface Cut {
  /** From what: leaves of the graph, and maps that are values of their own. Ascending by id. */
  readonly leaves: readonly NormalSOp[];
  /** What each branch of nested choices depends on; one for an s-op without. */
  readonly branches: readonly (readonly NormalSOp[])[];
  /** Whether the s-op is a sum of multiples of the leaves. */
  readonly isSum: boolean;
  /** The hidden units of the function itself. */
  readonly units: number;
  /** With those of the maps among the leaves; what several s-ops read is shared among them. */
  readonly cost: number;
}

/** With how many joint values a function may have at most, plans in stages are tried. */
const LARGEST = [1 << 14, 1 << 11, 1 << 8];

/** What a stage costs besides where few are wanted, for each head that its value comes through: late ones make what follows later. */
const SPARSE = 16;

/**
 * Ways to compute all that the roots need in stages; none where no function is large, or none is better computed from others.
 *
 * @param sparse - whether to make as few stages as possible
 */
export function stagings(roots: readonly NormalSOp[], domain: Domain, sparse = false): Stages[] {
  const operands = operandsOf(roots);
  if (operands.every((sop) => domain.jointSize(new Formula([sop], domain.work).leaves) <= SMALL)) return [];
  const different = new Map<string, Stages>();
  for (const largest of LARGEST) {
    const stages = stagesOf(operands, domain, { largest, price: sparse ? SPARSE : 0 });
    const key = [...stages].map(([{ id }, maps]) => `${id}:${[...maps].map((map) => map.id).join(",")}`).join(";");
    if ([...stages.values()].some(({ size }) => size > 0)) different.set(key, stages);
  }
  return [...different.values()];
}

function stagesOf(operands: readonly NormalSOp[], domain: Domain, limits: Limits): Stages {
  const staging = new Staging(operands, domain, limits);
  const stages = new Map<NormalSOp, ReadonlySet<NormalSOp>>();
  const open = operands.map((sop): readonly [NormalSOp, boolean] => [sop, true]);
  for (let next = open.pop(); next; next = open.pop()) {
    const [sop, isOperand] = next;
    const cut = sop.kind === "map" && !stages.has(sop) ? staging.best(sop, isOperand) : undefined;
    if (!cut) continue;
    const maps = cut.leaves.filter(({ kind }) => kind === "map");
    stages.set(sop, new Set(maps));
    open.push(...maps.map((map) => [map, false] as const));
  }
  return stages;
}

/** Everything that is read as a whole: the roots, and what heads read. */
function operandsOf(roots: readonly NormalSOp[]): readonly NormalSOp[] {
  const operands = new Set(roots);
  const seen = new Set<NormalSOp>();
  const open = [...roots];
  const read = (...sops: readonly NormalSOp[]): void => {
    for (const sop of sops) operands.add(sop);
    open.push(...sops);
  };
  for (let sop = open.pop(); sop; sop = open.pop()) {
    if (seen.has(sop)) continue;
    seen.add(sop);
    if (sop.kind === "map") open.push(...sop.args);
    if (sop.kind === "mean" || sop.kind === "width") read(...readByHead(sop));
  }
  return [...operands];
}

function readByHead(sop: Mean | Width): NormalSOp[] {
  const added = sop.kind === "mean" ? [sop.value, sop.best] : [sop.summed];
  return [...sop.selection.comparisons.flatMap(({ keys, queries }) => [keys, queries]), ...added].filter(
    (operand) => operand !== undefined,
  );
}

/** What a plan in stages may take. */
interface Limits {
  /** The most joint values of a function. */
  readonly largest: number;
  /** What each stage costs besides its hidden units and coordinates, in hidden units, for each head that its value comes through. */
  readonly price: number;
}

class Staging {
  readonly #cuts = new Map<NormalSOp, readonly Cut[]>();
  /** How many s-ops read each map. */
  readonly #references = new Map<NormalSOp, number>();
  /** The share of one reader in what each map costs as a value of its own. */
  readonly #shares = new Map<NormalSOp, number>();
  readonly #sizes = new Map<NormalSOp, readonly number[]>();
  readonly #sources = new Map<NormalSOp, readonly NormalSOp[]>();

  readonly #domain: Domain;
  readonly #largest: number;

  constructor(operands: readonly NormalSOp[], domain: Domain, { largest, price }: Limits) {
    this.#domain = domain;
    this.#largest = largest;
    const maps = mapsBelow(operands);
    const depths = new Map<NormalSOp, number>();
    for (const sop of [...operands, ...maps.flatMap(({ args }) => args)]) {
      this.#references.set(sop, (this.#references.get(sop) ?? 0) + 1);
    }
    for (const sop of maps) {
      const cuts = this.#cutsOf(sop);
      this.#cuts.set(sop, cuts);
      const cost =
        (cuts[0]?.cost ?? Infinity) + COORDINATE * maximum(this.#sizesOf(sop)) + price * depthOf(sop, depths);
      this.#shares.set(sop, cost / this.#references.get(sop)!);
    }
  }

  /**
   * The cheapest cut of an s-op; undefined where it has none within the limit.
   *
   * @param isOperand - whether it is read as a whole, so that a sum needs no hidden units
   */
  best(sop: NormalSOp, isOperand: boolean): Cut | undefined {
    const cuts = this.#cuts.get(sop) ?? [];
    if (!isOperand) return cuts[0];
    const costOf = ({ cost, units, isSum }: Cut): number => (isSum ? cost - units : cost);
    return [...cuts].sort((a, b) => costOf(a) - costOf(b))[0];
  }

  #cutsOf(sop: Mapped): readonly Cut[] {
    let partial: readonly (readonly Cut[])[] = [[]];
    for (const arg of sop.args) {
      const options = this.#optionsFor(arg);
      partial = partial.flatMap((parts) => options.map((option) => [...parts, option])).slice(0, MOST_JOINS);
    }
    const byLeaves = new Map<string, Cut>();
    for (const parts of partial) {
      const cut = this.#joined(sop, parts);
      if (!cut) continue;
      const key = cut.leaves.map(({ id }) => id).join(",");
      if (cut.cost < (byLeaves.get(key)?.cost ?? Infinity)) byLeaves.set(key, cut);
    }
    return [...byLeaves.values()].sort((a, b) => a.cost - b.cost).slice(0, KEPT);
  }

  /** An operand as a value of its own, or as what it is computed from. */
  #optionsFor(arg: NormalSOp): readonly Cut[] {
    if (arg.kind === "constant") return [{ leaves: [], branches: [[]], isSum: true, units: 1, cost: 0 }];
    const units = maximum(this.#sizesOf(arg));
    const cost = this.#shares.get(arg) ?? 0;
    const itself = cost < Infinity ? [{ leaves: [arg], branches: [[arg]], isSum: true, units, cost }] : [];
    return [...itself, ...(this.#cuts.get(arg) ?? [])];
  }

  /** The s-op as a function of what its operands are computed from; undefined where that is too large. */
  #joined(sop: Mapped, parts: readonly Cut[]): Cut | undefined {
    const leaves = union(parts.map((part) => part.leaves));
    if (leaves.length > MOST_LEAVES) return undefined;
    const [first, ...others] = parts;
    const branches = isChoice(sop)
      ? others.flatMap((part) => part.branches.map((branch) => union([first!.leaves, branch])))
      : [leaves];
    if (branches.length > MOST_LEAVES ** 2) return undefined;
    const rows = branches.map((branch) => this.#rows(branch));
    if (rows.some((size) => size > this.#largest)) return undefined;
    const isProduct = sop.fn.name === "*" && sop.args.every(({ kind }) => kind !== "constant");
    const isSum = SUMS.has(sop.fn.name) && !isProduct && parts.every((part) => part.isSum);
    const units = Math.min(
      isChoice(sop)
        ? first!.units * others.reduce((sum, part) => sum + part.units, 0)
        : parts.reduce((product, part) => product * part.units, 1),
      // Hidden units read a sum as one number.
      isSum ? 2 * maximum(this.#sizesOf(sop)) : Infinity,
      rows.reduce((sum, size) => sum + size, 0),
    );
    const cost = leaves.reduce((sum, leaf) => sum + (this.#shares.get(leaf) ?? 0), units);
    return { leaves, branches, isSum, units, cost };
  }

  /** The joint values of the leaves at one position: no more than of the leaves of the graph below them. */
  #rows(leaves: readonly NormalSOp[]): number {
    const below = union(leaves.map((leaf) => this.#sourcesOf(leaf)));
    const [sizes, sourceSizes] = [leaves, below].map((sops) => sops.map((sop) => this.#sizesOf(sop)));
    let most = 0;
    for (let i = 0; i < this.#domain.maxLength; i++) {
      const productOf = (all: readonly (readonly number[])[]): number =>
        all.reduce((product, ofPosition) => product * ofPosition[i]!, 1);
      most = Math.max(most, Math.min(productOf(sizes!), productOf(sourceSizes!)));
    }
    return most;
  }

  /** How many values the s-op can have at each position of the longest inputs. */
  #sizesOf(sop: NormalSOp): readonly number[] {
    const { maxLength } = this.#domain;
    return getOrInsert(this.#sizes, sop, () => {
      try {
        const table = this.#domain.table(sop);
        return Array.from({ length: maxLength }, (_, i) => table.at(maxLength, i).atoms.length);
      } catch (error) {
        if (!(error instanceof RaspError)) throw error;
        return Array.from({ length: maxLength }, () => Infinity);
      }
    });
  }

  #sourcesOf(sop: NormalSOp): readonly NormalSOp[] {
    return getOrInsert(this.#sources, sop, () => new Formula([sop], this.#domain.work).leaves);
  }
}

/** All maps that the operands are computed with, each after its operands. */
function mapsBelow(operands: readonly NormalSOp[]): Mapped[] {
  const maps = new Set<Mapped>();
  const open = [...operands];
  for (let sop = open.pop(); sop; sop = open.pop()) {
    if (sop.kind !== "map" || maps.has(sop)) continue;
    maps.add(sop);
    open.push(...sop.args);
  }
  return [...maps].sort((a, b) => a.id - b.id);
}

/** How many heads an s-op's value comes through, one after the other. */
const depthOf = (sop: NormalSOp, known: Map<NormalSOp, number>): number =>
  computeAfter(sop, known, readBy, (node) => {
    const below = maximum(readBy(node).map((read) => known.get(read)!));
    return node.kind === "mean" || node.kind === "width" ? below + 1 : below;
  });

const union = (sets: readonly (readonly NormalSOp[])[]): NormalSOp[] =>
  [...new Set(sets.flat())].sort((a, b) => a.id - b.id);

const maximum = (numbers: readonly number[]): number => numbers.reduce((most, number) => Math.max(most, number), 0);
