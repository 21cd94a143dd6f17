/** How the compiler refuses a program: at the place of the s-op, with the reason and what would help. */
import { RaspError } from "../language/diagnostic.js";
import { position, textOf, type Span } from "../language/source.js";
import type { GraphNode } from "../language/graph/node.js";
import type { NamedOutput } from "./outputs.js";

/** The code of a refusal because float32 does not tell values apart: more weights may help. */
export const NOT_APART = "RASP4002";

/** @throws RaspError of class `compile` */
export function refuse(node: GraphNode | undefined, reason: string, remedy: string, code = "RASP4001"): never {
  throw refusal(node, reason, remedy, code);
}

/** The error that `refuse` throws. */
export function refusal(node: GraphNode | undefined, reason: string, remedy: string, code = "RASP4001"): RaspError {
  return new RaspError({
    code,
    class: "compile",
    message: `cannot compile${node ? nameOf(node) : ""}: ${reason}`,
    ...(node?.span ? { span: node.span } : {}),
    suggestion: remedy,
  });
}

/** The name of a node, or its text; nothing where it has neither. */
function nameOf(node: GraphNode): string {
  if (node.name !== undefined) return ` "${node.name}"`;
  return node.span ? ` \`${shortText(node.span)}\`` : "";
}

const NAMELESS = "cannot compile: ";

/** An error of a compile; a refusal of what has no name, such as a width that the compiler made, is one of the output. */
export function named(error: unknown, { name, sop }: NamedOutput): unknown {
  if (!(error instanceof RaspError) || !error.message.startsWith(NAMELESS)) return error;
  const message = `cannot compile "${name}": ${error.message.slice(NAMELESS.length)}`;
  return new RaspError({ ...error.diagnostic, message }, error.further).at(sop.span);
}

/** On one line, shortened. */
function shortText(span: Span): string {
  const text = textOf(span).replace(/\s+/g, " ");
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

/** A node of a program for people: its name, or its text, and where it is. */
export function describeNode(node: GraphNode): string {
  if (!node.span) return node.name ?? node.kind;
  const { source, start } = node.span;
  const { line, column } = position(source, start);
  return `${node.name ?? shortText(node.span)} (${source.file}:${line}:${column})`;
}
