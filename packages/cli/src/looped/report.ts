/** What a comparison of a looped model with its program found, as text and as JSON. */
import { printable, shortened } from "@selectron/core";
import {
  describeAtom,
  displayDifference,
  displaySequence,
  encodeResult,
  position,
  type Json,
  type LoopedModel,
  type LoopedReport,
  type VerifyOptions,
  type WrongSOp,
  type WrongStep,
} from "@selectron/rasp";
import { counted } from "../text/words.js";

export function loopedReportText(
  name: string,
  { ok, inputs, withoutValue, wrong, steps, counterexample }: LoopedReport,
  how: VerifyOptions,
  { maxLength }: LoopedModel,
): string {
  const sop = printable(name);
  const kind = "exhaustive" in how ? `all ${inputs}` : `${inputs} random`;
  const tried = `${kind} inputs of 1 to ${maxLength} tokens`;
  const skipped =
    withoutValue === 0 ? "" : `\n${withoutValue} of them have no value in the program itself, and were not compared.`;
  if (ok) {
    return `${sop}: the model agrees with the program on ${tried}, in each of ${counted(steps, "step")}.${skipped}`;
  }
  return `${sop}: the model is WRONG on ${wrong} of ${tried}.${skipped}\n${wrongText(counterexample!)}`;
}

function wrongText({ input, step, name, span, position: at, expected, got, steps, firstWrong }: WrongStep): string {
  const shown = (line: string): string => shortened(line, 2000);
  const where = placeText(span);
  const place = at === undefined ? "" : `, at position ${at}`;
  const lines = ["The smallest input on which it differs:", `  input     ${shown(displaySequence(input))}`];
  if (!got) {
    const taken = counted(steps[0], "step");
    return [...lines, `The loop of the model does not end; that of the program ends after ${taken}.`].join("\n");
  }
  if (step === undefined && steps[0] !== steps[1]) {
    lines.push(`The model takes ${counted(steps[1]!, "step")}, and the program ${steps[0]}.`);
  } else if (step === undefined) {
    lines.push(`Every step is right, and ${printable(name)}${where} after the loop is wrong${place}:`);
  } else {
    lines.push(`The first wrong state is ${printable(name)} after step ${step}${where}${place}:`);
  }
  const [program, model] = displayDifference(expected, got);
  lines.push(`  program   ${shown(program)}`, `  model     ${shown(model)}`);
  if (firstWrong) lines.push(insideText(firstWrong));
  return lines.join("\n");
}

function placeText(span: WrongStep["span"]): string {
  if (!span) return "";
  const { line, column } = position(span.source, span.start);
  return ` (${printable(span.source.file)}:${line}:${column})`;
}

function insideText({ name, span, layer, sublayer, position: at, expected }: WrongSOp): string {
  return `Inside the step the first wrong s-op is ${printable(name)}${placeText(span)}, after the ${sublayer} sublayer of its layer ${layer}, at position ${at}: it should be ${printable(describeAtom(expected))}.`;
}

export const loopedReportJson = (
  { ok, inputs, withoutValue, wrong, steps, counterexample }: LoopedReport,
  how: VerifyOptions,
  { vocabulary, maxLength }: LoopedModel,
): Readonly<Record<string, Json>> => ({
  ok,
  exhaustive: "exhaustive" in how,
  inputs,
  withoutValue,
  wrong,
  steps,
  vocabulary: encodeResult(vocabulary).value,
  maxLength,
  seed: "seed" in how ? how.seed : null,
  counterexample: counterexample ? wrongJson(counterexample) : null,
});

function wrongJson({ input, step, name, span, position: at, expected, got, steps, firstWrong }: WrongStep): Json {
  const start = span && position(span.source, span.start);
  const [inputJson, expectedJson] = [encodeResult(input), encodeResult(expected)];
  const gotJson = got && encodeResult(got);
  return {
    input: inputJson.value,
    step: step ?? null,
    name,
    place: start ? { file: span.source.file, ...start } : null,
    position: at ?? null,
    expected: expectedJson.value,
    got: gotJson?.value ?? null,
    kinds: { input: inputJson.kinds!, expected: expectedJson.kinds!, got: gotJson?.kinds ?? null },
    steps: { expected: steps[0], got: steps[1] ?? null },
    firstWrong: firstWrong ? insideJson(firstWrong) : null,
  };
}

function insideJson({ name, span, layer, sublayer, position: at }: WrongSOp): Json {
  const place = span ? { file: span.source.file, ...position(span.source, span.start) } : null;
  return { name, place, layer, sublayer, position: at };
}
