/**
 * Training with gradients of 16 bits, as an emulation: gradients are rounded as float16 or bfloat16 hold them, and a loss that is scaled up
 * keeps small ones from vanishing in float16 (Micikevicius et al. 2017, arXiv 1710.03740). Parameters and moments stay float32.
 */
import { checks, roundTo, type Tensor } from "@selectron/core";
import { someParameters } from "../checks.js";

/** A format of 16 bits: float16 has 11 significant bits and a small range, bfloat16 has 8 and the range of float32. */
export type HalfFormat = "float16" | "bfloat16";

const aFormat = checks.oneOf(["float16", "bfloat16"]);
/** The least exponent of normal float16 numbers, bits after the point, and where rounding leaves the range. */
const [LEAST, BITS, OVERFLOW] = [-14, 10, 65520];

/** The e for which 2^e ≤ |x| < 2^(e + 1), of a normal float64. Logarithms may be off by one where x is nearly a power of two. */
function exponentOf(x: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  return ((view.getUint32(0) >>> 20) & 0x7ff) - 1023;
}

/** A number as a format holds it: rounded to nearest, ties to even; ±Infinity beyond the range. */
export function roundHalf(format: HalfFormat, x: number): number {
  checks.check("roundHalf: format", format, aFormat);
  checks.check("roundHalf: x", x, checks.aNumber);
  if (format === "bfloat16") return Number.isFinite(x) ? roundTo("bfloat16", Math.fround(x)) : x;
  if (x === 0 || !Number.isFinite(x)) return x;
  if (Math.abs(x) >= OVERFLOW) return Math.sign(x) * Infinity;
  const step = 2 ** (Math.max(LEAST, exponentOf(x)) - BITS);
  const [whole, rest] = [Math.floor(x / step), x / step - Math.floor(x / step)];
  const isUp = rest > 0.5 || (rest === 0.5 && whole % 2 !== 0);
  return (whole + (isUp ? 1 : 0)) * step;
}

/** Options of a loss scaler. */
export interface LossScalerOptions {
  /** "float16" by default. */
  readonly format?: HalfFormat | undefined;
  /** The first scale, 2^16 by default; 1 and `every` Infinity for none. */
  readonly scale?: number | undefined;
  /** Good steps after which the scale doubles; 2000 by default. */
  readonly every?: number | undefined;
}

const optionKinds = {
  format: aFormat,
  scale: checks.aPositive,
  every: checks.either(checks.anInteger(1), { what: "Infinity", fits: (value) => value === Infinity, isNumber: true }),
};

/** Scales losses, rounds the gradients that come back, and halves the scale where they leave the range. */
export class LossScaler {
  static {
    checks.guardMethods(this);
  }

  readonly #format: HalfFormat;
  readonly #every: number;
  #scale: number;
  #good = 0;

  constructor(options: LossScalerOptions = {}) {
    checks.checkOptions("LossScaler", options, optionKinds);
    const { format = "float16", scale = 2 ** 16, every = 2000 } = options;
    this.#format = format;
    this.#scale = scale;
    this.#every = every;
  }

  /** The factor on losses at present. */
  get scale(): number {
    return this.#scale;
  }

  /** The loss to go back from, a scalar like the one given. */
  scaled(loss: Tensor): Tensor {
    checks.check("LossScaler.scaled: loss", loss, checks.aTensor);
    return loss.mul(this.#scale);
  }

  /**
   * Rounds the gradients of parameters to the format and divides them by the scale.
   *
   * @returns false where one left the range: then the scale is halved, and the step is to be left out
   */
  unscale(parameters: ReadonlyMap<string, Tensor>): boolean {
    checks.check("LossScaler.unscale: parameters", parameters, someParameters);
    const gradients = [...parameters.values()].flatMap(({ grad }) => (grad ? [grad.data] : []));
    for (const data of gradients) data.forEach((value, i) => (data[i] = roundHalf(this.#format, value)));
    if (!gradients.every((data) => data.every(Number.isFinite))) {
      this.#scale /= 2;
      this.#good = 0;
      return false;
    }
    for (const data of gradients) data.forEach((value, i) => (data[i] = value / this.#scale));
    if (++this.#good >= this.#every) [this.#scale, this.#good] = [2 * this.#scale, 0];
    return true;
  }
}
