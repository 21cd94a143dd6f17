/** What attention and softmax are said to minimise and to maximise, tried on drawn numbers. */
import { randn, Rng, tensor, type Tensor } from "@selectron/core";
import { entropy } from "./spectra.js";

/** Steps of modern Hopfield networks (Ramsauer et al. 2020, arXiv 2008.02217): how many lower the energy, and come nearer to the fixed point. */
export function hopfield(seed: number): { readonly lower: number; readonly nearer: number; readonly steps: number } {
  const rng = new Rng(seed);
  let [lower, nearer, steps] = [0, 0, 0];
  for (let trial = 0; trial < 50; trial++) {
    const [patterns, beta] = [randn([8, 6], rng), 0.2 + 3 * rng.float()];
    const update = (x: Tensor): Tensor => x.matmul(patterns.transpose(), { alpha: beta }).softmax().matmul(patterns);
    const energy = (x: Tensor): number => {
      const scores = [...x.matmul(patterns.transpose(), { alpha: beta }).data];
      const most = Math.max(...scores);
      const sum = scores.reduce((total, score) => total + Math.exp(score - most), 0);
      return -(most + Math.log(sum)) / beta + 0.5 * x.mul(x).sum().item();
    };
    const path = [randn([1, 6], rng)];
    for (let i = 0; i < 12; i++) path.push(update(path[i]!));
    let fixed = path.at(-1)!;
    for (let i = 0; i < 200; i++) fixed = update(fixed);
    const away = (x: Tensor): number => x.sub(fixed).pow(2).sum().item();
    for (let i = 0; i < 12; i++) {
      steps++;
      if (energy(path[i + 1]!) <= energy(path[i]!) + 1e-5) lower++;
      if (away(path[i + 1]!) <= away(path[i]!) + 1e-9) nearer++;
    }
  }
  return { lower: lower / steps, nearer: nearer / steps, steps };
}

/** How often softmax beats drawn distributions, in entropy alone, and in entropy plus the mean score. */
export function softmaxOptimal(seed: number): { readonly entropyAlone: number; readonly withScore: number } {
  const rng = new Rng(seed);
  const trials = 2000;
  let [alone, both] = [0, 0];
  for (let trial = 0; trial < trials; trial++) {
    const scores = Array.from({ length: 6 }, () => rng.normal());
    const best = [...tensor(scores).softmax().data];
    const raw = scores.map(() => rng.float());
    const total = raw.reduce((a, b) => a + b, 0);
    const other = raw.map((value) => value / total);
    const score = (p: readonly number[]): number => p.reduce((sum, value, i) => sum + value * scores[i]!, 0);
    if (entropy(best) >= entropy(other)) alone++;
    if (entropy(best) + score(best) >= entropy(other) + score(other) - 1e-6) both++;
  }
  return { entropyAlone: alone / trials, withScore: both / trials };
}
