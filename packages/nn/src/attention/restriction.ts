/**
 * Restricted attention: which keys a query looks at when it does not look at all of them. A restriction is a union of
 * - a window of neighbours (Longformer: Beltagy et al. 2020, arXiv 2004.05150),
 * - strides: keys a multiple of some distance away (Sparse Transformer: Child et al. 2019, arXiv 1904.10509; dilated
 * windows),
 * - powers: keys 1, 2, 4, 8, … away (LogSparse: Li et al. 2019, arXiv 1907.00235),
 * - global tokens: the first few positions see all and are seen by all (BigBird: Zaheer et al. 2020, arXiv 2007.14062).
 * Every query sees itself. n positions then take O(n) scores, with powers O(n log n).
 */
import { checks } from "@selectron/core";

/** Which keys a query looks at: the union of all fields, and itself. */
export interface Restriction {
  /** Keys up to this far to either side; 0 by default. */
  readonly window?: number | undefined;
  /** `count` keys to either side, `by` positions apart. */
  readonly strides?: { readonly by: number; readonly count: number } | undefined;
  /** Whether to include keys whose distance is a power of two; false by default. */
  readonly powers?: boolean | undefined;
  /** This many positions from the first see every key, and every query sees them; 0 by default. */
  readonly globals?: number | undefined;
}

/** Throws a RangeError that names the field that is out of range. */
export function checkRestriction(restriction: Restriction): void {
  checks.checkOptions("Restriction", restriction, kinds);
  if (restriction.strides !== undefined) {
    checks.checkOptions("Restriction.strides", restriction.strides, stridesKinds, ["by", "count"]);
  }
}

const kinds = {
  window: checks.anInteger(0),
  strides: checks.anObject("an object with by and count"),
  powers: checks.aFlag,
  globals: checks.anInteger(0),
};
const stridesKinds = { by: checks.anInteger(1), count: checks.anInteger(1) };

/** Positions and lengths of lists of keys. */
const MOST_POSITIONS = 2 ** 24;

function checkQuestion(operation: string, restriction: Restriction, causal: boolean): void {
  checkRestriction(restriction);
  checks.check(`${operation}: causal`, causal, checks.aFlag);
}

/** Whether a query looks at a key, by their positions. A causal query looks at nothing after it. */
export function looksAt(restriction: Restriction, causal: boolean, query: number, key: number): boolean {
  checkQuestion("looksAt", restriction, causal);
  checks.check("looksAt: query", query, checks.anInteger(0));
  checks.check("looksAt: key", key, checks.anInteger(0));
  return sees(restriction, causal, query, key);
}

/** As `looksAt`, of what was checked. */
export function sees(restriction: Restriction, causal: boolean, query: number, key: number): boolean {
  if (causal && key > query) return false;
  const { window = 0, strides, powers = false, globals = 0 } = restriction;
  const distance = Math.abs(key - query);
  if (distance <= window || key < globals || query < globals) return true;
  if (strides && distance % strides.by === 0 && distance <= strides.by * strides.count) return true;
  return powers && (distance & (distance - 1)) === 0;
}

/** The keys, of `length`, that the query at a position looks at, in order, without trying them all. */
export function keysOf(restriction: Restriction, causal: boolean, query: number, length: number): number[] {
  checkQuestion("keysOf", restriction, causal);
  checks.check("keysOf: query", query, checks.anInteger(0, MOST_POSITIONS));
  checks.check("keysOf: length", length, checks.anInteger(query + 1, MOST_POSITIONS));
  return seenKeys(restriction, causal, query, length);
}

/** As `keysOf`, of what was checked. */
export function seenKeys(restriction: Restriction, causal: boolean, query: number, length: number): number[] {
  const { window = 0, strides, powers = false, globals = 0 } = restriction;
  const end = causal ? query + 1 : length;
  if (query < globals) return Array.from({ length: end }, (_, key) => key);
  const keys = new Set<number>();
  const add = (key: number): void => void (key >= 0 && key < end && keys.add(key));
  const both = (distance: number): void => (add(query - distance), add(query + distance));
  for (let key = 0; key < Math.min(globals, end); key++) add(key);
  for (let distance = 0; distance <= Math.min(window, length); distance++) both(distance);
  for (let step = 1; strides && step <= strides.count && step * strides.by < length; step++) both(step * strides.by);
  for (let distance = 1; powers && distance < length; distance *= 2) both(distance);
  return [...keys].sort((a, b) => a - b);
}
