/** Where things stand in a program text. */

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
