/**
 * Sums of floats from left to right, rounded after every addition, over some of the positions, without adding all of them one by one.
 *
 * While a running sum s stays between two powers of two, it is a whole number m of last places u, and adding x makes it m + x / u rounded
 * to a whole number, ties to even: a shift that depends on x alone, or where x / u is halfway between two, also on whether m is even. So
 * a block of positions shifts m by one of two whole numbers, as long as m stays inside on the way, and the shift of two blocks follows
 * from theirs. A tree of blocks has these shifts for each exponent of s that is asked for. Where a sum leaves its powers of two, the walk
 * goes down the tree to where it does, and there adds one by one: log n blocks for each time. A sum of values of one sign leaves at most
 * log(n · largest / smallest) times; a sum that crosses 0 again and again is worth no tree, but right.
 */

/** So many positions are a leaf. */
const LEAF = 32;
/**
 * What a block has for one exponent: shift, least and largest way there, for an even and for an odd m; the state that they were made for; and
 * nothing. So many have the size of a line of a cache: at 100,000 positions the tables are larger than a core's caches.
 */
const FIELDS = 8;
const MADE = 6;
const [LEAST, MOST] = [2 ** 52 + 1, 2 ** 53 - 1];
/** Below this exponent last places are too small to divide by; sums there are added one by one. */
const SMALLEST_EXPONENT = -900;

/** The shifts of all blocks for sums of one sign and exponent. */
interface Shifts {
  /** Twice the exponent, and 1 more for negative sums. */
  readonly key: number;
  /** 1 / u with the sign of the sum, so that values times it are in last places. */
  readonly scale: number;
  /** `FIELDS` numbers for each block. */
  readonly fields: Float64Array;
}

export class RoundedSums {
  readonly #values: Float64Array;
  /** The values of positions that are included; 0, which changes no sum, elsewhere. */
  readonly #included: Float64Array;
  /** Leaves are blocks `#leaves` and up, a block's halves are 2 b and 2 b + 1. */
  readonly #leaves: number;
  /** Counts the changes of each block. */
  readonly #state: Int32Array;
  /** How many positions of each block are included. */
  readonly #count: Int32Array;
  readonly #shifts = new Map<number, Shifts>();
  /** What was asked for last: the next block on the way mostly asks for the same. */
  #last: Shifts | undefined;
  /** Blocks that have been looked at, and values that have been added one by one. */
  steps = 0;

  /** No position is included at first. */
  constructor(values: Float64Array) {
    this.#values = values;
    this.#included = new Float64Array(values.length);
    this.#leaves = 1;
    while (this.#leaves * LEAF < values.length) this.#leaves *= 2;
    this.#state = new Int32Array(2 * this.#leaves).fill(1);
    this.#count = new Int32Array(2 * this.#leaves);
  }

  /** Includes a position that is not, or the reverse. */
  set(position: number, isIncluded: boolean): void {
    this.#included[position] = isIncluded ? this.#values[position]! : 0;
    const change = isIncluded ? 1 : -1;
    for (let block = this.#leaves + Math.floor(position / LEAF); block > 0; block >>= 1) {
      this.#state[block]!++;
      this.#count[block]! += change;
    }
  }

  /** The sum of the included positions from `low` up to, not including, `high`. */
  sum(low: number, high: number): number {
    return this.#walk(1, 0, this.#leaves * LEAF, low, high, 0);
  }

  /** `sum` with what the block, positions `from` up to `to`, adds to it. */
  #walk(block: number, from: number, to: number, low: number, high: number, sum: number): number {
    if (low >= to || from >= high || this.#count[block] === 0) return sum;
    this.steps++;
    if (low <= from && to <= high) {
      const shifted = this.#shifted(block, sum);
      if (shifted !== undefined) return shifted;
    }
    if (block >= this.#leaves) {
      const end = Math.min(to, high, this.#included.length);
      this.steps += end - from;
      for (let i = Math.max(from, low); i < end; i++) sum += this.#included[i]!;
      return sum;
    }
    const middle = (from + to) / 2;
    const left = this.#walk(2 * block, from, middle, low, high, sum);
    return this.#walk(2 * block + 1, middle, to, low, high, left);
  }

  /** The sum behind a block that is included as a whole; `undefined` where it may leave its powers of two. */
  #shifted(block: number, sum: number): number | undefined {
    const exponent = exponentOf(sum);
    if (exponent < SMALLEST_EXPONENT || exponent > 1023) return undefined;
    const shifts = this.#shiftsFor(exponent, sum < 0);
    this.#make(block, shifts);
    const whole = sum * shifts.scale;
    const field = FIELDS * block + 3 * odd(whole);
    const { fields } = shifts;
    // Not the reverse comparisons: values so large that shifts are NaN leave the powers of two.
    const stays = whole + fields[field + 1]! >= LEAST && whole + fields[field + 2]! <= MOST;
    return stays ? (whole + fields[field]!) / shifts.scale : undefined;
  }

  #shiftsFor(exponent: number, isNegative: boolean): Shifts {
    const key = 2 * exponent + Number(isNegative);
    if (this.#last?.key === key) return this.#last;
    let shifts = this.#shifts.get(key);
    if (!shifts) {
      shifts = {
        key,
        scale: (isNegative ? -1 : 1) * 2 ** (52 - exponent),
        fields: new Float64Array(FIELDS * 2 * this.#leaves),
      };
      this.#shifts.set(key, shifts);
    }
    this.#last = shifts;
    return shifts;
  }

  /** Makes the fields of a block anew if it has changed. */
  #make(block: number, shifts: Shifts): void {
    const { fields } = shifts;
    if (fields[FIELDS * block + MADE] === this.#state[block]) return;
    fields[FIELDS * block + MADE] = this.#state[block]!;
    this.steps++;
    if (block >= this.#leaves) {
      this.steps += LEAF;
      this.#makeLeaf(block, shifts);
      return;
    }
    const [left, right] = [2 * block, 2 * block + 1];
    this.#make(left, shifts);
    this.#make(right, shifts);
    for (let parity = 0; parity < 2; parity++) {
      const first = FIELDS * left + 3 * parity;
      const shift = fields[first]!;
      const then = FIELDS * right + 3 * odd(shift + parity);
      const field = FIELDS * block + 3 * parity;
      fields[field] = shift + fields[then]!;
      fields[field + 1] = Math.min(fields[first + 1]!, shift + fields[then + 1]!);
      fields[field + 2] = Math.max(fields[first + 2]!, shift + fields[then + 2]!);
    }
  }

  #makeLeaf(block: number, { fields, scale }: Shifts): void {
    const from = (block - this.#leaves) * LEAF;
    const end = Math.min(from + LEAF, this.#included.length);
    for (let parity = 0; parity < 2; parity++) {
      let [whole, least, most] = [parity, Infinity, -Infinity];
      for (let i = from; i < end; i++) {
        const value = this.#included[i]!;
        if (value === 0) continue;
        whole = nearestEven(whole, value * scale);
        if (whole < least) least = whole;
        if (whole > most) most = whole;
      }
      const field = FIELDS * block + 3 * parity;
      fields[field] = whole - parity;
      fields[field + 1] = least - parity;
      fields[field + 2] = most - parity;
    }
  }
}

/**
 * A whole number m plus x, rounded to a whole number; of two equally near ones the even one. Only differences to m matter, so that m can
 * stand for any number that is even where it is. Exact below 2^52, and no sum bears more.
 */
function nearestEven(m: number, x: number): number {
  const size = Math.abs(x);
  const whole = Math.floor(size);
  // The difference is exact, which that of a negative x and its floor need not be.
  const rest = size - whole;
  const sign = x < 0 ? -1 : 1;
  const near = m + sign * whole;
  if (rest < 0.5) return near;
  return rest > 0.5 || odd(near) === 1 ? near + sign : near;
}

/** 1 for an odd whole number, 0 for an even one. */
const odd = (whole: number): number => whole - 2 * Math.floor(whole / 2);

const bits = new DataView(new ArrayBuffer(8));

/** The exponent of a float: floor(log2 |x|); less than `SMALLEST_EXPONENT` for 0, 1024 for what is not finite. */
function exponentOf(x: number): number {
  bits.setFloat64(0, x);
  return ((bits.getUint16(0) >>> 4) & 0x7ff) - 1023;
}
