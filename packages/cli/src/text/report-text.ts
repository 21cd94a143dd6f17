/** A verification report in plain words. */
import { decodeSequence, displaySequence, type CounterexampleJson, type Json, type ReportJson } from "@selectron/rasp";

export function reportText(sop: string, report: ReportJson): string {
  const { ok, exhaustive, inputs, withoutValue, wrong, maxLength, shard, counterexample } = report;
  const tried =
    `${exhaustive && !shard ? "all " : ""}${inputs}${exhaustive ? "" : " random"} inputs of 1 to ${maxLength} tokens` +
    (shard ? ` (part ${shard.index} of ${shard.count})` : "");
  const skipped =
    withoutValue === 0 ? "" : `\n${withoutValue} of them have no value in the program itself, and were not compared.`;
  if (ok) return `${sop}: the model agrees with the program on ${tried}.${skipped}`;
  return `${sop}: the model is WRONG on ${wrong} of ${tried}.${skipped}\n${counterexampleText(sop, counterexample!)}`;
}

function counterexampleText(
  sop: string,
  { output, input, expected, got, kinds, firstWrong }: CounterexampleJson,
): string {
  const sequence = (value: Json, its: string): string => displaySequence(decodeSequence(value as readonly Json[], its));
  return [
    `The smallest input on which it differs${output === sop ? "" : `, in ${output}`}:`,
    `  input     ${sequence(input, kinds.input)}`,
    `  program   ${sequence(expected, kinds.expected)}`,
    `  model     ${sequence(got, kinds.got)}`,
    ...(firstWrong ? wrongText(firstWrong) : []),
  ].join("\n");
}

function wrongText(firstWrong: NonNullable<CounterexampleJson["firstWrong"]>): string[] {
  const { name, place, layer, sublayer, position, coordinates } = firstWrong;
  const where = place ? ` (${place.file}:${place.line}:${place.column})` : "";
  const worst = coordinates.reduce((a, b) => (Math.abs(b.holds - b.expected) > Math.abs(a.holds - a.expected) ? b : a));
  return [
    `The first s-op whose value in the residual stream is wrong: ${name}${where},`,
    `  after the ${sublayer} sublayer of layer ${layer}, at position ${position}: "${worst.name}" is ${worst.holds} instead of ${worst.expected}.`,
  ];
}
