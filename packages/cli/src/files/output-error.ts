/** Standard output or standard error that takes no more: a full disk, not a closed pipe. */
export class OutputError extends Error {
  readonly suggestion = "make room, or send the output elsewhere; the result is not whole";

  /** @param stream - the name of the stream, for people */
  constructor(stream: string, reason: string) {
    super(`cannot write to ${stream}: ${reason}`);
    this.name = "OutputError";
  }
}

/** Standard output whose reader has gone, as after `| head`: whoever asked wants no more, which is no error. */
export class ClosedOutput extends Error {
  override readonly name = "ClosedOutput";
}
