/** A model whose attention is not sharp, or whose values are too many to be a program's. */
export class NotHardError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "NotHardError";
  }
}
