/** The programs that mutations start from: the examples, those that show each diagnostic, and some that use much of the language. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { once } from "../kind.js";

/** The repository, from the sources as from what is built. */
function root(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "examples")) && folder !== dirname(folder)) folder = dirname(folder);
  return folder;
}

const MORE = [
  'l = [1, 2, tokens]; d = {"a": 1, "b": [2]}; x = d["a"] + l[0]; y = [i + 1 for i in range(4)]; p, q = indices, length;',
  "def f(a, b) { c = a + b; return c if c > 1 else -c; } z = f(indices, 1); for i in [1, 2, 3] { z = z * i; }",
  's = select(tokens, "a", ==) or select(tokens, "b", ==) and not select(indices, 3, <); w = selector_width(s); v = aggregate(s, indices);',
  'b = sort(tokens, tokens); h = count(tokens, "a"); r = round(length * aggregate(full_s, indicator(tokens == "a")));',
  'x = indices + 1; y = x / 2 ^ 2 % 4; b = best(select(tokens, tokens, ==), indices); n = tokens in ["a", "b"];',
  'set example "abcab"\nf = select(indices, indices, <=); g = aggregate(f, indicator(tokens == "a")); g("aab"); f; show example\n',
];

export interface NamedProgram {
  readonly name: string;
  readonly text: string;
}

const inFolder = (folder: string): NamedProgram[] =>
  readdirSync(join(root(), folder))
    .filter((file) => file.endsWith(".rasp"))
    .sort()
    .map((file) => ({ name: file, text: readFileSync(join(root(), folder, file), "utf8") }));

export const programs = once((): readonly NamedProgram[] => {
  const sound = [...inFolder("examples"), ...MORE.map((text, i) => ({ name: `more ${i + 1}`, text }))];
  const diagnostics = inFolder("packages/rasp/test/language/diagnostics");
  // Programs that run come as often as those with an error. Those of class 6 use up a limit, which is their whole point and takes long.
  return [...Array<typeof sound>(5).fill(sound).flat(), ...diagnostics.filter(({ name }) => !name.startsWith("RASP6"))];
});
