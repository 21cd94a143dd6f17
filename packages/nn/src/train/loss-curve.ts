/** The course of a training as an SVG: the loss on a logarithmic scale, and the accuracy of the evaluations. */
import { checks } from "@selectron/core";
import { escapeXml } from "../inspect/xml.js";
import type { StepRecord } from "./train.js";

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [720, 360, 64, 56, 40, 44];

const STYLE =
  "svg{--page:#fff;--ink:#1a1d21;--line:#d5dae0;--loss:#1f6feb;--accuracy:#b35900;background:var(--page);" +
  "font:13px system-ui,sans-serif}@media (prefers-color-scheme:dark){svg{--page:#14171a;--ink:#e8eaed;--line:#363c43;" +
  "--loss:#58a6ff;--accuracy:#f0a352}}text{fill:var(--ink)}.grid{stroke:var(--line)}" +
  ".loss{stroke:var(--loss);fill:none;stroke-width:1.5}.accuracy{stroke:var(--accuracy);fill:none;stroke-width:1.5}";

const someRecord = checks.anObject("a step, as onStep gets it");

function checkRecord(record: StepRecord): void {
  checks.check("lossCurve: records", record, someRecord);
  checks.check("lossCurve: records: step", record.step, checks.anInteger(1));
  checks.check("lossCurve: records: loss", record.loss, checks.aFinite);
  checks.checkGiven("lossCurve: records: evaluation", record.evaluation, checks.aFinite);
}

/** The most points that a curve is drawn with. */
const MAX_POINTS = 400;

/** At most `MAX_POINTS` points, each the mean over its stretch of steps. */
function thinned(records: readonly StepRecord[]): { step: number; loss: number }[] {
  const stretch = Math.ceil(records.length / MAX_POINTS);
  const points: { step: number; loss: number }[] = [];
  for (let at = 0; at < records.length; at += stretch) {
    const part = records.slice(at, at + stretch);
    const loss = part.reduce((sum, record) => sum + record.loss, 0) / part.length;
    points.push({ step: part.at(-1)!.step, loss });
  }
  return points;
}

/** 10^power, right to the last bit on every engine. */
const decade = (power: number): number => Number(`1e${power}`);

/** The greatest power of ten that is not above a loss of at most 1. */
function decadeBelow(loss: number): number {
  let power = 0;
  while (decade(power) > loss) power--;
  return power;
}

/** The least power of ten that is not below a loss of 1 or more. */
function decadeAbove(loss: number): number {
  let power = 0;
  while (decade(power) < loss) power++;
  return power;
}

/** A self-contained SVG document. Losses of 0 are drawn at the bottom. */
export function lossCurve(records: readonly StepRecord[], title: string): string {
  checks.check("lossCurve: records", records, checks.aList("an array of a training's steps"));
  for (const record of records) checkRecord(record);
  checks.check("lossCurve: title", title, checks.aText);
  const points = thinned(records);
  const last = Math.max(1, records.at(-1)?.step ?? 1);
  const positive = points.map(({ loss }) => loss).filter((loss) => loss > 0);
  const low = decadeBelow(Math.min(1, ...positive));
  const high = Math.max(low + 1, decadeAbove(Math.max(1, ...positive)));
  const x = (step: number): number => LEFT + ((WIDTH - LEFT - RIGHT) * step) / last;
  const y = (share: number): number => HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share;
  const ofLoss = (loss: number): number => y(Math.max(0, (Math.log10(Math.max(loss, 1e-30)) - low) / (high - low)));
  const path = (name: string, at: readonly (readonly [number, number])[]): string =>
    `<polyline class="${name}" points="${at.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join(" ")}"/>`;
  const decades = Array.from({ length: high - low + 1 }, (_, i) => {
    const at = ofLoss(10 ** (low + i)).toFixed(1);
    return (
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}"/>` +
      `<text x="${LEFT - 8}" y="${at}" text-anchor="end" dy="4">${Number((10 ** (low + i)).toPrecision(1))}</text>`
    );
  });
  const evaluations = records.flatMap(({ step, evaluation }) =>
    evaluation === undefined ? [] : [[x(step), y(evaluation)] as const],
  );
  const losses = points.map(({ step, loss }) => [x(step), ofLoss(loss)] as const);
  const shares = evaluations.length > 0 ? [0, 0.5, 1] : [];
  const percent = (share: number): string =>
    `<text x="${WIDTH - RIGHT + 8}" y="${y(share)}" dy="4">${100 * share} %</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">`,
    `<title>${escapeXml(title)}</title><style>${STYLE}</style><rect width="100%" height="100%" fill="var(--page)"/>`,
    `<text x="${LEFT}" y="22" font-weight="bold">${escapeXml(title)}</text>`,
    ...decades,
    path("loss", losses),
    ...(evaluations.length > 0 ? [path("accuracy", evaluations)] : []),
    `<text x="${LEFT}" y="${HEIGHT - 14}">step 1</text>`,
    `<text x="${WIDTH - RIGHT}" y="${HEIGHT - 14}" text-anchor="end">step ${last}</text>`,
    `<text x="14" y="${TOP - 8}" fill="var(--loss)">loss</text>`,
    ...shares.map(percent),
    "</svg>\n",
  ].join("\n");
}
