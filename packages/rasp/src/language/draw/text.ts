/** A computation drawn with characters: each head is a matrix with keys on top, queries left, values below and results right. */
import { checks } from "@selectron/core";
import { loopTitle, type DrawnLoop, type Flow, type Head, type Row, type Step } from "./flow.js";
import { padStart, shorten, width, wrapCode } from "../width.js";

/** The greatest width of a value, which ends in an ellipsis if it is longer, and of a name, which then takes several lines. */
const [WIDEST_VALUE, WIDEST_NAME] = [8, 36];

/** Draws a flow, without a line break at the end. */
export function drawText(flow: Flow): string {
  checks.check("drawText: flow", flow, checks.anObjectWith("what flow(sop, input) gives", "layers", "input", "name"));
  return flow.layers
    .flatMap(({ number, heads, steps }) => [
      ...heads.map((head, i) => drawHead(head, `layer ${number}, head ${i + 1}`)),
      ...(steps.length === 0
        ? []
        : [drawSteps(steps, number === 0 ? "before attention" : `layer ${number}, feed-forward`)]),
      ...flow.loops.filter(({ last }) => last === number).map(drawLoop),
    ])
    .join("\n\n");
}

/** The steps of a loop, of which the layers above are the first. */
function drawLoop(loop: DrawnLoop): string {
  const rows = loop.moments.map((moment) => ({ ...moment, text: "", place: "" }));
  return `${drawSteps(rows, loopTitle(loop))}\n${loop.text}  (${loop.place})`;
}

function drawHead({ name, text, place, matrix, keys, queries, uses }: Head, title: string): string {
  const values = uses.map(({ value }) => value);
  const cells = Math.max(1, ...[...keys, ...values].flatMap((row) => row.values.map(shownWidth)));
  const sides = queries.map(({ values }) => Math.max(...values.map(shownWidth)));
  const left = Math.max(
    sides.reduce((sum, width) => sum + width + 1, 0),
    ...[...keys, ...values].map(({ name }) => nameWidth(name) + 1),
  );
  const across = (row: Row): string => named(row, left - 1, cells).join("\n");
  const rule = `${"─".repeat(left)}┼${"─".repeat((cells + 1) * matrix.length + 1)}┤`;
  const results = uses.map(({ result }) => Math.max(...result.values.map(shownWidth)));
  const rows = matrix.map((row, q) => {
    const labels = queries.map(({ values }, i) => padStart(shorten(values[q]!, WIDEST_VALUE), sides[i]!)).join(" ");
    const marks = Array.from(row, (cell) => padStart(cell === 1 ? "■" : "·", cells)).join(" ");
    const outcomes = uses
      .map(({ result }, i) => ` ${padStart(shorten(result.values[q]!, WIDEST_VALUE), results[i]!)}`)
      .join("");
    return `${padStart(labels, left - 1)} │ ${marks} │${outcomes}`;
  });
  return [
    `${title}: ${heading(name, text, place)}`,
    ...keys.map(across),
    rule,
    ...rows,
    rule,
    ...uses.map(({ value, result }) => `${across(value)} → ${result.name}`),
  ].join("\n");
}

function drawSteps(steps: readonly Step[], title: string): string {
  const names = Math.max(...steps.map(({ name }) => nameWidth(name)));
  const cells = Math.max(...steps.flatMap(({ values }) => values.map(shownWidth)));
  const lines = steps.map((step) => `${named(step, names + 1, cells).join("\n")} ${step.place}`.trimEnd());
  return [`${title}:`, ...lines].join("\n");
}

const nameWidth = (name: string): number => Math.max(...wrapCode(name, WIDEST_NAME).map(width));

/** The values of a row behind its name, in as many lines as the whole name takes; the values are on the last. */
function named({ name, values }: Row, room: number, cells: number): string[] {
  const lines = wrapCode(name, WIDEST_NAME).map((line) => padStart(line, room));
  const shown = values.map((value) => padStart(shorten(value, WIDEST_VALUE), cells)).join(" ");
  return [
    ...lines.slice(0, -1).map((line) => `${line} │ ${" ".repeat(width(shown))} │`),
    `${lines.at(-1)!} │ ${shown} │`,
  ];
}

const heading = (name: string, text: string, place: string): string =>
  [text === name || text === "" ? name : `${name} = ${text}`, place && `(${place})`].filter(Boolean).join("  ");

const shownWidth = (value: string): number => Math.min(width(value), WIDEST_VALUE);
