/** The fast Fourier transform of a power of two of complex numbers, in float64 and in place (Cooley & Tukey 1965). */

/** The least power of two that is n or more. */
export function powerOfTwoFrom(n: number): number {
  let power = 1;
  while (power < n) power *= 2;
  return power;
}

/**
 * Replaces (re, im) by its transform Σₙ x[n] e^(∓2πi kn / N): − forward, + backward, which is not divided by N.
 *
 * @param re - real parts; as many as a power of two
 * @param im - imaginary parts
 */
export function transform(re: Float64Array, im: Float64Array, backward = false): void {
  const n = re.length;
  reverseBits(re, im);
  for (let half = 1; half < n; half *= 2) {
    const angle = ((backward ? 1 : -1) * Math.PI) / half;
    for (let k = 0; k < half; k++) {
      const [wr, wi] = [Math.cos(angle * k), Math.sin(angle * k)];
      for (let at = k; at < n; at += 2 * half) {
        const other = at + half;
        const tr = re[other]! * wr - im[other]! * wi;
        const ti = re[other]! * wi + im[other]! * wr;
        re[other] = re[at]! - tr;
        im[other] = im[at]! - ti;
        re[at]! += tr;
        im[at]! += ti;
      }
    }
  }
}

/** Puts what is at an index where its bits in reverse order point. */
function reverseBits(re: Float64Array, im: Float64Array): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    [re[i], re[j]] = [re[j]!, re[i]!];
    [im[i], im[j]] = [im[j]!, im[i]!];
  }
}

/** The first `count` numbers of the convolution Σⱼ a[j] b[i − j], from index `from` on. */
export function convolution(a: ArrayLike<number>, b: ArrayLike<number>, from: number, count: number): Float64Array {
  const n = powerOfTwoFrom(a.length + b.length);
  // Two real sequences as the parts of one complex one: one transform for both.
  const [re, im] = [new Float64Array(n), new Float64Array(n)];
  re.set(Array.from(a));
  im.set(Array.from(b));
  transform(re, im);
  const [pr, pi] = [new Float64Array(n), new Float64Array(n)];
  for (let k = 0; k < n; k++) {
    const m = (n - k) & (n - 1);
    // A = (Z[k] + conj Z[−k]) / 2 and B = (Z[k] − conj Z[−k]) / 2i.
    const [ar, ai] = [(re[k]! + re[m]!) / 2, (im[k]! - im[m]!) / 2];
    const [br, bi] = [(im[k]! + im[m]!) / 2, (re[m]! - re[k]!) / 2];
    pr[k] = ar * br - ai * bi;
    pi[k] = ar * bi + ai * br;
  }
  transform(pr, pi, true);
  return pr.slice(from, from + count).map((value) => value / n);
}
