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
  'l = [1, 2, tokens]; d = {"a": 1, "b": [2]}; x = d["a"] + l[0]; y = [i + 1 for i in range(4)]; (p, q) = (indices, length);',
  "def f(a, b) { c = a + b; return c if c > 1 else -c; } z = f(indices, 1); for i in [1, 2, 3] { z = z * i; }",
  's = select(tokens, "a", ==) or select(tokens, "b", ==) and not select(indices, 3, <); w = selector_width(s); v = aggregate(s, indices, -1);',
  'b = sort(tokens, tokens); h = histf(tokens); r = round(length * average(indicator(tokens == "a")));',
  'x = tokens_int + 1; y = x / 2 ^ 3 % 4; b = best(select(tokens, tokens, ==), indices); m = mean(indices); n = "a" in ["a", "b"];',
];

export interface NamedProgram {
  readonly name: string;
  readonly text: string;
}

export const programs = once((): readonly NamedProgram[] => {
  const folders = ["examples", "packages/rasp/test/language/diagnostics"].map((folder) => join(root(), folder));
  const files = folders.flatMap((folder) =>
    readdirSync(folder)
      // Those of class 6 use up a limit, which is their whole point and takes long.
      .filter((file) => file.endsWith(".rasp") && !file.startsWith("RASP6"))
      .sort()
      .map((file) => ({ name: file, text: readFileSync(join(folder, file), "utf8") })),
  );
  return [...files, ...MORE.map((text, i) => ({ name: `more ${i + 1}`, text }))];
});
