/** Melodies, drawn: tones with overtones and noise as samples, and the log-mel spectra of short frames of them. */
import type { Rng } from "@selectron/core";

/** Samples a second, samples of a frame, and from one frame to the next. */
export const [RATE, FRAME, HOP] = [8000, 256, 128];
export const [FRAMES, BANDS] = [24, 32];
/** A C major scale from C5, in Hz. */
export const SCALE: readonly number[] = [523.25, 587.33, 659.26, 698.46, 783.99, 880, 987.77, 1046.5];
const TONES = 4;
const NOISE = 0.5;
/** A frame so often is drowned in noise, so that its neighbours have to tell what it is. */
const DROWNED = 0.15;

/** The spectrum |X| of a frame behind a Hann window: `FRAME / 2` bins, `RATE / FRAME` Hz apart. */
export function spectrum(frame: ArrayLike<number>): Float64Array {
  const re = Float64Array.from({ length: FRAME }, (_, n) => frame[n]! * HANN[n]!);
  const im = new Float64Array(FRAME);
  transform(re, im, new Float64Array(FRAME), new Float64Array(FRAME), 0, FRAME);
  return Float64Array.from({ length: FRAME / 2 }, (_, k) => Math.hypot(re[k]!, im[k]!));
}

/** The fast Fourier transform in place (Cooley & Tukey 1965): that of the even and of the odd samples, joined. The other arrays are room. */
function transform(
  re: Float64Array,
  im: Float64Array,
  re2: Float64Array,
  im2: Float64Array,
  from: number,
  n: number,
): void {
  if (n === 1) return;
  const half = n / 2;
  for (let i = 0; i < half; i++) {
    for (const odd of [0, 1]) {
      re2[from + odd * half + i] = re[from + 2 * i + odd]!;
      im2[from + odd * half + i] = im[from + 2 * i + odd]!;
    }
  }
  transform(re2, im2, re, im, from, half);
  transform(re2, im2, re, im, from + half, half);
  for (let k = 0; k < half; k++) {
    const at = (k * FRAME) / n;
    const [cos, sin] = [COSINES[at]!, -COSINES[(at + (3 * FRAME) / 4) % FRAME]!];
    const [even, odd] = [from + k, from + half + k];
    const tr = re2[odd]! * cos - im2[odd]! * sin;
    const ti = re2[odd]! * sin + im2[odd]! * cos;
    re[even] = re2[even]! + tr;
    im[even] = im2[even]! + ti;
    re[odd] = re2[even]! - tr;
    im[odd] = im2[even]! - ti;
  }
}

const COSINES = Float64Array.from({ length: FRAME }, (_, n) => Math.cos((2 * Math.PI * n) / FRAME));
const HANN = Float64Array.from({ length: FRAME }, (_, n) => (1 - COSINES[n]!) / 2);

const melOf = (hertz: number): number => 2595 * Math.log10(1 + hertz / 700);
const [LOWEST, HIGHEST] = [melOf(300), melOf(RATE / 2)];
/** Where the triangles of the bands have their tops, and the ends of the first and the last. */
const EDGES = Array.from({ length: BANDS + 2 }, (_, e) => LOWEST + ((HIGHEST - LOWEST) * e) / (BANDS + 1));

/** The heights of the triangles at the bins, those that are above 0. */
const TRIANGLES = Array.from({ length: BANDS }, (_, b) => {
  const [left, top, right] = [EDGES[b]!, EDGES[b + 1]!, EDGES[b + 2]!];
  return Array.from({ length: FRAME / 2 }, (__, k) => {
    const mel = melOf((k * RATE) / FRAME);
    return [k, Math.min((mel - left) / (top - left), (right - mel) / (right - top))] as const;
  }).filter(([, height]) => height > 0);
});

/** The logarithms of the sums of a spectrum under triangles that are equally wide in mel (Stevens et al. 1937; 2595 log₁₀(1 + f/700)). */
export const logMel = (bins: Float64Array): number[] =>
  TRIANGLES.map((triangle) => Math.log(triangle.reduce((sum, [k, height]) => sum + height * bins[k]!, 1e-3)));

/** A melody of four tones: its frames, and which tone of the scale each frame has in its middle. */
export function drawMelody(rng: Rng): {
  readonly frames: readonly (readonly number[])[];
  readonly labels: readonly number[];
} {
  const samples = HOP * (FRAMES - 1) + FRAME;
  const ends = drawEnds(rng, samples);
  const tones: number[] = [];
  // Neighbours differ, so that a change of tone can be heard.
  for (let t = 0; t < TONES; t++) tones.push((rng.int(SCALE.length - 1) + 1 + (tones[t - 1] ?? 0)) % SCALE.length);
  const voices = tones.map((tone) => ({
    pitch: (2 * Math.PI * SCALE[tone]!) / RATE,
    strengths: [1, 0.5 * rng.float(), 0.3 * rng.float()],
    phases: Array.from({ length: 3 }, () => 2 * Math.PI * rng.float()),
  }));
  const toneAt = (n: number): number => ends.findIndex((end) => n < end);
  const sound = Float64Array.from({ length: samples }, (_, n) => {
    const { pitch, strengths, phases } = voices[toneAt(n)]!;
    const tone = strengths.reduce((sum, size, h) => sum + size * Math.sin((h + 1) * pitch * n + phases[h]!), 0);
    return tone + NOISE * rng.normal();
  });
  const frames = Array.from({ length: FRAMES }, (_, f) => {
    const frame = sound.slice(f * HOP, f * HOP + FRAME);
    if (rng.float() < DROWNED) frame.forEach((_x, n) => (frame[n] = 3 * rng.normal()));
    return logMel(spectrum(frame));
  });
  return { frames, labels: frames.map((_, f) => tones[toneAt(f * HOP + FRAME / 2)]!) };
}

/** Where the tones end: each has four frames or more. */
function drawEnds(rng: Rng, samples: number): number[] {
  const spare = FRAMES - 4 * TONES;
  const cuts = Array.from({ length: TONES - 1 }, () => rng.int(spare + 1)).sort((a, b) => a - b);
  return [...cuts.map((cut, t) => (cut + 4 * (t + 1)) * HOP), samples];
}

/** The tones of a melody in order: runs of one label are one tone, and what lasts for one frame alone is none. */
export function melodyOf(labels: readonly number[]): number[] {
  const runs: { label: number; length: number }[] = [];
  for (const label of labels) {
    const last = runs.at(-1);
    if (last?.label === label) last.length++;
    else runs.push({ label, length: 1 });
  }
  const long = runs.filter(({ length }) => length > 1).map(({ label }) => label);
  return long.filter((label, i) => label !== long[i - 1]);
}
