/**
 * Diagnostics as text: the place as `file:line:column`, the message, the line with the span underlined, and what would help. The line
 * of marks keeps tabs as tabs and gives two marks to a character that is two columns wide.
 */
import type { Diagnostic, Note } from "./diagnostic.js";
import { position, type Span } from "./source.js";
import { columns, width } from "./width.js";

/** Renders a diagnostic, without a line break at the end. */
export function render({ code, class: kind, message, span, suggestion, notes }: Diagnostic): string {
  const lines = [`${place(span)}${kind === "warning" ? kind : "error"} ${code}: ${message}`, ...excerpt(span)];
  if (suggestion !== undefined) lines.push(`  help: ${suggestion}`);
  for (const note of notes ?? []) lines.push(...renderNote(note));
  return lines.join("\n");
}

const place = (span: Span | undefined): string => {
  if (!span) return "";
  const { line, column } = position(span.source, span.start);
  return `${span.source.file}:${line}:${column}: `;
};

const renderNote = ({ message, span }: Note): string[] => [
  `${span ? place(span) : "  "}note: ${message}`,
  ...excerpt(span),
];

/** The most characters of a line that are shown. */
const WIDEST = 120;

/** The first line of the span, cut to the part in which the span begins, and marks under the characters of the span. */
function excerpt(span: Span | undefined): string[] {
  if (!span) return [];
  const { text } = span.source;
  const start = text.lastIndexOf("\n", span.start - 1) + 1;
  const newline = text.indexOf("\n", span.start);
  const line = text.slice(start, newline < 0 ? text.length : newline).replace(/\r$/, "");
  const from = line.length > WIDEST ? Math.max(0, span.start - start - WIDEST / 2) : 0;
  const shown = line.slice(from, from + WIDEST);
  const [head, tail] = [from > 0 ? "…" : "", from + WIDEST < line.length ? "…" : ""];
  const before = head + shown.slice(0, span.start - start - from);
  const covered = shown.slice(span.start - start - from, Math.max(span.start, span.end) - start - from);
  const number = String(position(span.source, span.start).line);
  const indent = [...before].map((character) => (character === "\t" ? "\t" : " ".repeat(columns(character)))).join("");
  const marks = "^".repeat(Math.max(1, width(covered)));
  return [`  ${number} | ${head}${shown}${tail}`, `  ${" ".repeat(number.length)} | ${indent}${marks}`];
}
