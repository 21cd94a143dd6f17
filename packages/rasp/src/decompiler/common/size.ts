/** The size of a program as it stands in its text. */

/** The numbers that stand in a text: all that are no part of a name or of a string, keys of tables included. */
export function numbersIn(text: string): number {
  const code = text.replace(/"(?:[^"\\]|\\.)*"/g, '""').replace(/#.*$/gm, "");
  return code.match(/(?<![\w.])\d+(?:\.\d+)?/g)?.length ?? 0;
}
