/** Which comparisons and candidates somebody wants, and a clear word if there are none such. */
import { UsageError } from "./usage-error.js";

const listed = (names: Iterable<string>): string => [...names].map((name) => `"${name}"`).join(", ");

export class Choice {
  readonly #texts: readonly string[];
  readonly #names: readonly string[];
  readonly #refused = new Set<string>();

  /**
   * @param texts - one of which the name of a comparison contains; none: all comparisons
   * @param names - of engines or other candidates; none: all
   */
  constructor(texts: readonly string[] = [], names: readonly string[] = []) {
    this.#texts = texts;
    this.#names = names;
  }

  /** Whether the comparison of that name is wanted. */
  wants(comparison: string): boolean {
    if (this.#texts.length === 0 || this.#texts.some((text) => comparison.includes(text))) return true;
    this.#refused.add(comparison);
    return false;
  }

  /** The wanted ones among candidates. Throws a UsageError if one that is wanted is not there. */
  among<T extends { readonly name: string }>(candidates: readonly T[]): readonly T[] {
    if (this.#names.length === 0) return candidates;
    const names = candidates.map(({ name }) => name);
    const missing = this.#names.filter((name) => !names.includes(name));
    if (missing.length > 0) throw new UsageError(`--engine ${listed(missing)}: here are ${listed(names)}.`);
    return candidates.filter(({ name }) => this.#names.includes(name));
  }

  /** What to say when no comparison was wanted. */
  get nothing(): UsageError {
    return new UsageError(`--only ${listed(this.#texts)}: the comparisons are ${listed(this.#refused)}.`);
  }
}
