/** How the compiler refuses a program: at the place of the s-op, with the reason and what would help. */
import { RaspError } from "../language/diagnostic.js";
import { position } from "../language/source.js";
import type { GraphNode } from "../language/graph/node.js";

/** The code of a refusal because float32 does not tell values apart: more weights may help. */
export const NOT_APART = "RASP4002";

/** @throws RaspError of class `compile` */
export function refuse(node: GraphNode | undefined, reason: string, remedy: string, code = "RASP4001"): never {
  throw refusal(node, reason, remedy, code);
}

/** The error that `refuse` throws. */
export function refusal(node: GraphNode | undefined, reason: string, remedy: string, code = "RASP4001"): RaspError {
  const name = node?.name === undefined ? "" : ` "${node.name}"`;
  return new RaspError({
    code,
    class: "compile",
    message: `cannot compile${name}: ${reason}`,
    ...(node?.span ? { span: node.span } : {}),
    suggestion: remedy,
  });
}

/** A node of a program for people: its name, or its text, and where it is. */
export function describeNode(node: GraphNode): string {
  if (!node.span) return node.name ?? node.kind;
  const { source, start, end } = node.span;
  const { line, column } = position(source, start);
  const text = source.text.slice(start, end).replace(/\s+/g, " ");
  const shown = node.name ?? (text.length > 40 ? `${text.slice(0, 39)}…` : text);
  return `${shown} (${source.file}:${line}:${column})`;
}
