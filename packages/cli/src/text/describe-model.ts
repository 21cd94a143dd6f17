/** A compiled model's sizes, as text and as JSON. */
import { printable } from "@selectron/core";
import { atomText, type Atom, type Certificate, type CompiledModel, type Json, type ModelStats } from "@selectron/rasp";

/** What is told of a certificate. */
interface Certified {
  readonly certificate: Certificate;
  readonly card: Pick<CompiledModel["card"], "precision" | "gpt2">;
}

export const tokensText = (tokens: readonly Atom[]): string =>
  tokens.map((token) => printable(atomText(token))).join(" ");

export function statsJson({ stats }: { readonly stats: ModelStats }): Readonly<Record<string, Json>> {
  const { layers, headsPerLayer, dModel, dHead, dFf, parameters, nonZeros } = stats;
  return { layers, headsPerLayer: [...headsPerLayer], dModel, dHead, dFf, parameters, nonZeros };
}

export function certificateJson({ certificate, card: { precision } }: Certified): Json {
  const { proved, provedWithin, provedUpTo, provedFor, worstMargin, where } = certificate;
  return {
    proved,
    provedWithin: provedWithin ?? null,
    provedUpTo: provedUpTo ?? null,
    lengths: [...provedFor.lengths],
    worstMargin: Number.isFinite(worstMargin) ? worstMargin : null,
    where,
    ...(precision === "float32" ? {} : { precision }),
  };
}

export function certificateText({ certificate, card }: CompiledModel): string {
  const { proved, provedWithin, provedUpTo, provedFor, worstMargin } = certificate;
  const where = printable(certificate.where);
  const [from, to] = provedFor.lengths;
  const every = card.scratchpad
    ? `all that it writes behind inputs of 1 to ${card.scratchpad.maxLength} tokens`
    : `every ${card.promise === undefined ? "" : "promised "}input of ${from} to ${to} tokens`;
  if (provedWithin !== undefined) {
    return (
      `not proved exactly: ${where}\n` +
      `proved up to float32: for ${every} no answer is further than ${provedWithin.toPrecision(2)} from the program's`
    );
  }
  const margin = marginText(certificate, card.gpt2 ? "a GPT-2 in float32" : card.precision);
  if (!Number.isFinite(worstMargin)) {
    return `proved for ${every}: there is nothing to round`;
  }
  if (proved) return `proved for ${every}: ${margin}`;
  const shorter = provedUpTo === undefined ? "" : `; for inputs of up to ${provedUpTo} tokens it is proved`;
  return `not proved: ${worstMargin === 0 ? where : margin}${shorter}`;
}

/** @param arithmetic - what rounds */
export function marginText({ worstMargin, where }: Certificate, arithmetic = "float32"): string {
  const times = worstMargin < 10 ? worstMargin.toPrecision(2) : Math.floor(worstMargin);
  return `the tightest decision (${printable(where)}) has ${times} times the margin that ${arithmetic} can use up`;
}

export function statsText({ stats }: { readonly stats: ModelStats }): string {
  const { layers, headsPerLayer, dModel, dHead, dFf, parameters, nonZeros } = stats;
  const heads = layers === 0 ? "" : `, heads per layer ${headsPerLayer.join(", ")}`;
  return [
    `layers ${layers}${heads}`,
    `d_model ${dModel}, d_head ${dHead}, d_ff ${dFf}`,
    `${parameters} parameters, ${nonZeros} of them not zero`,
  ].join("\n");
}
