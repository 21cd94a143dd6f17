/** The data of the other fields, spectra, claims and figures. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { eye, Rng } from "@selectron/core";
import { encoderOnly, TransformerEncoder } from "@selectron/nn";
import { describe, expect, it, vi } from "vitest";
import { claimsDocument, measureClaims } from "../../src/chapter/claims.js";
import { drawDigit, drawMotif, drawSentence, drawShape, overlap } from "../../src/chapter/field-data.js";
import { printFields, rolesOf } from "../../src/chapter/fields.js";
import { figures } from "../../src/chapter/figures.js";
import { hopfield, softmaxOptimal } from "../../src/chapter/optima.js";
import { words } from "../../src/chapter/language-pair.js";
import { BANDS, drawMelody, FRAME, FRAMES, logMel, melodyOf, RATE, spectrum } from "../../src/chapter/sound-data.js";
import { effectiveRank, eigenvalues, lowFrequencyShare, singularValues } from "../../src/chapter/spectra.js";

describe("data", () => {
  it("digits have their points and noise", () => {
    const { patches, label } = drawDigit(new Rng(3));
    expect([patches.length, patches[0]!.length]).toEqual([16, 9]);
    expect(label).toBeLessThan(10);
    expect(Math.max(...patches.flat())).toBeGreaterThan(0.8);
  });

  it("shapes are in their boxes, and boxes overlap", () => {
    const { patches, label, box } = drawShape(new Rng(3));
    expect([patches.length, label < 4, box[2] === box[3]]).toEqual([16, true, true]);
    const side = Math.round(12 * box[2]);
    const [left, top] = [Math.round(12 * box[0] - side / 2), Math.round(12 * box[1] - side / 2)];
    const bright = patches.flatMap((patch, p) =>
      patch.flatMap((grey, i) =>
        grey > 0.75 ? [[(p % 4) * 3 + (i % 3), Math.floor(p / 4) * 3 + Math.floor(i / 3)]] : [],
      ),
    );
    expect(bright.length).toBeGreaterThan(5);
    const outside = bright.filter(([x, y]) => x! < left || y! < top || x! >= left + side || y! >= top + side);
    expect(outside.length / bright.length).toBeLessThan(0.05);
    expect(overlap([0.5, 0.5, 0.5, 0.5], [0.5, 0.5, 0.5, 0.5])).toBe(1);
    expect(overlap([0.25, 0.5, 0.5, 0.5], [0.5, 0.5, 0.5, 0.5])).toBeCloseTo(1 / 3, 12);
    expect(overlap([0.2, 0.2, 0.1, 0.1], [0.8, 0.8, 0.1, 0.1])).toBe(0);
  });

  it("spectra have a peak at a tone, and melodies a tone in every frame", () => {
    const tone = Float64Array.from({ length: FRAME }, (_, n) => Math.sin((2 * Math.PI * 1000 * n) / RATE));
    const bins = spectrum(tone);
    expect([bins.indexOf(Math.max(...bins)), bins[32]!.toFixed(6)]).toEqual([32, "64.000000"]);
    const rng = new Rng(9);
    const noise = Float64Array.from({ length: FRAME }, () => rng.normal());
    const hann = noise.map((x, n) => x * (0.5 - 0.5 * Math.cos((2 * Math.PI * n) / FRAME)));
    const part = (k: number, of: (angle: number) => number): number =>
      hann.reduce((sum, x, n) => sum + x * of((2 * Math.PI * k * n) / FRAME), 0);
    spectrum(noise).forEach((size, k) => expect(size).toBeCloseTo(Math.hypot(part(k, Math.cos), part(k, Math.sin)), 9));
    const bands = logMel(bins);
    // Of 32 bands that are equally wide from 300 to 4000 Hz in mel, 402 to 2146, the one about 1000 Hz, 1000 mel.
    expect(bands.indexOf(Math.max(...bands))).toBe(Math.round((1000 - 402) / ((2146 - 402) / 33)) - 1);
    const { frames, labels } = drawMelody(new Rng(4));
    expect([frames.length, frames[0]!.length, labels.length]).toEqual([FRAMES, BANDS, FRAMES]);
    expect(melodyOf(labels)).toHaveLength(4);
    expect(melodyOf([1, 1, 2, 1, 1, 3, 3, 0])).toEqual([1, 3]);
  });

  it("sentences say whether their subject is plural", () => {
    for (let seed = 0; seed < 30; seed++) {
      const { ids, label } = drawSentence(new Rng(seed));
      expect(ids).toHaveLength(12);
      const nouns = ids.slice(1, -1).map((id) => words[id]!);
      const subject = nouns.find(
        (word) => words.includes(`${word}s`) || (word.endsWith("s") && words.includes(word.slice(0, -1))),
      )!;
      expect(label).toBe(words.includes(`${subject}s`) ? 0 : 1);
    }
  });

  it("sequences have the motif, or nothing like it", () => {
    for (let seed = 0; seed < 30; seed++) {
      const { ids, label, at } = drawMotif(new Rng(seed));
      const hits = (start: number): number => [3, 0, 3, 0, 0, 3].filter((base, i) => ids[start + i] === base).length;
      const most = Math.max(...ids.map((_, start) => hits(start)));
      expect(ids).toHaveLength(24);
      if (label === 1) expect(hits(at)).toBeGreaterThanOrEqual(5);
      else expect(most).toBeLessThan(5);
    }
  });
});

describe("spectra", () => {
  it("are those of small matrices", () => {
    expect(eigenvalues([[2, 1], [1, 2]]).map((value) => Number(value.toFixed(9)))).toEqual([3, 1]); // prettier-ignore
    expect(singularValues([[3, 0], [0, -4], [0, 0]]).map((value) => Number(value.toFixed(9)))).toEqual([4, 3]); // prettier-ignore
    expect(effectiveRank([1, 1, 0])).toBeCloseTo(2, 10);
    const flat = Array.from({ length: 8 }, () => new Array<number>(8).fill(1));
    expect(lowFrequencyShare(flat)).toBeCloseTo(1, 10);
    expect(lowFrequencyShare(flat.map((row, i) => row.map((_, j) => ((i + j) % 2 === 0 ? 1 : -1))))).toBeCloseTo(0, 10);
  });
});

describe("claims", () => {
  it("of Hopfield networks and softmax are what is known", () => {
    expect(hopfield(2).lower).toBe(1);
    const { withScore, entropyAlone } = softmaxOptimal(2);
    expect(withScore).toBe(1);
    expect(entropyAlone).toBeLessThan(1);
  });

  it("are measured and written down", async () => {
    const text = claimsDocument(await measureClaims(2, 1), 2, 1);
    expect(text.match(/^\| .* \| .* \| .* \|$/gm)!.length).toBeGreaterThan(9);
    expect(text).not.toContain("NaN");
  });
});

it("a head's role is where it has more than twice its even share", () => {
  const sizes = { vocabSize: 4, hiddenSize: 8, numHiddenLayers: 1, numAttentionHeads: 1, intermediateSize: 8 };
  const config = encoderOnly({ ...sizes, positions: { kind: "none" } });
  const rows = [[0, 1, 2, 3]]; // prettier-ignore
  expect(rolesOf(new TransformerEncoder(config), rows)).toEqual(["none with a role"]);
  // Each token asks for itself.
  const given = new Map([
    ["embedding.token.weight", eye(4, 8)],
    ["blocks.0.attention.query.weight", eye(8).mul(20)],
    ["blocks.0.attention.key.weight", eye(8)],
  ]);
  expect(rolesOf(new TransformerEncoder(config, given), rows)).toEqual(["0.1 same 100 %"]);
});

it("the benchmark of fields trains each", async () => {
  const printed: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((line: string) => void printed.push(line));
  await printFields({ steps: 2, width: 8 });
  log.mockRestore();
  expect(printed.map((line) => /^(\w+) +seed 1 +\d+\.\d % right of 500/.exec(line)?.[1])).toEqual([
    "digits",
    "shapes",
    "masked",
    "motif",
    "sound",
  ]);
  await expect(printFields({ only: ["smells"], steps: 1, width: 8 })).rejects.toThrow(
    "--only smells: there are digits, shapes, masked, motif, sound.",
  );
  await expect(printFields({ steps: 1, width: 6 })).rejects.toThrow("--width 6: four heads need a multiple of 4.");
});

it.each(Object.entries(figures))("%s is up to date", (name, draw) => {
  const folder = fileURLToPath(new URL("../../../docs/pictures", import.meta.url));
  expect(draw()).toBe(readFileSync(join(folder, name), "utf8"));
});
