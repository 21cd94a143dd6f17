/** `selectron cost`: layers, heads per layer, the line that forces each head, and whether less attention would do. */
import {
  cost,
  costAdvice,
  position,
  sufficiency,
  textOf,
  type Atom,
  type Cost,
  type Json,
  type LoopCost,
  type Span,
} from "@selectron/rasp";
import type { Command } from "commander";
import { checkDistinct, parseVocabulary, wholeNumber } from "../compile-options.js";
import { ExitCode, UsageError, type Context } from "../context.js";
import { onOneLine, placeText } from "../files/place.js";
import { counted } from "../text/words.js";
import { runProgram } from "../files/program-file.js";
import {
  parseAttention,
  sufficiencyJson,
  sufficiencyText,
  type AskedAttention,
  type AskedInputs,
} from "../restricted-cost.js";

/** Adds the command. */
export function registerCost(program: Command, context: Context): void {
  program
    .command("cost")
    .description("layers and heads of an s-op, and which line forces each")
    .argument("<file>", "the RASP program; - reads standard input")
    .requiredOption("--sop <name>", "the s-op")
    .option("--attention <keys>", "does attention to these keys suffice: window:4, globals:1, ...", parseAttention)
    .option("--vocab <tokens>", "for --attention: the tokens of the inputs", parseVocabulary)
    .option("--max-length <n>", "for --attention: the longest input", wholeNumber(1, 4096))
    .option("--causal", "for --attention: no position looks at a later one")
    .option("--json", "one JSON object on standard output")
    .action((file: string, options: CostOptions) => {
      const { sop: name, attention, json } = options;
      const inputs = askedInputs(options);
      const sop = runProgram(context, file, inputs?.vocabulary).sop(name);
      const costs = cost(sop);
      const answer = attention && inputs && sufficiency(sop, attention.restriction, inputs);
      if (answer && !answer.suffices) context.exitCode = ExitCode.No;
      if (json) {
        const restricted = answer ? { restricted: sufficiencyJson(attention, answer) } : {};
        context.printJson({ ...asJson(name, costs), ...restricted });
      } else {
        context.print(costText(name, costs));
        if (answer) context.print(sufficiencyText(name, attention, answer, inputs));
      }
    });
}

interface CostOptions {
  readonly sop: string;
  readonly attention?: AskedAttention;
  readonly vocab?: readonly Atom[];
  readonly maxLength?: number;
  readonly causal?: boolean;
  readonly json?: boolean;
}

/** The inputs that --attention asks about; `undefined` without it. @throws UsageError */
function askedInputs({
  attention,
  vocab: vocabulary,
  maxLength,
  causal = false,
}: CostOptions): AskedInputs | undefined {
  if (!attention) {
    if (!vocabulary && maxLength === undefined && !causal) return undefined;
    throw new UsageError("--vocab, --max-length and --causal go with --attention", "for example --attention window:4");
  }
  if (!vocabulary || maxLength === undefined) {
    throw new UsageError("--attention needs --vocab and --max-length", "for example --vocab a,b,c --max-length 8");
  }
  checkDistinct(vocabulary);
  return { vocabulary, maxLength, causal };
}

/** A place as JSON. */
const place = (span: Span | undefined): Json =>
  span ? { file: span.source.file, ...position(span.source, span.start), text: textOf(span) } : null;

function asJson(sop: string, cost: Cost): Record<string, Json> {
  const { layers, headsPerLayer, reasons, chain, loops } = cost;
  const { headsPerLayer: merged, advice } = costAdvice(cost);
  return {
    sop,
    layers,
    headsPerLayer,
    reasons: reasons.map((reason) => ({
      layer: reason.layer,
      selector: reason.head.name ?? null,
      aggregates: reason.aggregates.length,
      place: place(reason.span),
    })),
    chain: chain.map(({ layer, aggregate, span }) => ({ layer, sop: aggregate.name ?? null, place: place(span) })),
    loops: loops.map(({ loop, first, last, limit, span }) => ({
      states: loop.states.map(({ name }) => name ?? null),
      first,
      last,
      limit,
      place: place(span),
    })),
    merged: { headsPerLayer: merged },
    advice: advice.map(({ span, ...said }) => ({ ...said, place: place(span) })),
  };
}

/** The cost of an s-op as text. */
export function costText(sop: string, cost: Cost): string {
  const { layers, headsPerLayer, reasons, chain, loops } = cost;
  const lines = [
    `${sop}: ${counted(layers, "layer")}${layers === 0 ? "" : `, heads per layer ${headsPerLayer.join(", ")}`}`,
  ];
  const byLayer = new Map<number, Cost["reasons"][number][]>();
  for (const reason of reasons) {
    const layer = byLayer.get(reason.layer);
    if (layer) layer.push(reason);
    else byLayer.set(reason.layer, [reason]);
  }
  for (let layer = 1; layer <= layers; layer++) {
    lines.push(`layer ${layer}, ${counted(headsPerLayer[layer - 1]!, "head")}:`);
    for (const { head, aggregates, span } of byLayer.get(layer) ?? []) {
      lines.push(placed(span, `${counted(aggregates.length, "aggregate")} of ${head.name ?? "a selector"}`));
    }
  }
  if (layers > 1) {
    lines.push(`${counted(layers, "layer")}, since each of these needs the one before:`);
    for (const { layer, aggregate, span } of chain) {
      lines.push(placed(span, `layer ${layer}${aggregate.name === undefined ? "" : `, ${aggregate.name}`}`));
    }
  }
  return [...lines, ...loops.map(loopText), ...adviceText(cost)].join("\n");
}

/** Which layers a loop repeats, and what comes before and after them. */
function loopText({ first, last, limit, span }: LoopCost): string {
  const layers = first === last ? `layer ${first}` : `layers ${first} to ${last}`;
  const what = last < first ? "a loop without attention" : `${layers}: the body of a loop, counted once`;
  return placed(span, `${what}; an input takes at most ${counted(limit, "step")}`).trimStart();
}

/** The heads after merging, beside the original's count above, and known cheaper forms. */
function adviceText(cost: Cost): string[] {
  const { headsPerLayer, advice } = costAdvice(cost);
  if (advice.length === 0) return [];
  const merges = headsPerLayer.some((heads, i) => heads < cost.headsPerLayer[i]!);
  return [
    ...(merges ? [`merged: heads per layer ${headsPerLayer.join(", ")}; the original counts each selector apart`] : []),
    "could be cheaper:",
    ...advice.map(({ layer, message, span }) => placed(span, `layer ${layer}: ${message}`, false)),
  ];
}

/** A line with its place and, with `withSource`, the source text. */
function placed(span: Span | undefined, what: string, withSource = true): string {
  if (!span) return `  ${what}`;
  const source = withSource ? `: ${onOneLine(span)}` : "";
  return `  ${placeText(span)}: ${what}${source}`;
}
