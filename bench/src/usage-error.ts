/** What was asked for cannot be done: a message for the person who asked, without a stack. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
