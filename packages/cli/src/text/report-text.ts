/** A verification report in plain words. */
import { printable, shortened } from "@selectron/core";
import {
  decodeSequence,
  displayDifference,
  displaySequence,
  type Atom,
  type CounterexampleJson,
  type Json,
  type ReportJson,
} from "@selectron/rasp";

export function reportText(name: string, report: ReportJson & { readonly precision?: Json }): string {
  const { ok, exhaustive, inputs, withoutValue, wrong, upToFloat32, maxLength } = report;
  const { promise, marked, shard, counterexample } = report;
  const sop = printable(name);
  const kind = `${exhaustive ? "" : " random"}${promise === null ? "" : " promised"}`;
  const tried =
    `${exhaustive && !shard ? "all " : ""}${inputs}${kind} inputs of 1 to ${maxLength} tokens` +
    (shard ? ` (part ${shard.index} of ${shard.count})` : "") +
    (typeof report.precision === "string" ? `, with products of ${printable(report.precision)} numbers` : "");
  const skipped =
    withoutValue === 0
      ? ""
      : `\n${withoutValue} of them have no value in the program itself, ${marked ? "and the model must say so" : "and were not compared"}.`;
  const rounded =
    upToFloat32 === 0
      ? ""
      : `\nOn ${upToFloat32} of them some floats are equal only up to float32, in which a model computes.`;
  if (ok) return `${sop}: the model agrees with the program on ${tried}.${rounded}${skipped}`;
  return `${sop}: the model is WRONG on ${wrong} of ${tried}.${skipped}\n${counterexampleText(name, counterexample!)}`;
}

function counterexampleText(
  sop: string,
  { output, input, expected, got, kinds, firstWrong }: CounterexampleJson,
): string {
  const shown = (line: string): string => shortened(line, 2000);
  const sequence = (value: Json, its: string): Atom[] => decodeSequence(value as readonly Json[], its);
  const [program, model] = displayDifference(sequence(expected, kinds.expected), sequence(got, kinds.got));
  return [
    `The smallest input on which it differs${output === sop ? "" : `, in ${printable(output)}`}:`,
    `  input     ${shown(displaySequence(sequence(input, kinds.input)))}`,
    `  program   ${shown(program)}`,
    `  model     ${shown(model)}`,
    ...(firstWrong ? wrongText(firstWrong) : []),
  ].join("\n");
}

function wrongText(firstWrong: NonNullable<CounterexampleJson["firstWrong"]>): string[] {
  const { name, place, layer, sublayer, position, coordinates } = firstWrong;
  const where = place ? ` (${printable(place.file)}:${place.line}:${place.column})` : "";
  const worst = coordinates.reduce((a, b) => (Math.abs(b.holds - b.expected) > Math.abs(a.holds - a.expected) ? b : a));
  return [
    `The first s-op whose value in the residual stream is wrong: ${printable(name)}${where},`,
    `  after the ${printable(sublayer)} sublayer of layer ${layer}, at position ${position}: "${printable(worst.name)}" is ${worst.holds} instead of ${worst.expected}.`,
  ];
}
