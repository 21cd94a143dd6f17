/** Curves over a common axis as a self-contained SVG, for the pictures of the documents. */
import { escapeXml } from "@selectron/nn";

/** One curve: its name and its points, from left to right. */
export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly dashed?: boolean;
}

/** What is around the curves; y goes from 0 to `most`. */
export interface CurvesFrame {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly most: number;
  /** A line upright at this x, with words beside it. */
  readonly mark?: readonly [x: number, words: string];
}

const [WIDTH, HEIGHT, LEFT, TOP, BOTTOM, RIGHT] = [760, 380, 56, 44, 48, 190];
const COLOURS = 6;
const STYLE =
  "svg{--page:#fff;--ink:#1a1d21;--line:#d5dae0;--p0:#1f6feb;--p1:#b35900;--p2:#1a7f37;--p3:#8250df;--p4:#bf3989;--p5:#57606a;" +
  "background:var(--page);font:13px system-ui,sans-serif}@media (prefers-color-scheme:dark){svg{--page:#14171a;--ink:#e8eaed;" +
  "--line:#363c43;--p0:#58a6ff;--p1:#f0a352;--p2:#56d364;--p3:#bc8cff;--p4:#f778ba;--p5:#8b949e}}text{fill:var(--ink)}" +
  ".grid{stroke:var(--line)}polyline{fill:none;stroke-width:2}.dashed{stroke-dasharray:5 4}";

/** Draws curves in one frame. */
export function curvesSvg(curves: readonly Curve[], { title, x: xName, y: yName, most, mark }: CurvesFrame): string {
  const xs = curves.flatMap(({ points }) => points.map(([x]) => x));
  const [least, last] = [Math.min(...xs), Math.max(...xs)];
  const x = (value: number): string =>
    (LEFT + ((WIDTH - LEFT - RIGHT) * (value - least)) / Math.max(1e-9, last - least)).toFixed(1);
  const y = (value: number): string => (HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * value) / most).toFixed(1);
  const ticks = [...new Set(xs)].sort((a, b) => a - b);
  const every = Math.ceil(ticks.length / 12);
  const grid = [0, 0.25, 0.5, 0.75, 1].flatMap((share) => [
    `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(share * most)}" y2="${y(share * most)}"/>`,
    `<text x="${LEFT - 8}" y="${y(share * most)}" dy="4" text-anchor="end">${Number((share * most).toPrecision(2))}</text>`,
  ]);
  const labels = ticks
    .filter((_, i) => i % every === 0)
    .map((tick) => `<text x="${x(tick)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${tick}</text>`);
  const drawn = curves.flatMap(({ name, points, dashed }, c) => {
    const at = points.map(([px, py]) => `${x(px)},${y(py)}`);
    const colour = `var(--p${c % COLOURS})`;
    const kind = dashed || c >= COLOURS ? ' class="dashed"' : "";
    return [
      `<polyline${kind} stroke="${colour}" points="${at.join(" ")}"/>`,
      `<line${kind} stroke="${colour}" stroke-width="2" x1="${WIDTH - RIGHT + 14}" x2="${WIDTH - RIGHT + 38}" y1="${TOP + 20 * c}" y2="${TOP + 20 * c}"/>`,
      `<text x="${WIDTH - RIGHT + 44}" y="${TOP + 20 * c}" dy="4">${escapeXml(name)}</text>`,
    ];
  });
  const marked = mark
    ? [
        `<line class="grid dashed" x1="${x(mark[0])}" x2="${x(mark[0])}" y1="${TOP}" y2="${HEIGHT - BOTTOM}"/>`,
        `<text x="${x(mark[0])}" y="${TOP - 6}" text-anchor="middle">${escapeXml(mark[1])}</text>`,
      ]
    : [];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">`,
    `<title>${escapeXml(title)}</title><style>${STYLE}</style><rect width="100%" height="100%" fill="var(--page)"/>`,
    `<text x="${LEFT}" y="20" font-weight="bold">${escapeXml(title)}</text>`,
    ...grid,
    ...labels,
    ...marked,
    ...drawn,
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">${escapeXml(xName)}</text>`,
    `<text x="${LEFT}" y="${TOP - 8}" dx="-8" text-anchor="end">${escapeXml(yName)}</text>`,
    "</svg>\n",
  ].join("\n");
}
