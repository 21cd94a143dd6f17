import { readable } from "@selectron/core";

/** An input that cannot be decompiled; the message says what is wrong with it and where. */
export class DecompileError extends Error {
  override readonly name = "DecompileError";

  constructor(message: string) {
    super(readable(message));
  }
}
