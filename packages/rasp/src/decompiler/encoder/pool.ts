/** The s-ops that a program may use, each with values of its own on a batch. */
import type { Batch, Codes } from "./batch.js";
import {
  aggregate,
  and,
  selectsLater,
  upToSelf,
  width,
  type CandidateSelector,
  type CandidateSOp,
} from "./candidate.js";

export class Pool {
  /** In the order in which they were added. */
  readonly sops: CandidateSOp[] = [];
  readonly #seen = new Set<string>();

  readonly batch: Batch;
  readonly codes: Codes;
  /** Whether no position sees later ones. */
  readonly isCausal: boolean;

  constructor(batch: Batch, codes: Codes, isCausal = false) {
    this.batch = batch;
    this.codes = codes;
    this.isCausal = isCausal;
  }

  /** What a head of the model can select of a selector's keys: in a decoder none that are later than the query. */
  seen(selector: CandidateSelector): CandidateSelector {
    return this.isCausal && selectsLater(selector, this.batch) ? and(selector, upToSelf) : selector;
  }

  /** Adds the s-ops whose values no other has. @returns those */
  add(...sops: readonly CandidateSOp[]): CandidateSOp[] {
    const added = sops.filter((sop) => {
      const values = sop.values(this.batch);
      if (values.some(Number.isNaN)) return false;
      const key = fingerprint(values);
      if (this.#seen.has(key)) return false;
      this.#seen.add(key);
      return true;
    });
    this.sops.push(...added);
    return added;
  }

  /** Adds the width of a selector and the aggregates of some s-ops. @returns those whose values are new */
  attend(given: CandidateSelector, sops: readonly CandidateSOp[]): Attended {
    const selector = this.seen(given);
    const [count] = this.add(width(selector));
    return { count, carried: this.add(...sops.map((sop) => aggregate(selector, sop, this.codes))) };
  }
}

/** What attending by a selector added: its width and its aggregates, where they are new. */
export interface Attended {
  readonly count: CandidateSOp | undefined;
  readonly carried: readonly CandidateSOp[];
}

/** Two hashes of 32 bits. */
function fingerprint(values: Float64Array): string {
  let [a, b] = [0x811c9dc5, 0];
  for (const value of values) {
    const bits = Math.round(value * 4096);
    a = Math.imul(a ^ bits, 0x01000193);
    b = (Math.imul(b, 31) + bits) | 0;
  }
  return `${a} ${b}`;
}
