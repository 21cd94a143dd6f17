/** Thrown where a model cannot be read as a program: the attention of a head is not sharp, or a value has no form in RASP. */
export class NotHardError extends Error {
  override readonly name = "NotHardError";
}
