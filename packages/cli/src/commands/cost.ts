/** `selectron cost`: layers, heads per layer, and the line that forces each head. */
import { cost, position, textOf, type Cost, type HeadCost, type Json } from "@selectron/rasp";
import type { Command } from "commander";
import type { Context } from "../context.js";
import { runProgram } from "../program-file.js";

/** Adds the command. */
export function registerCost(program: Command, context: Context): void {
  program
    .command("cost")
    .description("layers and heads of an s-op, and which line forces each")
    .argument("<file>", "the RASP program; - reads standard input")
    .requiredOption("--sop <name>", "the s-op")
    .option("--json", "one JSON object on standard output")
    .action((file: string, options: { readonly sop: string; readonly json?: boolean }) => {
      const counted = cost(runProgram(context, file).sop(options.sop));
      if (options.json) context.printJson(asJson(options.sop, counted));
      else context.print(costText(options.sop, counted));
    });
}

const place = ({ span }: HeadCost): Json =>
  span ? { file: span.source.file, ...position(span.source, span.start), text: textOf(span) } : null;

function asJson(sop: string, { layers, headsPerLayer, reasons }: Cost): Record<string, Json> {
  return {
    sop,
    layers,
    headsPerLayer,
    reasons: reasons.map((reason) => ({
      layer: reason.layer,
      selector: reason.head.name ?? null,
      aggregates: reason.aggregates.length,
      place: place(reason),
    })),
  };
}

const count = (n: number, thing: string): string => `${n} ${thing}${n === 1 ? "" : "s"}`;

/** What an s-op costs, in plain words. */
export function costText(sop: string, { layers, headsPerLayer, reasons }: Cost): string {
  const lines = [
    `${sop}: ${count(layers, "layer")}${layers === 0 ? "" : `, heads per layer ${headsPerLayer.join(", ")}`}`,
  ];
  for (let layer = 1; layer <= layers; layer++) {
    lines.push(`layer ${layer}, ${count(headsPerLayer[layer - 1]!, "head")}:`);
    lines.push(...reasons.filter((reason) => reason.layer === layer).map(reasonText));
  }
  return lines.join("\n");
}

function reasonText({ head, aggregates, span }: HeadCost): string {
  const uses = `${count(aggregates.length, "aggregate")} of ${head.name ?? "a selector"}`;
  if (!span) return `  ${uses}`;
  const { line, column } = position(span.source, span.start);
  return `  ${span.source.file}:${line}:${column}: ${uses}: ${textOf(span).replace(/\s+/g, " ")}`;
}
