/** Nodes and diagnostics of the program as the plain data of the protocol. */
import { nodeLabel, position, type Diagnostic, type GraphNode, type Span } from "@selectron/rasp";
import type { Problem, Range } from "./problem.js";

/** The name of the program as a source. */
export const PROGRAM = "program";

/** The place in the program; undefined for what the library or the language wrote. */
export const rangeOf = (span: Span | undefined): Range | undefined =>
  span?.source.file === PROGRAM ? { start: span.start, end: span.end } : undefined;

/** The same as a property that may be absent. */
export function ranged(span: Span | undefined): { readonly range?: Range } {
  const range = rangeOf(span);
  return range ? { range } : {};
}

/** The line of the program, from 1; 0 for what it did not write. */
export const lineOf = (span: Span | undefined): number =>
  span?.source.file === PROGRAM ? position(span.source, span.start).line : 0;

const LONGEST_LABEL = 48;

/** A node's name or text, cut in the middle where it is long. */
export function label(node: GraphNode): string {
  const text = nodeLabel(node);
  return text.length <= LONGEST_LABEL ? text : `${text.slice(0, 30)} … ${text.slice(-14)}`;
}

export function problemOf({ code, class: kind, message, span, suggestion, fix, notes }: Diagnostic): Problem {
  const edit = fix && rangeOf(fix.span);
  return {
    code,
    severity: kind === "warning" ? "warning" : "error",
    message,
    ...ranged(span),
    // What a limit's error suggests is an option of the library, which the page has set.
    ...(suggestion === undefined || kind === "limit" ? {} : { suggestion }),
    ...(fix && edit ? { fix: { ...edit, text: fix.text } } : {}),
    notes: (notes ?? []).map((note) => note.message),
  };
}
