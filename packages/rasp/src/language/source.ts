/** Program texts and places in them. */

/** A named program text. */
export interface Source {
  /** The file's path, or a name in angle brackets such as `<expr>`. */
  readonly file: string;
  readonly text: string;
}

/** A half-open range of UTF-16 offsets in a source. */
export interface Span {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

/** A place as people count: lines and columns from 1, columns in characters (code points). */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The line and column of a UTF-16 offset. */
export function position(source: Source, offset: number): Position {
  const before = source.text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: [...before.slice(lineStart)].length + 1 };
}

/** The smallest span over both; `last` must not lie before `first`. */
export const cover = (first: Span, last: Span): Span => ({ source: first.source, start: first.start, end: last.end });

/** The text that a span covers. */
export const textOf = (span: Span): string => span.source.text.slice(span.start, span.end);
