/**
 * S-ops that depend on their leaves through a sum of ints, such as `length - 1 - indices`. The sum is a read of what it adds up, and a
 * function of it is one of a single number, where a table over the leaves would have a row for each of their joint values.
 */
import { arithmeticMap } from "../../../language/graph/elementwise.js";
import { Formula, reachThroughMaps } from "../../normalize/formula.js";
import type { Mapped, NormalForm, NormalSOp } from "../../normalize/normal-form.js";
import type { Domain } from "../../values/domain.js";
import { linearInts, type LinearInts } from "../../values/linear-ints.js";
import { combineReads } from "../ir/read.js";
import { isCategorical } from "./categorical.js";
import type { Encoding, Materialize, Numerical } from "./encoding.js";

/** A sum of ints that float64 holds. */
export interface LinearSum extends LinearInts {
  readonly sop: Mapped;
}

/** The only such sum that an s-op depends on. */
export interface LinearPart extends LinearSum {
  /** The s-op as a function of the sum. */
  readonly formula: Formula;
}

/** The sum through which an s-op depends on all that it is a function of, if there is one, or the difference that it compares with 0. */
export function linearPart(
  sop: NormalSOp,
  { leaves }: Formula,
  domain: Domain,
  form: NormalForm,
): LinearPart | undefined {
  const found = partOf(sop, leaves, domain);
  if (found) return found;
  const compared = withDifferences(sop, leaves, domain, form);
  return compared === sop ? undefined : partOf(compared, leaves, domain);
}

function partOf(sop: NormalSOp, leaves: readonly NormalSOp[], domain: Domain): LinearPart | undefined {
  const inner = reachThroughMaps([sop], new Set(leaves), domain.work).filter((node) => node.kind === "map");
  for (const part of inner.toReversed()) {
    if (leaves.includes(part)) continue;
    const sum = linearInts(part);
    if (!sum || !sum.terms.every(([term]) => isReadable(term, leaves, domain))) continue;
    const formula = new Formula([sop], domain.work, new Set([part]));
    if (formula.leaves.length === 1 && formula.leaves[0] === part) return { ...sum, sop: part, formula };
  }
  return undefined;
}

/** An s-op with the sums of ints inside it, as few and as large as can be, that are cheaper to read than what they add up. */
export interface LinearParts {
  /** The same function; comparisons of two sums are comparisons of their difference with 0. */
  readonly sop: NormalSOp;
  readonly sums: readonly LinearSum[];
}

/** The sums of two ints and more that an s-op is computed from, beside other leaves. */
export function linearParts(sop: NormalSOp, { leaves }: Formula, domain: Domain, form: NormalForm): LinearParts {
  const compared = withDifferences(sop, leaves, domain, form);
  const sums = new Map<NormalSOp, LinearSum>();
  const isSum = (node: NormalSOp): boolean => {
    if (node.kind !== "map" || leaves.includes(node)) return false;
    const sum = linearInts(node);
    if (!sum || sum.terms.length < 2 || !sum.terms.every(([term]) => isReadable(term, leaves, domain))) return false;
    sums.set(node, { ...sum, sop: node });
    return true;
  };
  reachThroughMaps([compared], { has: (node) => leaves.includes(node) || isSum(node) }, domain.work);
  return { sop: compared, sums: [...sums.values()] };
}

const COMPARISONS: ReadonlySet<string> = new Set(["==", "!=", "<", "<=", ">", ">="]);

/** The s-op with comparisons of two sums of ints as comparisons of their difference with 0; itself where it has none. */
function withDifferences(sop: NormalSOp, leaves: readonly NormalSOp[], domain: Domain, form: NormalForm): NormalSOp {
  const images = new Map<NormalSOp, NormalSOp>();
  for (const node of reachThroughMaps([sop], new Set(leaves), domain.work)) {
    if (node.kind !== "map" || leaves.includes(node)) continue;
    const args = node.args.map((arg) => images.get(arg) ?? arg);
    const [left, right] = args;
    if (COMPARISONS.has(node.fn.key) && left && right && left.kind !== "constant" && right.kind !== "constant") {
      const difference = form.map(arithmeticMap("-"), [left, right], node.origin);
      const sum = difference.kind === "map" ? linearInts(difference) : undefined;
      if (sum?.terms.every(([term]) => isReadable(term, leaves, domain))) {
        images.set(node, form.map(node.fn, [difference, form.constant(0n)], node.origin));
        continue;
      }
    }
    if (args.some((arg, a) => arg !== node.args[a])) images.set(node, form.map(node.fn, args, node.origin));
  }
  return images.get(sop) ?? sop;
}

/** Whether a term is ints that are read without hidden units: a leaf, or a function of a one-hot leaf. */
function isReadable(term: NormalSOp, leaves: readonly NormalSOp[], domain: Domain): boolean {
  const [leaf, ...others] = domain.formula(term).leaves;
  if (!leaf || others.length > 0 || !leaves.includes(leaf)) return false;
  if (leaf !== term && (leaf.kind === "map" || !isCategorical(leaf, domain))) return false;
  return domain.values(term).every((value) => typeof value === "bigint");
}

/** The sum as a number that is read of its terms. */
export function linearEncoding(
  { sop, terms, constant }: LinearSum,
  domain: Domain,
  { materialize, encode }: { readonly materialize: Materialize; readonly encode: (leaf: NormalSOp) => Encoding },
): Numerical {
  const values = domain.values(sop);
  const parts = terms.map(([term, factor]) => {
    const [read] = materialize(term, (value) => [Number(value)], ["term"]);
    const [leaf] = domain.formula(term).leaves;
    const { kind, noise } = encode(leaf!);
    const numbers = domain.values(term).map(Number);
    const largest = kind === "numerical" ? 1 : numbers.reduce((most, number) => Math.max(most, Math.abs(number)), 1);
    return { factor, read: read!, noise: Math.abs(factor) * noise * largest };
  });
  return {
    kind: "numerical",
    values,
    numbers: values.map(Number),
    read: combineReads(
      parts.map(({ factor, read }) => [factor, read]),
      constant,
    ),
    noise: parts.reduce((sum, { noise }) => sum + noise, 0),
  };
}
