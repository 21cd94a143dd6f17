/** What the independent checker found, in plain words and as JSON. */
import { printable, readable } from "@selectron/core";
import { check, type CheckReport, type CompiledModel, type Json, type Margin, type SOp } from "@selectron/rasp";

/** The verdict, as a sentence after the model's name. */
export function checkText(name: string, report: CheckReport): string {
  return [`${printable(name)}: ${verdictText(report)}`, ...marginLines(report.margins)].join("\n");
}

/** Work that takes no longer than a second or two. */
const QUICK = { mostInputs: 400, steps: 300_000 };

/** The verdict on a model that was just compiled, without much work. */
export const quickCheck = (model: CompiledModel, program: Readonly<Record<string, SOp>>): CheckReport =>
  check(model.toSafetensors(), { program, ...QUICK });

/** The verdict in one line, for commands that do something else. */
export const checkLine = (report: CheckReport): string =>
  report.stopped
    ? "not checked from the weights, which takes longer: `selectron check MODEL --program FILE`"
    : `checked from the weights: ${verdictText(report)}`;

function verdictText(report: CheckReport): string {
  const { verdict, where, program, maxLength, precision, inputs, everyInput, upToFloat32 } = report;
  const which = `every input of 1 to ${maxLength} tokens${precision === "float32" ? "" : " in float32 arithmetic"}`;
  switch (verdict) {
    case "holds": {
      const how = everyInput ? `each of ${inputs} followed` : "those of a length together";
      const near = upToFloat32 ? ", up to float32" : "";
      return program
        ? `the model is the program on ${which}${near} (${how})`
        : `holds if the card's values are these: on ${which} each subspace has one, and the answer is certain (${how})`;
    }
    case "wrong":
      return `the model is WRONG: ${readable(where ?? "")}`;
    case "unknown":
      return `cannot follow the model on ${which}: ${readable(where ?? "")}`;
  }
}

function marginLines(margins: readonly Margin[]): string[] {
  const rows = margins.map(({ where, margin, error }) => [number(margin), number(error), where] as const);
  return rows.map(
    ([margin, error, where]) => `  margin ${margin.padEnd(8)} error ${error.padEnd(8)} ${printable(where)}`,
  );
}

const number = (x: number): string =>
  x === 0 ? "0" : x >= 0.001 && x < 1e6 ? String(Number(x.toPrecision(3))) : x.toExponential(1);

export const checkJson = ({ margins, ...report }: CheckReport): Readonly<Record<string, Json>> => ({
  ...report,
  margins: margins.map(({ where, margin, error }) => ({ where, margin, error })),
});

/** Without the margins. */
export const verdictJson = ({ verdict, where, stopped }: CheckReport): Json => ({
  verdict,
  stopped,
  ...(where === undefined ? {} : { where }),
});
