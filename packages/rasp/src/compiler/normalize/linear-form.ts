/**
 * Sums of terms c · s · n^p, where n is the width of one selection and s the sum of an int s-op over it, or 1: what programs make of
 * the means over a selection, as an exact formula. A mean is s / n; times n it is s. Floats are near: each form bounds their error.
 */
import type { NormalSOp } from "./normal-form.js";

export interface Term {
  /** The s-op whose sum over the selection is a factor; none if undefined. */
  readonly summand: NormalSOp | undefined;
  readonly power: number;
  readonly factor: bigint;
}

export interface LinearForm {
  /** Each pair of summand and power once, no factor 0. */
  readonly terms: readonly Term[];
  /** What all factors are divided by; positive. */
  readonly divisor: bigint;
  /** How far from the form the floats of the program can be. */
  readonly error: number;
}

/** How large the factors of a form can be. */
export interface Sizes {
  /** The largest width of the selection. */
  readonly maxLength: number;
  /** The largest absolute value of each summand. */
  readonly most: (summand: NormalSOp) => number;
}

/** Forms with larger numbers are given up: no program that counts has them. */
const MAX_FACTOR = 1n << 40n;
/** More than the relative error of one float operation, so that the bounds may be floats themselves. */
export const ROUNDING = 2 ** -52;

export const linearForm = (terms: readonly Term[], divisor = 1n, error = 0): LinearForm | undefined => {
  const byPlace = new Map<string, Term>();
  for (const term of terms) {
    const place = `${term.summand?.id ?? ""} ${term.power}`;
    byPlace.set(place, { ...term, factor: term.factor + (byPlace.get(place)?.factor ?? 0n) });
  }
  const all = [...byPlace.values()].filter(({ factor }) => factor !== 0n);
  const shared = all.reduce((a, { factor }) => gcd(a, factor), divisor);
  const reduced = all.map((term) => ({ ...term, factor: term.factor / shared }));
  const numbers = [divisor / shared, ...reduced.map(({ factor }) => factor)];
  if (numbers.some((number) => absolute(number) > MAX_FACTOR)) return undefined;
  return { terms: reduced, divisor: divisor / shared, error };
};

/** A number of the program: of a float, the simplest fraction that rounds to it. */
export function constantForm(value: number | bigint): LinearForm | undefined {
  if (!Number.isFinite(Number(value))) return undefined;
  const [numerator, divisor] = typeof value === "bigint" ? [value, 1n] : fractionOf(value);
  const error = typeof value === "bigint" ? 0 : Math.abs(value) * ROUNDING;
  return linearForm([{ summand: undefined, power: 0, factor: numerator }], divisor, error);
}

/** `a + sign · b` */
export function sumOf(a: LinearForm, b: LinearForm, sign: 1n | -1n, sizes: Sizes): LinearForm | undefined {
  const terms = [...times(a.terms, b.divisor), ...times(b.terms, sign * a.divisor)];
  const size = sizeOf(a, sizes) + sizeOf(b, sizes);
  const isExact = [a, b].every((form) => isIntegral(form) && form.error === 0) && size <= Number.MAX_SAFE_INTEGER;
  return linearForm(terms, a.divisor * b.divisor, isExact ? 0 : withRounding(a.error + b.error, size));
}

/** The product, if one of the two has no sum. */
export function productOf(a: LinearForm, b: LinearForm, sizes: Sizes): LinearForm | undefined {
  if (hasSums(a) && hasSums(b)) return undefined;
  const terms = a.terms.flatMap((left) =>
    b.terms.map((right) => ({
      summand: left.summand ?? right.summand,
      power: left.power + right.power,
      factor: left.factor * right.factor,
    })),
  );
  const [sizeA, sizeB] = [sizeOf(a, sizes), sizeOf(b, sizes)];
  const error = a.error * (sizeB + b.error) + b.error * sizeA;
  return linearForm(terms, a.divisor * b.divisor, withRounding(error, sizeA * sizeB));
}

/** The quotient, if the divisor is one term without a sum. The width is not 0 where the program has a value. */
export function quotientOf(a: LinearForm, b: LinearForm, sizes: Sizes): LinearForm | undefined {
  const [term, ...more] = b.terms;
  if (!term || more.length > 0 || term.summand) return undefined;
  const { power, factor } = term;
  const sign = factor < 0n ? -1n : 1n;
  const inverse = linearForm([{ summand: undefined, power: -power, factor: sign * b.divisor }], sign * factor);
  if (!inverse) return undefined;
  const exact = productOf({ ...a, error: 0 }, inverse, sizes);
  const least = (Number(absolute(factor)) / Number(b.divisor)) * sizes.maxLength ** Math.min(0, power);
  if (!exact || b.error > least / 2) return undefined;
  const size = sizeOf(a, sizes) / least;
  return { ...exact, error: withRounding(2 * (a.error / least + (size * b.error) / least), size) };
}

/** Whether the form is an int wherever widths and sums are: sums, the width and a number, times ints. */
export const isIntegral = ({ terms, divisor }: LinearForm): boolean =>
  divisor === 1n && terms.every(({ summand, power }) => power === 0 || (power === 1 && !summand));

export const isNumber = ({ terms, divisor, error }: LinearForm, value: bigint): boolean =>
  divisor === 1n && error < 0.5 && terms.length === 1 && isConstant(terms[0]!) && terms[0]!.factor === value;

const isConstant = ({ summand, power }: Term): boolean => !summand && power === 0;

export const hasSums = ({ terms }: LinearForm): boolean => terms.some(({ summand }) => summand !== undefined);

/** Whether the form is one mean and numbers, not times the width. */
export function isOneMean({ terms }: LinearForm): boolean {
  const sums = terms.filter(({ summand }) => summand);
  return sums.length < 2 && sums.every(({ power }) => power === -1);
}

/** What has the sign of the form, and is an int: means times the width are sums. Undefined where sums are of several powers. */
export function withoutDivisor(form: LinearForm): LinearForm | undefined {
  const powers = form.terms.flatMap(({ summand, power }) => (summand ? [power] : []));
  const by = Math.max(0, -Math.min(0, ...powers));
  return integralOrNone(linearForm(form.terms.map((term) => ({ ...term, power: term.power + by }))));
}

const integralOrNone = (form: LinearForm | undefined): LinearForm | undefined =>
  form && isIntegral(form) ? form : undefined;

/** A bound on the form's absolute value. */
export const sizeOf = ({ terms, divisor }: LinearForm, { maxLength, most }: Sizes): number =>
  terms.reduce((sum, { summand, power, factor }) => {
    const growth = Math.max(0, power + Number(summand !== undefined));
    return sum + (Number(absolute(factor)) / Number(divisor)) * (summand ? most(summand) : 1) * maxLength ** growth;
  }, 0);

/** The form's value for a width and sums; only forms without powers of the width below 0 have one at width 0. */
export function valueOf({ terms, divisor }: LinearForm, width: number, sum: (summand: NormalSOp) => number): number {
  const value = ({ summand, power, factor }: Term): number =>
    Number(factor) * width ** power * (summand ? sum(summand) : 1);
  return terms.reduce((total, term) => total + value(term), 0) / Number(divisor);
}

export const negated = (terms: readonly Term[]): Term[] => times(terms, -1n);

/** The error of a result of this size, with that of rounding it. */
const withRounding = (error: number, size: number): number => error + ROUNDING * (size + error);

const times = (terms: readonly Term[], by: bigint): Term[] =>
  terms.map((term) => ({ ...term, factor: term.factor * by }));

const absolute = (value: bigint): bigint => (value < 0n ? -value : value);

function gcd(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return absolute(a);
}

/** The first convergent of the continued fraction that rounds to the value. */
function fractionOf(value: number): readonly [bigint, bigint] {
  let [numerator, divisor, lastNumerator, lastDivisor] = [1n, 0n, 0n, 1n];
  for (let rest = value; divisor < MAX_FACTOR;) {
    const whole = BigInt(Math.floor(rest));
    [numerator, lastNumerator] = [whole * numerator + lastNumerator, numerator];
    [divisor, lastDivisor] = [whole * divisor + lastDivisor, divisor];
    if (Number(numerator) / Number(divisor) === value) break;
    rest = 1 / (rest - Math.floor(rest));
    if (!Number.isFinite(rest)) break;
  }
  return [numerator, divisor];
}
