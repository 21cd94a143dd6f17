/** Rotary positions in the configurations of Hugging Face, whose newer versions write them as one object. */
import { jsonText } from "@selectron/core";
import type { RotaryScaling } from "../positions/rotary-tables.js";
import { ConfigFields, type Fields } from "./config-fields.js";
import type { Fail } from "./load-error.js";

/** The names of the fields. */
export const ROTARY_NAMES = {
  base: ["rope_theta", "rotary_emb_base"],
  share: ["rotary_pct", "partial_rotary_factor"],
  scaling: ["rope_scaling", "rope_parameters"],
} as const satisfies Record<string, readonly string[]>;

const KNOWN = new Set([
  ...["rope_type", "type", "factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"],
  ...["rope_theta", "partial_rotary_factor"],
]);

/** Base and scaling, from the configuration or from the object in it. */
export function rotaryOf(read: ConfigFields, fail: Fail): { readonly base: number; readonly scaling?: RotaryScaling } {
  const base = either(
    read,
    innerFields(read, fail),
    ROTARY_NAMES.base,
    10000,
    "a number, 1 or more",
    1 - 2 ** -53,
    Infinity,
    fail,
  );
  const scaling = scalingOf(read, fail);
  return { base, ...(scaling ? { scaling } : {}) };
}

/** The share of a head's columns that turn: above 0, up to 1. */
export const rotaryShare = (read: ConfigFields, fallback: number, fail: Fail): number =>
  either(read, innerFields(read, fail), ROTARY_NAMES.share, fallback, "above 0, up to 1", 0, 1 + 2 ** -52, fail);

/** A number of the configuration, or of the object in it. Where both have it, they agree. */
function either(
  outer: ConfigFields,
  inner: ConfigFields | undefined,
  names: readonly string[],
  fallback: number,
  what: string,
  least: number,
  most: number,
  fail: Fail,
): number {
  const values = [outer, inner]
    .filter((fields) => fields?.given(names))
    .map((fields) => fields!.amount(names, NaN, what, least, most));
  const [value = fallback, other = value] = values;
  if (value === other) return value;
  throw fail(
    `the configuration contradicts itself: ${names[0]} is ${value}, and in ${ROTARY_NAMES.scaling[1]} ${other}`,
  );
}

/** The fields of the object; undefined if there is none. */
function innerFields(read: ConfigFields, fail: Fail): ConfigFields | undefined {
  const given = read.given(ROTARY_NAMES.scaling);
  if (!given) return undefined;
  const { name, value } = given;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw fail(`the configuration's ${name} is ${jsonText(value)}; it must be an object`);
  }
  const unknown = Object.keys(value).find((key) => !KNOWN.has(key));
  if (unknown !== undefined) {
    throw fail(
      `the configuration's ${name} has ${jsonText(unknown)}, which is not known here and may make another model`,
    );
  }
  return new ConfigFields(value as Fields, fail);
}

function scalingOf(read: ConfigFields, fail: Fail): RotaryScaling | undefined {
  const inner = innerFields(read, fail);
  if (!inner) return undefined;
  const { name, value } = inner.given(["rope_type", "type"]) ?? { name: "rope_type", value: "default" };
  const factor = (names: readonly string[]): number => {
    if (!inner.given(names)) throw fail(`the configuration's ${ROTARY_NAMES.scaling[0]} does not give ${names[0]}`);
    return inner.amount(names, NaN, "a number above 0");
  };
  switch (value) {
    case "default":
      return undefined;
    case "linear":
      return { kind: "linear", factor: factor(["factor"]) };
    case "llama3": {
      const [lowFrequencyFactor, highFrequencyFactor] = [factor(["low_freq_factor"]), factor(["high_freq_factor"])];
      if (highFrequencyFactor <= lowFrequencyFactor) {
        throw fail(
          `the configuration's high_freq_factor is ${highFrequencyFactor}; it must be more than low_freq_factor, ${lowFrequencyFactor}`,
        );
      }
      return {
        kind: "llama3",
        factor: factor(["factor"]),
        lowFrequencyFactor,
        highFrequencyFactor,
        originalLength: inner.count(["original_max_position_embeddings"]),
      };
    }
    default:
      throw fail(`the configuration's ${name} is ${jsonText(value)}; supported are default, linear, llama3`);
  }
}
