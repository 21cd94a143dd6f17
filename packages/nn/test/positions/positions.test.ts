/** Every positional encoding against its formula in plain loops. */
import { randn, tensor, type Tensor } from "@selectron/core";
import { sinusoidalTable, t5Bucket, type PositionConfig } from "@selectron/nn";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PlainLayers, type Matrix, type PlainAttention } from "../plain/layers.js";
import { plainRecurrent } from "../plain/recurrent.js";
import { distance } from "../support.js";
import { B, build, D, dHead, H, maxLength } from "./build.js";

const clip = (offset: number, most: number): number => Math.max(-most, Math.min(most, offset));

/** One step of the classical Runge–Kutta method. */
function plainRungeKutta(f: (y: number[], t: number) => number[], y: number[], t: number, step: number): number[] {
  const moved = (k: number[], by: number): number[] => y.map((value, i) => value + by * k[i]!);
  const k1 = f(y, t);
  const k2 = f(moved(k1, step / 2), t + step / 2);
  const k3 = f(moved(k2, step / 2), t + step / 2);
  const k4 = f(moved(k3, step), t + step);
  return y.map((value, i) => value + (step / 6) * (k1[i]! + 2 * k2[i]! + 2 * k3[i]! + k4[i]!));
}

/** The frequencies of three pairs that the differential equation of CLEX leads to, at maxLength / trainedLength. */
function clexFrequencies(p: Record<string, Matrix>, base: number, trainedLength: number): number[] {
  const layers = new PlainLayers(p);
  const slope = (z: number[], t: number): number[] => {
    const units = layers.linear([[...z, t]], "position.hidden")[0]!.map(Math.tanh);
    return z.map(
      (_, i) => -((2 * i) / 4 + units.reduce((sum, u, h) => sum + u * p["position.output"]![h]![i]!, 0)) / t,
    );
  };
  let z = [0, 1, 2].map((i) => (-i / 3) * Math.log(base));
  const step = (maxLength / trainedLength - 1) / 8;
  for (let s = 0; s < 8; s++) z = plainRungeKutta(slope, z, 1 + s * step, step);
  return z.map(Math.exp);
}

describe("inside attention", () => {
  type Formula = (parameters: Record<string, Matrix>) => PlainAttention;
  const turned = (base: number, scale = 1): PlainAttention =>
    byFrequencies([0, 1, 2].map((i) => 1 / scale / base ** ((2 * i) / dHead)));
  const byFrequencies = (frequencies: readonly number[]): PlainAttention => ({
    turn: (row, position) =>
      row.map((value, c) => {
        const angle = position * frequencies[(c - (c % 2)) / 2]!;
        const other = row[c % 2 === 0 ? c + 1 : c - 1]!;
        return value * Math.cos(angle) + (c % 2 === 0 ? -1 : 1) * other * Math.sin(angle);
      }),
  });
  const shaw =
    (most: number): Formula =>
    (p) => ({
      score: (_, i, j, query) =>
        query.reduce((sum, q, c) => sum + q * p["attention.position.key"]![most + clip(j - i, most)]![c]!, 0) /
        Math.sqrt(dHead),
      value: (i, j) => p["attention.position.value"]![most + clip(j - i, most)]!,
    });
  const alibi: PlainAttention = { score: (h, i, j) => -[0.0625, 0.00390625][h]! * Math.abs(i - j) };

  it.each<[PositionConfig, boolean, Formula]>([
    [{ kind: "none" }, false, () => ({})],
    [{ kind: "rope" }, false, () => turned(10000)],
    [{ kind: "rope", base: 100, interpolation: 4 }, true, () => turned(100, 4)],
    [{ kind: "ntk", factor: 8 }, false, () => turned(10000 * 8 ** (6 / 4))],
    [{ kind: "shaw", maxDistance: 3 }, false, shaw(3)],
    [{ kind: "shaw", maxDistance: 1 }, true, shaw(1)],
    [{ kind: "alibi" }, true, () => alibi],
    [
      { kind: "t5", buckets: 8, maxDistance: 10 },
      false,
      (p) => ({ score: (h, i, j) => p["position.bias"]![t5Bucket(j - i, 8, 10, false)]![h]! }),
    ],
    [
      { kind: "t5", buckets: 8, maxDistance: 10 },
      true,
      (p) => ({ score: (h, i, j) => p["position.bias"]![t5Bucket(j - i, 8, 10, true)]![h]! }),
    ],
    [
      { kind: "clipped", maxDistance: 2 },
      false,
      (p) => ({ score: (h, i, j) => p["position.bias"]![2 + clip(j - i, 2)]![h]! }),
    ],
    [
      { kind: "clipped", maxDistance: 2, scaled: true },
      false,
      (p) => ({ score: (h, i, j) => p["position.bias"]![2 + clip(j - i, 2)]![h]! / Math.sqrt(dHead) }),
    ],
    [
      { kind: "clex", trainedLength: 12, base: 100, hidden: 4 },
      true,
      (p) => byFrequencies(clexFrequencies(p, 100, 12)),
    ],
    [{ kind: "clex", trainedLength: 99, base: 100 }, false, () => turned(100)],
    [
      { kind: "composite", absolute: { kind: "sinusoidal" }, relative: { kind: "ntk", factor: 3 } },
      false,
      (p) => {
        const beta = (p["position.beta"] as unknown as number[])[0]!;
        const base = 10000 * 3 ** (6 / 4);
        return byFrequencies([0, 1, 2].map((i) => beta / base ** (i / 3)));
      },
    ],
    [
      { kind: "composite", absolute: { kind: "sinusoidal" }, relative: { kind: "shaw", maxDistance: 2 } },
      false,
      (p) => {
        const { score, value } = shaw(2)(p);
        const beta = (p["position.beta"] as unknown as number[])[0]!;
        return { score: (...at) => beta * score!(...at), value: (i, j) => value!(i, j).map((v) => beta * v) };
      },
    ],
  ])("%j (causal: %j)", (config, causal, formula) => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 9 }), (seed, length) => {
        const { attention, plain, rng } = build(config, causal, seed);
        const x = randn([B, length, D], rng);
        const actual = attention.forward(x).toArray();
        const layers = new PlainLayers(plain);
        const expected = (x.toArray() as Matrix[]).map(
          (row) =>
            layers.attention(row, row, "attention", H, {
              ...formula(plain as Record<string, Matrix>),
              sees: (i, j) => !causal || j <= i,
            }).output,
        );
        expect(distance(actual, expected)).toBeLessThan(2e-4);
        // With the pattern in memory the result is the same.
        const patterns: Tensor[] = [];
        const watched = attention.forward(x, {
          watch: (name, given) => {
            if (name.endsWith(".pattern")) patterns.push(given);
            return given;
          },
        });
        expect(distance(watched.toArray(), actual)).toBeLessThan(1e-4);
        expect(patterns.map(({ shape }) => shape)).toEqual([[B, H, length, length]]);
      }),
      { numRuns: 25 },
    );
  });
});

describe("added to the embeddings", () => {
  const absolute = (config: PositionConfig, causal: boolean, length: number, hidden?: number[][]) => {
    const built = build(config, causal, 7);
    const x = randn([B, length, D], built.rng);
    const hiddenKeys = hidden && tensor(hidden);
    const p = built.positions.absolute!(x, { start: 0, hiddenKeys });
    const actual = p.add(x.mul(0)).toArray() as Matrix[];
    return { ...built, actual, x: x.toArray() as Matrix[] };
  };

  it("learned: the table's rows", () => {
    const { actual, plain } = absolute({ kind: "learned" }, false, 5);
    expect(actual[1]).toEqual((plain["position.weight"] as Matrix).slice(0, 5));
  });

  it("interpolated: between the rows of a shorter table", () => {
    const { actual, plain } = absolute({ kind: "interpolated", trainedLength: 6 }, false, maxLength);
    const table = plain["position.weight"] as Matrix;
    const expected = Array.from({ length: maxLength }, (_, i) => {
      const place = (6 / maxLength) * i;
      const [low, high] = [table[Math.floor(place)]!, table[Math.min(5, Math.floor(place) + 1)]!];
      return low.map((value, c) => value + (place - Math.floor(place)) * (high[c]! - value));
    });
    expect(distance(actual[0], expected)).toBeLessThan(1e-6);
    expect(table.length).toBe(6);
  });

  it.each([false, true])("convolutional: kernels of several sizes on their channels (causal: %j)", (causal) => {
    const hidden = [[0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1, 1]]; // prettier-ignore
    const { actual, plain, x } = absolute({ kind: "convolutional", kernels: [3, 5, 1, 3, 3] }, causal, 7, hidden);
    // 12 channels over 5 scales: 3, 3, 2, 2, 2.
    const scales = [3, 3, 2, 2, 2].flatMap((channels, scale) =>
      Array.from({ length: channels }, (_, c) => ({ scale, c })),
    );
    const expected = x.map((row, b) =>
      row.map((_, i) =>
        scales.map(({ scale, c }, channel) => {
          const kernel = plain[`position.kernel${scale}`] as Matrix;
          return kernel.reduce((sum, taps, k) => {
            const at = causal ? i + k - kernel.length + 1 : i + k - (kernel.length - 1) / 2;
            return sum + (hidden[b]![at] === 0 ? row[at]![channel]! : 0) * taps[c]!;
          }, 0);
        }),
      ),
    );
    expect(distance(actual, expected)).toBeLessThan(1e-5);
  });

  it.each([false, true])("dynamic: an MLP of the position and the mean of what it sees (causal: %j)", (causal) => {
    const hidden = [[0, 0, 0, 0], [0, 1, 0, 1]]; // prettier-ignore
    const { actual, plain, x } = absolute({ kind: "dynamic", hidden: 5 }, causal, 4, hidden);
    const layers = new PlainLayers(plain);
    const expected = x.map((row, b) =>
      row.map((_, i) => {
        const seen = row.filter((_, j) => hidden[b]![j] === 0 && (!causal || j <= i));
        const mean = row[0]!.map((_, c) => seen.reduce((sum, v) => sum + v[c]!, 0) / seen.length);
        const features = (sinusoidalTable(i, 1, D).toArray() as Matrix)[0]!;
        const units = layers.linear([[...features, ...mean]], "position.hidden")[0]!.map((unit) => Math.max(0, unit));
        return layers.linear([units], "position.output")[0]!;
      }),
    );
    expect(distance(actual, expected)).toBeLessThan(1e-5);
  });

  it("recurrent: a map of an LSTM's state", () => {
    const hidden = [[0, 0, 0, 0, 0], [0, 0, 0, 1, 1]]; // prettier-ignore
    const { actual, plain, x } = absolute({ kind: "recurrent", hidden: 3 }, false, 5, hidden);
    const expected = x.map((row, b) => {
      const { outputs } = plainRecurrent(plain, "position.lstm.", "lstm", row, 3, { real: [5, 3][b]! });
      return new PlainLayers(plain).linear(outputs, "position.output");
    });
    expect(distance(actual, expected)).toBeLessThan(1e-5);
  });

  it("ode: the integral by Runge and Kutta, 0 at position 0", () => {
    const { actual, plain } = absolute({ kind: "ode", hidden: 4, interval: 0.5, steps: 2 }, true, 6);
    const layers = new PlainLayers(plain);
    const slope = (h: number[], t: number): number[] => {
      const units = layers.linear([[...h, t]], "position.hidden")[0]!.map(Math.tanh);
      return layers.linear([units], "position.output")[0]!;
    };
    const first = (plain["position.start"] as Matrix)[0]!;
    let h = first;
    const expected = Array.from({ length: 6 }, (_, position) => {
      const difference = h.map((value, i) => value - first[i]!);
      for (let s = 0; s < 2; s++) h = plainRungeKutta(slope, h, 0.5 * position + 0.25 * s, 0.25);
      return difference;
    });
    expect(actual[0]![0]!.every((value) => value === 0)).toBe(true);
    expect(distance(actual[0], expected)).toBeLessThan(1e-5);
  });

  it("complex: r · e^(i(ω · position + φ₀)), and a shift is a rotation", () => {
    const { actual, plain } = absolute({ kind: "complex" }, true, 9);
    const list = (name: string): number[] => plain[`position.${name}`] as number[];
    const omega = list("frequency").map((factor, i) => factor / 10000 ** ((2 * i) / D));
    const expected = Array.from({ length: 9 }, (_, position) =>
      omega.flatMap((w, i) => {
        const phase = w * position + list("phase")[i]!;
        return [list("magnitude")[i]! * Math.cos(phase), list("magnitude")[i]! * Math.sin(phase)];
      }),
    );
    expect(distance(actual[0], expected)).toBeLessThan(1e-5);
    // z(i + j) = z(i) · e^(iωj)
    for (const [i, j] of [
      [0, 3],
      [2, 5],
      [4, 4],
    ] as const) {
      omega.forEach((w, k) => {
        const [re, im] = actual[0]![i]!.slice(2 * k, 2 * k + 2) as [number, number];
        const [cos, sin] = [Math.cos(w * j), Math.sin(w * j)];
        expect(actual[0]![i + j]![2 * k]).toBeCloseTo(re * cos - im * sin, 5);
        expect(actual[0]![i + j]![2 * k + 1]).toBeCloseTo(re * sin + im * cos, 5);
      });
    }
  });

  it("composite: α of one and β of the other", () => {
    const config: PositionConfig = { kind: "composite", absolute: { kind: "learned" }, relative: { kind: "alibi" } };
    const { actual, plain } = absolute(config, false, 3);
    const alpha = (plain["position.alpha"] as number[])[0]!;
    const table = plain["position.absolute.weight"] as Matrix;
    const expected = table.slice(0, 3).map((row) => row.map((v) => alpha * v));
    expect(distance(actual[0], expected)).toBeLessThan(1e-6);
  });
});
