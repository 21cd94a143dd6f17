/** Pictures of a decompilation as SVG: heatmaps of its tables, and its programs by size and match. They follow light and dark schemes. */
import { escapeXml } from "@selectron/nn";
import type { FrontPoint } from "./front.js";
import type { Heatmap } from "./heatmap.js";
import { percent } from "./share.js";

const [CELL, FONT, GAP, MARGIN] = [24, 13, 24, 16];
/** The advance of a fixed-width font of this size. */
const ADVANCE = 0.602 * FONT;

const STYLE =
  "svg{--page:#fff;--ink:#1a1d21;--line:#d5dae0;--up:#1f6feb;--down:#b35900;background:var(--page);" +
  `font:${FONT}px ui-monospace,Menlo,Consolas,monospace}` +
  "@media (prefers-color-scheme:dark){svg{--page:#14171a;--ink:#e8eaed;--line:#363c43;--up:#58a6ff;--down:#f0a352}}" +
  "text{fill:var(--ink)}.frame{fill:none;stroke:var(--line)}.up{fill:var(--up)}.down{fill:var(--down)}" +
  ".grid{stroke:var(--line)}.front{fill:none;stroke:var(--up);stroke-width:2}";

/**
 * Tables one below the other, as a self-contained SVG document: the larger a number the darker its cell, in one colour above 0 and in
 * another below.
 */
export function heatmapSvg(tables: readonly Heatmap[], title: string): string {
  let [y, widest] = [FONT + GAP, title.length * ADVANCE];
  const body = tables.map((table) => {
    const { svg, width, height } = heatmap(table, MARGIN + y);
    widest = Math.max(widest, width);
    y += height + GAP;
    return svg;
  });
  return page(title, widest + 2 * MARGIN, y + 2 * MARGIN, body);
}

interface Piece {
  readonly svg: string;
  readonly width: number;
  readonly height: number;
}

/** One table, `y` below the top of the page. */
function heatmap({ title, rows, columns, values }: Heatmap, y: number): Piece {
  const left = Math.max(0, ...rows.map((row) => row.length)) * ADVANCE + 8;
  const top = FONT + 8 + Math.max(0, ...columns.map((column) => column.length)) * ADVANCE + 8;
  const most = Math.max(1e-9, ...values.flat().map(Math.abs));
  const columnLabels = columns.map((label, c) => {
    const x = left + (c + 0.5) * CELL + FONT / 3;
    return `<text transform="translate(${fixed(x)} ${fixed(top - 6)}) rotate(-90)">${escapeXml(label)}</text>`;
  });
  const rowCells = values.flatMap((row, r) => [
    `<text x="${fixed(left - 6)}" y="${fixed(top + (r + 0.5) * CELL + FONT / 3)}" text-anchor="end">${escapeXml(rows[r]!)}</text>`,
    ...row.flatMap((value, c) => {
      if (value === 0) return [];
      const place = `x="${fixed(left + c * CELL)}" y="${fixed(top + r * CELL)}" width="${CELL}" height="${CELL}"`;
      const shade = `class="${value > 0 ? "up" : "down"}" ${place} fill-opacity="${(Math.abs(value) / most).toFixed(3)}"`;
      return [`<rect ${shade}><title>${escapeXml(`${rows[r]!}, ${columns[c]!}: ${value}`)}</title></rect>`];
    }),
  ]);
  const [w, h] = [columns.length * CELL, rows.length * CELL];
  const frame = `<rect class="frame" x="${fixed(left)}" y="${fixed(top)}" width="${w}" height="${h}"/>`;
  const heading = `<text y="${FONT}" font-weight="bold">${escapeXml(title)}</text>`;
  return {
    svg: `<g transform="translate(${MARGIN} ${fixed(y)})">${[heading, ...columnLabels, ...rowCells, frame].join("")}</g>`,
    width: Math.max(left + w, title.length * ADVANCE),
    height: top + h,
  };
}

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [640, 320, 64, 24, 48, 44];

/** The programs found, with size on the horizontal and match on the vertical axis, and a line at the least match that is accepted. */
export function frontSvg(front: readonly FrontPoint[], title: string, least: number): string {
  const most = Math.max(1, ...front.map(({ size }) => size));
  const x = (size: number): number => LEFT + ((WIDTH - LEFT - RIGHT) * size) / most;
  const y = (match: number): number => HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * match;
  const level = (match: number, style: string): string =>
    `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${fixed(y(match))}" y2="${fixed(y(match))}"${style}/>` +
    `<text x="${LEFT - 8}" y="${fixed(y(match) + 4)}" text-anchor="end">${Math.round(100 * match)} %</text>`;
  const steps = front.flatMap(({ size, match }, i) => [
    ...(i === 0 ? [] : [`${fixed(x(size))},${fixed(y(front[i - 1]!.match))}`]),
    `${fixed(x(size))},${fixed(y(match))}`,
  ]);
  return page(title, WIDTH, HEIGHT, [
    ...[0, 0.5, 1].map((match) => level(match, "")),
    level(least, ' stroke-dasharray="4 4"'),
    `<polyline class="front" points="${steps.join(" ")}"/>`,
    ...front.map(
      ({ size, match }) =>
        `<circle class="up" cx="${fixed(x(size))}" cy="${fixed(y(match))}" r="4"><title>size ${size}: ${percent(match)}</title></circle>`,
    ),
    ...front.map(
      ({ size }) => `<text x="${fixed(x(size))}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${size}</text>`,
    ),
    `<text x="${WIDTH - RIGHT}" y="${HEIGHT - 8}" text-anchor="end">size</text>`,
  ]);
}

const page = (title: string, width: number, height: number, body: readonly string[]): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${Math.ceil(width)} ${Math.ceil(height)}" style="width: 100%; max-width: ${Math.ceil(width)}px; height: auto" role="img">`,
    `<title>${escapeXml(title)}</title><style>${STYLE}</style><rect width="100%" height="100%" fill="var(--page)"/>`,
    `<text x="${MARGIN}" y="${MARGIN + FONT}" font-weight="bold">${escapeXml(title)}</text>`,
    ...body,
    "</svg>\n",
  ].join("\n");

const fixed = (value: number): string => String(Math.round(value * 10) / 10);
