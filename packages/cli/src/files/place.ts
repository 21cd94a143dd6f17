/** Places in a program's text, for people. */
import { position, textOf, type Span } from "@selectron/rasp";

/** `file:line:column`, lines and columns counted from 1. */
export function placeText({ source, start }: Span): string {
  const { line, column } = position(source, start);
  return `${source.file}:${line}:${column}`;
}

/** The text of a span on one line. */
export const onOneLine = (span: Span): string => textOf(span).replace(/\s+/g, " ");
