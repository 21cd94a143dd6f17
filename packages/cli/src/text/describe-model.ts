/** A compiled model's sizes, as text and as JSON. */
import { printable } from "@selectron/core";
import { atomText, type Atom, type CompiledModel, type Json } from "@selectron/rasp";

export const tokensText = (tokens: readonly Atom[]): string =>
  tokens.map((token) => printable(atomText(token))).join(" ");

export function statsJson(model: CompiledModel): Json {
  const { layers, headsPerLayer, dModel, dHead, dFf, parameters, nonZeros } = model.stats;
  return { layers, headsPerLayer: [...headsPerLayer], dModel, dHead, dFf, parameters, nonZeros };
}

export function certificateJson({ certificate, card: { precision } }: CompiledModel): Json {
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
  const every = `every ${card.promise === undefined ? "" : "promised "}input of ${from} to ${to} tokens`;
  if (provedWithin !== undefined) {
    return (
      `not proved exactly: ${where}\n` +
      `proved up to float32: for ${every} no answer is further than ${provedWithin.toPrecision(2)} from the program's`
    );
  }
  const margin = `the tightest decision (${where}) has ${worstMargin < 10 ? worstMargin.toPrecision(2) : Math.floor(worstMargin)} times the margin that ${card.gpt2 ? "a GPT-2 in float32" : card.precision} can use up`;
  if (!Number.isFinite(worstMargin)) {
    return `proved for ${every}: there is nothing to round`;
  }
  if (proved) return `proved for ${every}: ${margin}`;
  const shorter = provedUpTo === undefined ? "" : `; for inputs of up to ${provedUpTo} tokens it is proved`;
  return `not proved: ${worstMargin === 0 ? where : margin}${shorter}`;
}

export function statsText(model: CompiledModel): string {
  const { layers, headsPerLayer, dModel, dHead, dFf, parameters, nonZeros } = model.stats;
  const heads = layers === 0 ? "" : `, heads per layer ${headsPerLayer.join(", ")}`;
  return [
    `layers ${layers}${heads}`,
    `d_model ${dModel}, d_head ${dHead}, d_ff ${dFf}`,
    `${parameters} parameters, ${nonZeros} of them not zero`,
  ].join("\n");
}
