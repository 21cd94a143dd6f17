/** What is wrong with a model file, or with an input of a model. */
import { readable } from "@selectron/core";

/** A model file that cannot be used. */
export class ModelFileError extends Error {
  readonly suggestion: string;

  constructor(message: string, suggestion: string) {
    super(readable(message));
    this.suggestion = suggestion;
    this.name = "ModelFileError";
  }
}

/** An input that the model does not take. */
export class ModelInputError extends Error {
  readonly suggestion: string;

  constructor(message: string, suggestion: string) {
    super(readable(message));
    this.suggestion = suggestion;
    this.name = "ModelInputError";
  }
}
