/**
 * Attention patterns as an SVG page: a square for each query and key, darker for more weight, with the maps side by
 * side. Colours follow the reader's light or dark scheme; the tooltip of a square has its query, key and weight.
 */
import { checks } from "@selectron/core";
import { aLimit } from "../checks.js";
import { checkMap, type AttentionMap } from "./attention-map.js";
import { escapeXml } from "./xml.js";

/** Pixels: side of a square, size of the font, distance between maps, around the page, and of labels from squares. */
const [CELL, FONT, GAP, MARGIN, LABEL_GAP] = [22, 13, 24, 16, 6];
/** The width of a character in a fixed-width font of this size. */
const ADVANCE = 0.602 * FONT;

const STYLE = `
  svg { --page: #fff; --ink: #1a1d21; --line: #d5dae0; --on: #1f6feb; background: var(--page);
    font: ${FONT}px ui-monospace, "SFMono-Regular", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
  @media (prefers-color-scheme: dark) { svg { --page: #14171a; --ink: #e8eaed; --line: #363c43; --on: #58a6ff; } }
  text { fill: var(--ink); } .cell { fill: var(--on); } .frame { fill: none; stroke: var(--line); }
`;

interface Piece {
  readonly width: number;
  readonly height: number;
  readonly body: string;
}

/**
 * Draws maps as a self-contained SVG document.
 *
 * @param options - `width`: the greatest width of maps side by side, in pixels, unless a single map is wider; 900 by default
 */
export function attentionSvg(maps: readonly AttentionMap[], options: { readonly width?: number } = {}): string {
  checks.check("attentionSvg: maps", maps, checks.aList("an array of maps, of attentionMaps"));
  for (const map of maps) checkMap("attentionSvg: maps", map);
  checks.checkOptions("attentionSvg", options, { width: aLimit });
  const { width = 900 } = options;
  const pieces = maps.map(mapPiece);
  const room = width - 2 * MARGIN;
  let [x, y, rowHeight, widest] = [0, 0, 0, 0];
  const placed = pieces.map((piece) => {
    if (x > 0 && x + piece.width > room) [x, y, rowHeight] = [0, y + rowHeight + GAP, 0];
    const body = `<g transform="translate(${round(MARGIN + x)} ${round(MARGIN + y)})">${piece.body}</g>`;
    [x, rowHeight] = [x + piece.width + GAP, Math.max(rowHeight, piece.height)];
    widest = Math.max(widest, x - GAP);
    return body;
  });
  const [w, h] = [Math.ceil(widest + 2 * MARGIN), Math.ceil(y + rowHeight + 2 * MARGIN)];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" style="width: 100%; max-width: ${w}px; height: auto" role="img">`,
    `<title>${escapeXml(maps.map(({ title }) => title).join(", "))}</title><style>${STYLE}</style>`,
    `<rect width="${w}" height="${h}" fill="var(--page)"/>`,
    ...placed,
    "</svg>",
    "",
  ].join("\n");
}

/** One map: its title, keys upright on top, queries on the left. */
function mapPiece({ title, queries, keys, weights }: AttentionMap): Piece {
  const textWidth = (labels: readonly string[]): number =>
    Math.max(0, ...labels.map((label) => label.length)) * ADVANCE;
  const left = textWidth(queries) + LABEL_GAP + 2;
  const top = FONT + 10 + textWidth(keys) + LABEL_GAP + 2;
  const body = [`<text y="${FONT}" font-weight="bold">${escapeXml(title)}</text>`];
  keys.forEach((label, k) => {
    const [x, y] = [left + (k + 0.5) * CELL + FONT / 3, top - LABEL_GAP];
    body.push(`<text transform="translate(${round(x)} ${round(y)}) rotate(-90)">${escapeXml(label)}</text>`);
  });
  weights.forEach((row, q) => {
    const y = top + q * CELL;
    const [labelX, labelY] = [left - LABEL_GAP, y + CELL / 2 + FONT / 3];
    const label = escapeXml(queries[q]!);
    body.push(`<text x="${round(labelX)}" y="${round(labelY)}" text-anchor="end">${label}</text>`);
    row.forEach((weight, k) => {
      if (weight === 0) return;
      const place = `x="${round(left + k * CELL)}" y="${round(y)}" width="${CELL}" height="${CELL}"`;
      const tip = `${queries[q]!} → ${keys[k]!}: ${weight.toFixed(3)}`;
      body.push(
        `<rect class="cell" ${place} fill-opacity="${weight.toFixed(3)}"><title>${escapeXml(tip)}</title></rect>`,
      );
    });
  });
  const [w, h] = [keys.length * CELL, queries.length * CELL];
  body.push(`<rect class="frame" x="${round(left)}" y="${round(top)}" width="${w}" height="${h}"/>`);
  return { width: Math.max(left + w, title.length * ADVANCE), height: top + h, body: body.join("") };
}

const round = (value: number): number => Math.round(value * 10) / 10;
