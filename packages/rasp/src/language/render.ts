/**
 * Diagnostics as text: the place as `file:line:column`, the message, the line with the span underlined, and what would help. The line
 * of marks keeps tabs as tabs and gives two marks to a character that is two columns wide. What a terminal would obey is escaped.
 */
import { visible } from "@selectron/core";
import type { Diagnostic, Note } from "./diagnostic.js";
import { position, type Span } from "./source.js";
import { columns as columnsOf, width, wrap } from "./width.js";

/** Renders a diagnostic, without a line break at the end. Lines are as long as what they say. */
export const render = (diagnostic: Diagnostic): string => renderWithin(diagnostic);

/** Renders a diagnostic for a terminal of `columns` columns: lines end between words. */
export function renderWithin(
  { code, class: kind, message, span, suggestion, notes }: Diagnostic,
  columns = Infinity,
): string {
  const head = visible(`${place(span)}${kind === "warning" ? kind : "error"} ${code}: ${message}`);
  const lines = [...wrap(head, columns, "    "), ...excerpt(span, columns)];
  if (suggestion !== undefined) lines.push(...wrap(visible(`  help: ${suggestion}`), columns, "    "));
  for (const note of notes ?? []) lines.push(...renderNote(note, columns));
  return lines.join("\n");
}

const place = (span: Span | undefined): string => {
  if (!span) return "";
  const { line, column } = position(span.source, span.start);
  return `${span.source.file}:${line}:${column}: `;
};

const renderNote = ({ message, span }: Note, columns: number): string[] => [
  ...wrap(visible(`${span ? place(span) : "  "}note: ${message}`), columns, "    "),
  ...excerpt(span, columns),
];

/** The most and the fewest characters of a line that are shown. */
const [WIDEST, NARROWEST] = [120, 20];

/** The first line of the span, cut to the part in which the span begins, and marks under the characters of the span. */
function excerpt(span: Span | undefined, columns: number): string[] {
  if (!span) return [];
  const { text } = span.source;
  const start = text.lastIndexOf("\n", span.start - 1) + 1;
  const newline = text.indexOf("\n", span.start);
  const end = newline < 0 ? text.length : newline;
  const line = text.slice(start, text[end - 1] === "\r" && end > start ? end - 1 : end);
  const number = String(position(span.source, span.start).line);
  // Beside the line there are its number, "  " and " | ", and perhaps two ellipses.
  const widest = Math.max(NARROWEST, Math.min(WIDEST, columns - number.length - 7));
  const from = line.length > widest ? Math.max(0, span.start - start - Math.floor(widest / 2)) : 0;
  const shown = line.slice(from, from + widest);
  const [head, tail] = [from > 0 ? "…" : "", from + widest < line.length ? "…" : ""];
  const before = visible(head + shown.slice(0, span.start - start - from));
  const covered = visible(shown.slice(span.start - start - from, Math.max(span.start, span.end) - start - from));
  const indent = [...before]
    .map((character) => (character === "\t" ? "\t" : " ".repeat(columnsOf(character))))
    .join("");
  const marks = "^".repeat(Math.max(1, width(covered)));
  return [`  ${number} | ${head}${visible(shown)}${tail}`, `  ${" ".repeat(number.length)} | ${indent}${marks}`];
}
