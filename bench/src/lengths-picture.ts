/** Parameters and seconds against the maximum length as an SVG, both axes logarithmic: this version, the one before, and tracr's sizes. */
import { escapeXml } from "@selectron/nn";
import { isCompiled, type CompiledAt, type LengthRun } from "./suites/lengths.js";
import type { SizeRow } from "./suites/sizes.js";

/** The programs that are drawn; nine in three versions would be too many lines. tracr's of the same answers. */
const DRAWN = [
  { name: "reverse", tracr: "reverse(tokens)" },
  { name: "hist_bos", tracr: "hist" },
  { name: "sort_bos", tracr: "sort(tokens,tokens)" },
  { name: "dyck2_ptf", tracr: undefined },
];
/** From 10 on tracr's lengths, and counts of as many, are wrong for some inputs (measured at its defaults): up to here they are right. */
const TRACR_RIGHT = 8;
const TRACR_TOKENS = 5;

const [WIDTH, HEIGHT, LEFT, TOP, BOTTOM, GAP] = [900, 420, 64, 66, 40, 72];
const PANEL = (WIDTH - LEFT - GAP - 24) / 2;
/** The left edge of the second panel. */
const SECOND = LEFT + PANEL + GAP;

const STYLE =
  "svg{--page:#fff;--ink:#1a1d21;--line:#d5dae0;--p0:#1f6feb;--p1:#b35900;--p2:#1a7f37;--p3:#8250df;background:var(--page);" +
  "font:13px system-ui,sans-serif}@media (prefers-color-scheme:dark){svg{--page:#14171a;--ink:#e8eaed;--line:#363c43;" +
  "--p0:#58a6ff;--p1:#f0a352;--p2:#56d364;--p3:#bc8cff}}text{fill:var(--ink)}.grid{stroke:var(--line)}" +
  "polyline{fill:none;stroke-width:2}.before{stroke-dasharray:6 4}.tracr{stroke-dasharray:1.5 3.5}";

/** What is drawn in one panel. */
interface Curve {
  /** The place of its program in `DRAWN`. */
  readonly colour: number;
  readonly kind: "now" | "before" | "tracr";
  readonly points: readonly (readonly [length: number, value: number])[];
}

const LOG2_STEP = 2;

interface Axis {
  readonly least: number;
  readonly most: number;
}

/** Powers of ten around the values. */
function axisOf(values: readonly number[]): Axis {
  const logs = values.map(Math.log10);
  return { least: Math.floor(Math.min(...logs)), most: Math.ceil(Math.max(...logs)) };
}

/** A panel with its left edge at `left`. */
function panel(title: string, unit: string, left: number, curves: readonly Curve[], lengths: Axis): string[] {
  const values = axisOf(curves.flatMap(({ points }) => points.map(([, value]) => value)));
  const x = (length: number): number =>
    left + (PANEL * (Math.log2(length) - lengths.least)) / (lengths.most - lengths.least);
  const y = (value: number): number =>
    HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * (Math.log10(value) - values.least)) / (values.most - values.least);
  const grid: string[] = [];
  for (let power = values.least; power <= values.most; power++) {
    const at = y(10 ** power).toFixed(1);
    grid.push(
      `<line class="grid" x1="${left}" x2="${left + PANEL}" y1="${at}" y2="${at}"/>`,
      `<text x="${left - 8}" y="${at}" text-anchor="end" dy="4">${valueText(10 ** power)}</text>`,
    );
  }
  for (let power = Math.ceil(lengths.least); power <= lengths.most; power += LOG2_STEP) {
    const at = x(2 ** power).toFixed(1);
    grid.push(
      `<line class="grid" x1="${at}" x2="${at}" y1="${TOP}" y2="${HEIGHT - BOTTOM}"/>`,
      `<text x="${at}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${2 ** power}</text>`,
    );
  }
  const drawn = curves.flatMap(({ colour, kind, points }) => {
    const at = points.map(([length, value]) => [x(length).toFixed(1), y(value).toFixed(1)] as const);
    return [
      `<polyline class="${kind}" stroke="var(--p${colour})" points="${at.map((point) => point.join(",")).join(" ")}"/>`,
      ...at.map(([px, py]) => `<circle cx="${px}" cy="${py}" r="2.5" fill="var(--p${colour})"/>`),
    ];
  });
  return [
    `<text x="${left}" y="${TOP - 12}" font-weight="bold">${escapeXml(title)}</text>`,
    `<text x="${left + PANEL}" y="${TOP - 12}" text-anchor="end">${escapeXml(unit)}</text>`,
    ...grid,
    ...drawn,
  ];
}

const valueText = (value: number): string => {
  if (value >= 1e6) return `${value / 1e6} M`;
  return value >= 1e3 ? `${value / 1e3} k` : String(Number(value.toPrecision(1)));
};

/** The compiled rows of a program, by length. */
function pointsOf(run: LengthRun, program: string, valueOf: (result: CompiledAt) => number): Curve["points"] {
  return run.rows
    .flatMap(({ program: name, length, result }): [number, number][] =>
      name === program && isCompiled(result) && result.proved ? [[length, valueOf(result)]] : [],
    )
    .sort(([a], [b]) => a - b);
}

/**
 * A self-contained SVG document.
 *
 * @param runs - of this version, and of the one before if that is known
 * @param sizes - of which tracr's are drawn
 */
export function lengthsPicture(runs: readonly LengthRun[], sizes: readonly SizeRow[]): string {
  const curvesOf = (valueOf: (result: CompiledAt) => number): Curve[] =>
    DRAWN.flatMap(({ name }, colour) =>
      runs.slice(0, 2).map((run, r): Curve => ({
        colour,
        kind: r === 0 ? "now" : "before",
        points: pointsOf(run, name, valueOf),
      })),
    );
  const ofTracr = DRAWN.map(({ tracr }, colour): Curve => ({
    colour,
    kind: "tracr",
    points: sizes
      .filter((row) => row.program === tracr && row.vocabularySize === TRACR_TOKENS && row.maxLength <= TRACR_RIGHT)
      .map(({ maxLength, theirs }) => [maxLength, theirs.parameters]),
  }));
  const parameters = [...curvesOf((result) => result.parameters), ...ofTracr].filter(hasPoints);
  const seconds = curvesOf((result) => result.cpuSeconds).filter(hasPoints);
  const logs = [...parameters, ...seconds].flatMap(({ points }) => points.map(([length]) => Math.log2(length)));
  const lengths = { least: Math.min(...logs), most: Math.max(...logs) };
  const [now, before] = runs;
  const kinds = [["now", "now"], ...(before ? [["before", `before (${before.version})`]] : []), ["tracr", "tracr"]] as [
    Curve["kind"],
    string,
  ][];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">`,
    `<title>Parameters and seconds against the maximum length (${escapeXml(now!.version)}, ${escapeXml(now!.date.slice(0, 10))})</title>`,
    `<style>${STYLE}</style><rect width="100%" height="100%" fill="var(--page)"/>`,
    ...legend(kinds),
    ...panel("parameters", "maximum length →", LEFT, parameters, lengths),
    ...panel("CPU seconds of a compile", "maximum length →", SECOND, seconds, lengths),
    "</svg>\n",
  ].join("\n");
}

const hasPoints = ({ points }: Curve): boolean => points.length > 0;

/** The programs by colour above the first panel, the kinds of line above the second. */
function legend(kinds: readonly (readonly [Curve["kind"], string])[]): string[] {
  const sideBySide = (texts: readonly string[], left: number, mark: number): number[] => {
    let x = left;
    return texts.map((text) => (x += mark + 7 * text.length + 16) - (mark + 7 * text.length + 16));
  };
  const names = DRAWN.map(({ name }) => name);
  const [ofNames, ofKinds] = [
    sideBySide(names, LEFT, 16),
    sideBySide(
      kinds.map(([, text]) => text),
      SECOND,
      30,
    ),
  ];
  return [
    ...names.map((name, colour) => {
      const x = ofNames[colour]!;
      return `<circle cx="${x + 5}" cy="17" r="5" fill="var(--p${colour})"/><text x="${x + 16}" y="22">${escapeXml(name)}</text>`;
    }),
    ...kinds.map(([kind, text], k) => {
      const x = ofKinds[k]!;
      return `<polyline class="${kind}" stroke="var(--ink)" points="${x},17 ${x + 24},17"/><text x="${x + 30}" y="22">${escapeXml(text)}</text>`;
    }),
  ];
}
