/** What arguments of rasp's public functions must be; core's `checks` has the checks. */
import { checks } from "@selectron/core";
import { isSelector, type GraphNode, type SOp } from "./node.js";

const isNode = (value: unknown): value is GraphNode => {
  const { id, kind } = (value ?? {}) as { readonly id?: unknown; readonly kind?: unknown };
  return typeof id === "number" && typeof kind === "string";
};

export const anSOp: checks.Kind = {
  what: "an s-op, such as tokens or one that load(…).sop(…) gives",
  fits: (value) => isNode(value) && !isSelector(value),
};

export const aNode: checks.Kind = {
  what: "an s-op or a selector of a program",
  fits: isNode,
};

/** A string or an array of tokens; what the tokens are is checked where they are read. */
export const anInput: checks.Kind = {
  what: 'a string or an array of tokens, such as ["a", 1]',
  fits: (value) => typeof value === "string" || Array.isArray(value),
};

/** A value of RASP, floats of any size included. */
export const anAtom: checks.Kind = {
  what: "an atom: a number, a bigint, a string, a bool or null",
  fits: (value) => value === null || ["number", "bigint", "boolean", "string"].includes(typeof value),
};

/** A list of inputs. */
export const someInputs = checks.aList("an array of inputs", anInput);

/** A number from 0 up; Infinity where there is no limit. */
export const aLimit: checks.Kind = {
  what: "a number, 0 or more",
  fits: (value) => typeof value === "number" && value >= 0,
  isNumber: true,
};

/** How many inputs or samples are drawn; more than these do not end within a day. */
export const aRunLength = checks.anInteger(0, 2 ** 32);

/** @throws TypeError unless it is an s-op */
export function checkSOp(place: string, value: unknown): asserts value is SOp {
  checks.check(place, value, anSOp);
}
