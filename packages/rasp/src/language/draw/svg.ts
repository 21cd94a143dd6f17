/**
 * A computation as an SVG page: layers from top to bottom, heads side by side as far as the width allows. Colours follow the reader's
 * light or dark scheme and are light in print. Names and sources are whole, in several lines where they are long; a value that does not
 * fit is cut, and has the whole text as a tooltip.
 */
import { checks } from "@selectron/core";
import { escapeXml } from "@selectron/nn";
import { loopTitle, type DrawnLoop, type Flow, type Head, type Row, type Step } from "./flow.js";
import { shorten, width, wrapCode } from "../width.js";

/** How the picture is made. */
export interface SvgOptions {
  /** The width for heads side by side, in pixels; a single head or a row of values can be wider. 900 if absent; 360 suits phones. */
  readonly width?: number;
}

/** A piece of the picture, with its origin at the top left. */
interface Piece {
  readonly width: number;
  readonly height: number;
  readonly body: string;
}

const FONT = 14;
/** The width of a character in a fixed-width font of this size. */
const ADVANCE = 0.602 * FONT;
const [LINE, GAP, MARGIN] = [22, 20, 16];
const [NARROWEST_CELL, WIDEST_CELL, WIDEST_SIDE, WIDEST_NAME] = [22, 68, 80, 130];
/** The distance between the lines of one name. */
const NAME_LINE = 17;

const STYLE = `
  svg { --page: #fff; --ink: #1a1d21; --quiet: #5d6670; --line: #d5dae0; --panel: #f5f7f9; --on: #1f6feb; --flow: #b35900;
    background: var(--page); font: ${FONT}px ui-monospace, "SFMono-Regular", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
  @media (prefers-color-scheme: dark) {
    svg { --page: #14171a; --ink: #e8eaed; --quiet: #9aa4af; --line: #363c43; --panel: #1d2125; --on: #58a6ff; --flow: #f0a352; } }
  @media print {
    svg { --page: #fff; --ink: #000; --quiet: #444; --line: #bbb; --panel: #fff; --on: #333; --flow: #000; } }
  text { fill: var(--ink); } .quiet { fill: var(--quiet); } .strong { font-weight: bold; } .out { fill: var(--flow); font-weight: bold; }
  .panel { fill: var(--panel); stroke: var(--line); } .cell { fill: var(--page); stroke: var(--line); } .on { fill: var(--on); stroke: var(--line); }
  .flow { stroke: var(--quiet); stroke-width: 2; fill: none; }
`;

/** Draws a flow as a self-contained SVG document. */
export function drawSvg(flow: Flow, options: SvgOptions = {}): string {
  checks.check("drawSvg: flow", flow, checks.anObjectWith("what flow(sop, input) gives", "layers", "input", "name"));
  checks.checkOptions("drawSvg", options, { width: checks.aPositive });
  const { width: widest = 900 } = options;
  const sections = flow.layers.flatMap(({ number, heads, steps }) => [
    ...(heads.length === 0
      ? []
      : [titled(`layer ${number} · attention`, sideBySide(heads.map(headPiece), widest - 2 * MARGIN))]),
    ...(steps.length === 0
      ? []
      : [titled(number === 0 ? "before attention" : `layer ${number} · feed-forward`, stepsPiece(steps))]),
    ...flow.loops.filter(({ last }) => last === number).map(loopPiece),
  ]);
  const page = stacked([heading(flow, widest), ...sections]);
  const [w, h] = [Math.ceil(page.width + 2 * MARGIN), Math.ceil(page.height + 2 * MARGIN)];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" style="width: 100%; max-width: ${w}px; height: auto" role="img">`,
    `<title>${escapeXml(`${flow.name} on ${flow.input.join(" ")}`)}</title><style>${STYLE}</style>`,
    `<rect width="${w}" height="${h}" fill="var(--page)"/>${at(MARGIN, MARGIN, page.body)}</svg>`,
    "",
  ].join("\n");
}

function heading({ name, input }: Flow, widest: number): Piece {
  const room = widest - 2 * MARGIN;
  const shown = `input: ${input.join(" ")}`;
  const top = extra(name, room);
  const body = lines(0, 16, name, room, "strong") + label(0, 16 + top + LINE, shown, room, "quiet");
  const across = Math.max(...[...linesOf(name, room), shown].map(width));
  return { width: Math.min(room, ADVANCE * across), height: top + 2 * LINE, body };
}

/** A head: the selector's text, keys on top, queries left, values below, results right. */
function headPiece({ name, text, place, matrix, keys, queries, uses }: Head): Piece {
  const values = uses.map(({ value }) => value);
  const results = uses.map(({ result }) => result);
  const cell = cellWidth([...keys, ...values]);
  const sides = queries.map(sideWidth);
  const outs = results.map(sideWidth);
  const left = Math.max(sum(sides), nameWidth([...keys, ...values]));
  const right = left + matrix.length * cell;
  const body: string[] = [];
  const across = (row: Row, y: number, style: string): void => {
    body.push(lines(left - 6, y - extra(row.name, left - 6), row.name, left - 6, "quiet", "end"));
    row.values.forEach((value, k) => body.push(label(left + (k + 0.5) * cell, y, value, cell - 3, style, "middle")));
  };
  const down = (rows: readonly Row[], widths: readonly number[], from: number, top: number, style: string): void => {
    let x = from;
    for (const [i, row] of rows.entries()) {
      const room = widths[i]! - 6;
      body.push(lines(x + room, top - 7 - extra(row.name, room), row.name, room, "quiet", "end"));
      row.values.forEach((value, q) =>
        body.push(label(x + widths[i]! - 6, top + q * LINE + 16, value, widths[i]! - 6, style, "end")),
      );
      x += widths[i]!;
    }
  };
  const total = Math.max(right + sum(outs) + 6, 240);
  const source = text === name ? "" : text;
  body.push(lines(0, 16, name, total - 70, "strong"), label(total, 16, place, 68, "quiet", "end"));
  let y = LINE + extra(name, total - 70);
  if (source !== "") {
    body.push(lines(0, y + 16, source, total, "quiet"));
    y += LINE + extra(source, total);
  }
  y += 6;
  for (const row of keys) across(row, (y += LINE + extra(row.name, left - 6)) - 6, "");
  // The names of queries and results are above the matrix.
  const above = [
    queries.map(({ name: query }, i) => extra(query, sides[i]! - 6)),
    results.map(({ name: result }, i) => extra(result, outs[i]! - 6)),
  ];
  y += LINE + Math.max(0, ...above.flat());
  down(queries, sides, left - sum(sides), y, "");
  down(results, outs, right + 6, y, "out");
  for (const [q, row] of matrix.entries()) {
    for (const [k, on] of row.entries()) {
      body.push(rectangle(left + k * cell, y + q * LINE, cell, LINE, on === 1 ? "on" : "cell"));
    }
  }
  y += matrix.length * LINE;
  for (const row of values) across(row, (y += LINE + extra(row.name, left - 6)) - 5, "");
  return framed({ width: total, height: y, body: body.join("") });
}

/** The steps of a loop, of which the layers above are the first. */
const loopPiece = (loop: DrawnLoop): Piece =>
  titled(
    loopTitle(loop),
    stepsPiece(loop.moments.map((moment) => ({ ...moment, ...{ text: loop.text, place: "" } }))),
    600,
  );

/** Elementwise steps, a line for each s-op. */
function stepsPiece(steps: readonly Step[]): Piece {
  const cell = cellWidth(steps);
  const left = nameWidth(steps);
  const room = Math.max(...steps.map(({ values }) => values.length)) * cell;
  const places = Math.max(...steps.map(({ place }) => width(place))) * ADVANCE + 10;
  let height = 0;
  const body = steps.map(({ name, values, place, text }) => {
    const top = height + 16;
    height += LINE + extra(name, left - 6);
    const y = top + extra(name, left - 6);
    const cells = values.map((value, k) => label(left + (k + 0.5) * cell, y, value, cell - 3, "out", "middle"));
    return [
      lines(left - 6, top, name, left - 6, "strong", "end", text),
      ...cells,
      label(left + room + places, y, place, places, "quiet", "end"),
    ].join("");
  });
  return framed({ width: left + room + places, height, body: body.join("") });
}

/** Pieces from left to right, in as many lines as are needed for a width of `room`. */
function sideBySide(pieces: readonly Piece[], room: number): Piece {
  const rows: Piece[][] = [];
  for (const piece of pieces) {
    const row = rows.at(-1);
    if (row && sum(row.map((other) => other.width + GAP)) + piece.width <= room) row.push(piece);
    else rows.push([piece]);
  }
  return stacked(
    rows.map((row) => {
      let x = 0;
      const body = row.map((piece) => at((x += piece.width + GAP) - piece.width - GAP, 0, piece.body)).join("");
      return { width: x - GAP, height: Math.max(...row.map(({ height }) => height)), body };
    }),
    GAP / 2,
  );
}

/** Pieces from top to bottom. */
function stacked(pieces: readonly Piece[], gap = 0): Piece {
  let y = 0;
  const body = pieces.map((piece) => at(0, (y += piece.height + gap) - piece.height - gap, piece.body)).join("\n");
  return { width: Math.max(...pieces.map((piece) => piece.width)), height: y - gap, body };
}

/** A piece under its title, with an arrow that leads to it. */
function titled(title: string, piece: Piece, room = 300): Piece {
  const arrow = `<path class="flow" d="M 10 4 V 26 M 5 20 L 10 26 L 15 20"/>`;
  return {
    ...piece,
    height: piece.height + 38,
    body: arrow + label(26, 22, title, room, "strong quiet") + at(0, 34, piece.body),
  };
}

function framed({ width: w, height: h, body }: Piece): Piece {
  const pad = 10;
  const frame = `<rect class="panel" width="${round(w + 2 * pad)}" height="${round(h + 2 * pad)}" rx="6"/>`;
  return { width: w + 2 * pad, height: h + 2 * pad, body: frame + at(pad, pad, body) };
}

/** Wide enough for the widest value, within bounds. */
const cellWidth = (rows: readonly Row[]): number => {
  const widest = Math.max(0, ...rows.flatMap(({ values }) => values).map(width));
  return Math.min(WIDEST_CELL, Math.max(NARROWEST_CELL, Math.ceil(widest * ADVANCE + 8)));
};

/** The width of a column with its name on top. */
const sideWidth = (row: Row): number =>
  Math.max(
    NARROWEST_CELL,
    Math.min(WIDEST_SIDE, Math.ceil(Math.max(...row.values.map(width)) * ADVANCE + 8)),
    pixels(row.name, WIDEST_SIDE),
  );

const nameWidth = (rows: readonly Row[]): number => Math.max(8, ...rows.map(({ name }) => pixels(name, WIDEST_NAME)));

/** How wide a name is that takes several lines rather than more than `widest` pixels, unless one word is wider. */
const pixels = (name: string, widest: number): number =>
  Math.ceil(Math.max(...linesOf(name, widest - 8).map(width)) * ADVANCE + 8);

/** The lines of a name in `room` pixels. */
const linesOf = (text: string, room: number): string[] => wrapCode(text, Math.floor((room + 1) / ADVANCE));

/** How much higher than one line a name is. */
const extra = (text: string, room: number): number => (linesOf(text, room).length - 1) * NAME_LINE;

/** A whole text, in lines of `room` pixels. */
function lines(...[x, y, text, room, style, anchor, tip]: Parameters<typeof label>): string {
  return linesOf(text, room)
    .map((line, i) =>
      label(x, y + i * NAME_LINE, line, Infinity, style, anchor, i === 0 && tip !== text ? (tip ?? line) : line),
    )
    .join("");
}

/** A text of at most `room` pixels. If it is cut, `tip` is its tooltip. */
function label(
  x: number,
  y: number,
  text: string,
  room: number,
  style: string,
  anchor: "start" | "middle" | "end" = "start",
  tip = text,
): string {
  const shown = shorten(text, Math.floor((room + 1) / ADVANCE));
  const title = shown === tip || tip === "" ? "" : `<title>${escapeXml(tip)}</title>`;
  const position = `x="${round(x)}" y="${round(y)}"${anchor === "start" ? "" : ` text-anchor="${anchor}"`}`;
  return `<text ${position}${style === "" ? "" : ` class="${style}"`}>${title}${escapeXml(shown)}</text>`;
}

const rectangle = (x: number, y: number, w: number, h: number, style: string): string =>
  `<rect class="${style}" x="${round(x)}" y="${round(y)}" width="${round(w)}" height="${round(h)}"/>`;

const at = (x: number, y: number, body: string): string =>
  `<g transform="translate(${round(x)} ${round(y)})">${body}</g>`;

const round = (value: number): number => Math.round(value * 10) / 10;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
