/** A bar chart of one run as SVG: per comparison one bar per candidate, its speed relative to the first, by the fastest samples. */
import type { Measurement } from "./harness.js";

const BAR = 15;
const GAP = 26;
const LEFT = 190;
const WIDTH = 800;

const colours: Readonly<Record<string, string>> = {
  selectron: "#1b6ac9",
  "selectron-resident": "#124a8d",
  "selectron-relaxed": "#2a9d8f",
  "selectron-relaxed-resident": "#1b6b61",
  plain: "#7fb2ec",
  "128-bit peak": "#bbbbbb",
  "128-bit peak, fused": "#bbbbbb",
};

const escaped = (text: string): string => text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);

const formatted = (seconds: number): string =>
  seconds < 1e-3 ? `${(seconds * 1e6).toPrecision(3)} µs` : `${(seconds * 1e3).toPrecision(3)} ms`;

/** Measurements in the order of their comparisons. Bars are as long as their candidate is fast. */
export function chart(measurements: readonly Measurement[]): string {
  const parts: string[] = [];
  let y = 10;
  for (const comparison of new Set(measurements.map((each) => each.comparison))) {
    const own = measurements.filter((each) => each.comparison === comparison);
    const fastest = Math.max(...own.map(({ bestRatio }) => bestRatio));
    y += GAP;
    parts.push(`<text x="10" y="${y - 6}" font-weight="bold">${escaped(comparison)}</text>`);
    for (const { candidate, bestRatio, best } of own) {
      const length = Math.max(1, ((WIDTH - LEFT - 170) * bestRatio) / fastest);
      parts.push(
        `<text x="${LEFT - 8}" y="${y + 11}" text-anchor="end">${escaped(candidate)}</text>`,
        `<rect x="${LEFT}" y="${y}" width="${length.toFixed(1)}" height="${BAR - 3}" fill="${colours[candidate] ?? "#d98c3f"}"/>`,
        `<text x="${(LEFT + length + 6).toFixed(1)}" y="${y + 11}">${formatted(best)}, ${bestRatio.toFixed(2)}×</text>`,
      );
      y += BAR;
    }
  }
  const style = `font-family="sans-serif" font-size="12"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y + 20}" ${style}>`,
    `<rect width="100%" height="100%" fill="white"/>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}
