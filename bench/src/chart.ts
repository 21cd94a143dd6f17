/** A bar chart of runs as SVG: per comparison one bar per candidate, its median time and spread, and its speed relative to the first. */
import { escapeXml } from "@selectron/nn";
import type { Measurement } from "./harness.js";

const BAR = 15;
const GAP = 26;
const LEFT = 240;
const WIDTH = 850;

const colours: Readonly<Record<string, string>> = {
  selectron: "#1b6ac9",
  "selectron-resident": "#124a8d",
  "selectron-relaxed": "#2a9d8f",
  "selectron-relaxed-resident": "#1b6b61",
  plain: "#7fb2ec",
  "128-bit peak": "#bbbbbb",
  "128-bit peak, fused": "#bbbbbb",
};

function formatted(seconds: number): string {
  if (seconds < 1e-3) return `${(seconds * 1e6).toPrecision(3)} µs`;
  return seconds < 1 ? `${(seconds * 1e3).toPrecision(3)} ms` : `${seconds.toPrecision(3)} s`;
}

/** Measurements in the order of their comparisons. Bars are as long as their candidate is fast. */
export function chart(measurements: readonly Measurement[]): string {
  const parts: string[] = [];
  let y = 10;
  for (const comparison of new Set(measurements.map((each) => each.comparison))) {
    const own = measurements.filter((each) => each.comparison === comparison);
    const fastest = Math.max(...own.map(({ ratio }) => ratio));
    y += GAP;
    parts.push(`<text x="10" y="${y - 6}" font-weight="bold">${escapeXml(comparison)}</text>`);
    for (const { candidate, ratio, median, spread } of own) {
      const length = Math.max(1, ((WIDTH - LEFT - 170) * ratio) / fastest);
      parts.push(
        `<text x="${LEFT - 8}" y="${y + 11}" text-anchor="end">${escapeXml(candidate)}</text>`,
        `<rect x="${LEFT}" y="${y}" width="${length.toFixed(1)}" height="${BAR - 3}" fill="${colours[candidate] ?? "#d98c3f"}"/>`,
        `<text x="${(LEFT + length + 6).toFixed(1)}" y="${y + 11}">${formatted(median)} ±${Math.round(100 * spread)} %, ${ratio.toFixed(2)}×</text>`,
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
