/**
 * Every code has a fixture in `diagnostics/`: a program, and beside it, verbatim, all its diagnostics. `REFRESH=1 npx vitest run
 * --project rasp diagnostics` rewrites the renderings, to be read before they are committed.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { compile, load } from "../../src/index.js";
import { errors, RaspError, warnings, type Diagnostic, type Fix } from "../../src/language/diagnostic.js";
import { Environment } from "../../src/language/environment.js";
import { render } from "../../src/language/render.js";

const folder = fileURLToPath(new URL("diagnostics/", import.meta.url));
const fixtures = readdirSync(folder)
  .filter((file) => file.endsWith(".rasp"))
  .map((file) => file.replace(".rasp", ""));

/** All diagnostics of a program, warnings first as in the command. Programs whose names end in "causal" are also compiled. */
function diagnose(program: string, file: string): Diagnostic[] {
  const environment = new Environment();
  const found: Diagnostic[] = [];
  try {
    environment.run(program, file);
    if (file.endsWith("-causal.rasp")) found.push(...causalWarnings(program, file));
  } catch (error) {
    if (!(error instanceof RaspError)) throw error;
    found.push(error.diagnostic, ...error.further);
  }
  return [...environment.takeWarnings(), ...found];
}

/** The diagnostics of each fixture, computed once, because some take a while. */
const said = new Map<string, Diagnostic[]>();
const diagnosesOf = (name: string): Diagnostic[] =>
  said.get(name) ?? said.set(name, diagnose(programOf(name), `${name}.rasp`)).get(name)!;
const programOf = (name: string): string => readFileSync(`${folder}${name}.rasp`, "utf8");

/** The warnings of a causal compile of the s-op `result`. */
const causalWarnings = (program: string, file: string): readonly Diagnostic[] =>
  compile(load(program, { file }).sop("result"), { vocabulary: "abc", maxLength: 4, causal: true }).warnings;

const apply = (program: string, { span, text }: Fix): string =>
  program.slice(0, span.start) + text + program.slice(span.end);

describe("diagnostics", () => {
  it.each(fixtures)("%s", (name) => {
    const text = `${diagnosesOf(name).map(render).join("\n\n")}\n`;
    const expected = `${folder}${name}.txt`;
    if (process.env["REFRESH"] || !existsSync(expected)) writeFileSync(expected, text);
    expect(text).toBe(readFileSync(expected, "utf8"));
    if (name.startsWith("RASP")) expect(text).toContain(name.slice(0, 8));
  });

  it("cover every code, as docs/language.md does", () => {
    const reference = readFileSync(fileURLToPath(new URL("../../../../docs/language.md", import.meta.url)), "utf8");
    const codes = [
      ...Object.values(errors).map((make) => make("").diagnostic.code),
      ...Object.values(warnings).map((make) => make("").code),
    ];
    expect(codes.filter((code) => !reference.includes(`| ${code} |`))).toEqual([]);
    const covered = new Set(fixtures.map((name) => name.slice(0, 8)));
    expect(codes.filter((code) => !covered.has(code))).toEqual([]);
    expect(new Set(codes).size).toBe(codes.length);
  });

  it("are fixed by their fixes", () => {
    let fixes = 0;
    for (const name of fixtures) {
      const program = programOf(name);
      const before = diagnosesOf(name);
      for (const { code, fix } of before) {
        if (!fix) continue;
        fixes++;
        const after = diagnose(apply(program, fix), `${name}.rasp`);
        const count = (found: readonly Diagnostic[]): number => found.filter((other) => other.code === code).length;
        expect(count(after), `${name}: ${code} after "${fix.text}"`).toBeLessThan(count(before));
      }
    }
    expect(fixes).toBeGreaterThan(30);
  });
});
