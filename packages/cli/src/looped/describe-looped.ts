/** A looped model's sizes and certificate, as text and as JSON. */
import { printable } from "@selectron/core";
import type { Json, LoopedModel } from "@selectron/rasp";
import { certificateJson, marginText, statsJson, statsText } from "../text/describe-model.js";
import { counted } from "../text/words.js";

export function loopStatsJson(model: LoopedModel): Json {
  const { before, loop, after } = model.stats.loop;
  return { ...statsJson(model), before, loop, after };
}

export function loopStatsText(model: LoopedModel): string {
  const { before, loop, after } = model.stats.loop;
  const [layers, ...more] = statsText(model).split("\n");
  return [`${layers}`, `${counted(before, "layer")} before the loop, ${loop} in it, ${after} after it`, ...more].join(
    "\n",
  );
}

export const loopCertificateJson = ({ certificate: { proved, parts } }: LoopedModel): Json => ({
  proved,
  parts: parts.map((certificate) => certificateJson({ certificate, card: { precision: "float32" } })),
});

/** The tightest decision before the loop, in a step or after the loop. */
export function loopCertificateText({ certificate: { proved, parts }, maxLength }: LoopedModel): string {
  const tightest = parts.reduce((a, b) => (b.worstMargin < a.worstMargin ? b : a));
  if (!proved) {
    const failed = parts.find((part) => !part.proved) ?? tightest;
    return `not proved: ${failed.provedWithin === undefined ? marginText(failed) : printable(failed.where)}`;
  }
  const every = `every input of 1 to ${maxLength} tokens and every number of steps`;
  return `proved for ${every}: ${Number.isFinite(tightest.worstMargin) ? marginText(tightest) : "there is nothing to round"}`;
}
