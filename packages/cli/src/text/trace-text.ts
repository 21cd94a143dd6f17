/** A model's trace as text: the s-ops that each sublayer adds to the residual stream, and the program's values where they differ. */
import { printable } from "@selectron/core";
import type { ModelTrace, ModelTraceStep, Plain } from "@selectron/rasp";

export function traceText({ steps }: ModelTrace): string {
  const width = Math.max(0, ...steps.flatMap(({ sops }) => sops.map(({ name }) => printable(name).length)));
  return steps.map((step) => [heading(step), ...lines(step, width)].join("\n")).join("\n");
}

const heading = ({ layer, sublayer }: ModelTraceStep): string =>
  layer === 0 ? "embedding" : `layer ${layer}, ${sublayer}`;

function lines({ sops }: ModelTraceStep, width: number): string[] {
  return sops
    .filter(({ isNew }) => isNew)
    .map(({ name, decoded, expected, agrees }) => {
      const program = agrees ? "" : `  the program: ${row(expected!)}`;
      return `  ${printable(name).padEnd(width)}  ${row(decoded)}${program}`;
    });
}

/** `?` where the residual stream leaves several values open. */
const row = (values: readonly (Plain | undefined)[]): string =>
  `[${values.map((value) => (value === undefined ? "?" : printable(String(value)))).join(", ")}]`;
