/** The rule that a search settles on: as small as it can be without a clear loss on the selection set. */
import type { FrontPoint } from "../common/front.js";
import type { Batch } from "./batch.js";
import type { CandidateSelector, CandidateSOp } from "./candidate.js";
import { growRules } from "./grow-rules.js";
import { leavesOf, reached, replaced, ruleMatch, sopsOf, type Rule } from "./rule.js";

const MOST_LEAVES = 10;
/** One leaf more must raise the match by this much, and so must one layer more. */
export const LEAST_GAIN = 0.01;

export interface Found {
  readonly rule: Rule;
  /** On the selection set. */
  readonly match: number;
  readonly front: readonly FrontPoint[];
}

/** Grows rules on the tuning set and chooses one by its match and its size. */
export function choose(sops: readonly CandidateSOp[], tune: Batch, select: Batch): Found {
  const rules = growRules(sops, tune, MOST_LEAVES).map((rule) => ({ rule, match: ruleMatch(rule, select) }));
  const front = rules.map(({ rule, match }) => ({ size: selectorsOf(rule).length + leavesOf(rule), match }));
  const best = rules.reduce((a, b) => (b.match > a.match + LEAST_GAIN * (leavesOf(b.rule) - leavesOf(a.rule)) ? b : a));
  return { ...withFewerSelectors(best, select), front };
}

/** Replaces one s-op of the rule by another one, as long as that saves selectors and loses nothing on the selection set. */
function withFewerSelectors(
  { rule, match }: Pick<Found, "rule" | "match">,
  select: Batch,
): Pick<Found, "rule" | "match"> {
  const sops = [...new Set(sopsOf(rule))];
  const simpler = sops
    .flatMap((sop) => sops.map((by) => reached(replaced(rule, sop, by), select)))
    .filter((other) => selectorsOf(other).length < selectorsOf(rule).length)
    .map((other) => ({ rule: other, match: ruleMatch(other, select) }))
    .find((other) => other.match >= match);
  return simpler ? withFewerSelectors(simpler, select) : { rule, match };
}

/** Every selector of a rule once. */
export function selectorsOf(rule: Rule): CandidateSelector[] {
  const all = new Map<string, CandidateSelector>();
  const visit = (sop: CandidateSOp): void => {
    for (const selector of sop.selectors) {
      selector.reads.forEach(visit);
      all.set(selector.key, selector);
    }
  };
  sopsOf(rule).forEach(visit);
  return [...all.values()];
}
