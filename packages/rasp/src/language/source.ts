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

/** Where the lines of each source begin, so that many places in one text take no longer than the text. */
const lineStarts = new WeakMap<Source, readonly number[]>();

function startsOf(source: Source): readonly number[] {
  const known = lineStarts.get(source);
  if (known) return known;
  const starts = [0];
  for (let at = source.text.indexOf("\n"); at >= 0; at = source.text.indexOf("\n", at + 1)) starts.push(at + 1);
  lineStarts.set(source, starts);
  return starts;
}

/** The line and column of a UTF-16 offset. */
export function position(source: Source, offset: number): Position {
  const starts = startsOf(source);
  let [low, high] = [0, starts.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle;
  }
  return { line: low + 1, column: characters(source.text, starts[low]!, offset) + 1 };
}

/** How many characters (code points) are between two offsets: a pair of surrogates is one. */
function characters(text: string, start: number, end: number): number {
  let count = end - start;
  for (let i = start + 1; i < end; i++) {
    const isLow = (text.charCodeAt(i) & 0xfc00) === 0xdc00;
    if (isLow && (text.charCodeAt(i - 1) & 0xfc00) === 0xd800) count--;
  }
  return count;
}

/** The smallest span over both; `last` must not lie before `first`. */
export const cover = (first: Span, last: Span): Span => ({ source: first.source, start: first.start, end: last.end });

/** The text that a span covers. */
export const textOf = (span: Span): string => span.source.text.slice(span.start, span.end);
