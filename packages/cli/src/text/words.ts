/** Numbers in words. */
import { shortened } from "@selectron/core";
import { displaySequence, type Atom } from "@selectron/rasp";

/** `1 layer`, `2 layers`. */
export const counted = (n: number, thing: string): string => `${n} ${thing}${n === 1 ? "" : "s"}`;

/** A share between 0 and 1 as `12.3 %`. */
export const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)} %`;

/** For people. JSON has texts of any length. */
export const shownValues = (values: readonly Atom[]): string =>
  displaySequence(values.map((value) => (typeof value === "string" ? shortened(value, 1000) : value)));
