/** Names for tokens that no literal of RASP can have: its strings have no escapes. */

/** A token that a program names otherwise, and its name there. */
export interface Renamed {
  readonly token: string;
  readonly name: string;
}

/** What stands for a character that no string of RASP has. */
const STAND_INS: Readonly<Record<string, string>> = { '"': "”", "\n": "␊", "\r": "␍" };

/** The tokens as programs can name them, all different if the tokens are, and those that had to be renamed. */
export function writable(tokens: readonly string[]): { readonly names: string[]; readonly renamed: Renamed[] } {
  const taken = new Set(tokens);
  const names = tokens.map((token) => {
    let name = token.replace(/["\n\r]/g, (character) => STAND_INS[character]!);
    if (name === token) return token;
    while (taken.has(name)) name += "′";
    taken.add(name);
    return name;
  });
  const renamed = tokens.flatMap((token, i) => (names[i] === token ? [] : [{ token, name: names[i]! }]));
  return { names, renamed };
}
