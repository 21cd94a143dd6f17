/** `--attention` of `selectron cost`: whether attention restricted to some keys suffices for a program. */
import { atomText, type Atom, type Json, type SelectorReach, type Span, type Sufficiency } from "@selectron/rasp";
import type { Restriction } from "@selectron/nn";
import { shortened } from "@selectron/core";
import { InvalidArgumentError } from "commander";
import { onOneLine, placeText } from "./files/place.js";

/** The restriction that `--attention` asks about. */
export interface AskedAttention {
  readonly text: string;
  readonly restriction: Restriction;
}

const FORMS =
  "window:4, strides:3x5 (5 keys to either side, 3 apart), powers, globals:2, or several with commas between";

/** The value of --attention. */
export function parseAttention(text: string): AskedAttention {
  let restriction: Restriction = {};
  for (const part of text.split(",")) {
    const [, name, first, second] = /^(window|globals|strides|powers)(?::(\d+)(?:x(\d+))?)?$/.exec(part) ?? [];
    const isWhole = name === "powers" ? !first : name === "strides" ? second : first && !second;
    if (name === undefined || !isWhole) throw new InvalidArgumentError(`There is no "${part}"; write ${FORMS}.`);
    const [n, count] = [Number(first), Number(second)];
    if (n > Number.MAX_SAFE_INTEGER || count > Number.MAX_SAFE_INTEGER) {
      throw new InvalidArgumentError(`"${shortened(part, 100)}" is too far.`);
    }
    if (name === "strides" && (n < 1 || count < 1)) throw new InvalidArgumentError(`"${part}" strides over nothing.`);
    restriction = { ...restriction, [name]: name === "powers" ? true : name === "strides" ? { by: n, count } : n };
  }
  return { text, restriction };
}

/** The inputs that the answer is about. */
export interface AskedInputs {
  readonly vocabulary: readonly Atom[];
  readonly maxLength: number;
  readonly causal: boolean;
}

const place = (span: Span | undefined): string => (span ? `  ${placeText(span)}: ` : "  ");

const nameOf = ({ selector }: Pick<SelectorReach, "selector">): string =>
  selector.name ?? (selector.span ? onOneLine(selector.span) : "a selector");

/** The answer in plain words. */
export function sufficiencyText(
  name: string,
  { text }: AskedAttention,
  { suffices, selectors, missed }: Sufficiency,
  { vocabulary, maxLength }: AskedInputs,
): string {
  const scope = `inputs of ${vocabulary.map(atomText).join(" ")} up to length ${maxLength}`;
  const verdict = suffices
    ? "suffices"
    : suffices === false
      ? "does not suffice"
      : "may not suffice: neither is proved";
  return [
    `${text} ${verdict} for ${name}, on ${scope}`,
    ...selectors.map((reach) => {
      const { before, after, selector } = reach;
      const far = before + after === 0 ? "only itself" : `up to ${before} before and ${after} after`;
      return `${place(selector.span)}${nameOf(reach)} selects ${far}${reach.suffices ? "" : ", more than is looked at"}`;
    }),
    ...(missed
      ? [
          `on ${missed.input.map(atomText).join(" ")}: ${nameOf(missed)} selects position ${missed.key} for position ${missed.query}, ` +
            "which does not look there",
        ]
      : []),
  ].join("\n");
}

/** The answer as JSON. */
export const sufficiencyJson = ({ text }: AskedAttention, { suffices, selectors, missed }: Sufficiency): Json => ({
  attention: text,
  suffices: suffices ?? null,
  selectors: selectors.map((reach) => ({
    selector: nameOf(reach),
    before: reach.before,
    after: reach.after,
    suffices: reach.suffices,
  })),
  missed: missed
    ? { selector: nameOf(missed), input: missed.input.map(atomText), query: missed.query, key: missed.key }
    : null,
});
