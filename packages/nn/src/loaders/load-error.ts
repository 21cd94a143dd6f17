/** The error of everything that reads models of others. */
import { readable } from "@selectron/core";

/** A model that cannot be loaded, with the reason and a remedy. */
export class LoadError extends Error {
  override readonly name: string = "LoadError";

  constructor(message: string) {
    super(readable(message));
  }
}

/** Makes the error of a family of models. */
export type Fail = (message: string) => LoadError;
