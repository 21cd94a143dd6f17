import { describe, expect, it } from "vitest";
import { RaspError, type Diagnostic } from "../../src/language/diagnostic.js";
import { load } from "../../src/language/environment.js";
import { render, renderWithin } from "../../src/language/render.js";

function errorOf(program: string, readFile?: (path: string) => string): Diagnostic {
  try {
    load(program, { file: "p.rasp", ...(readFile ? { readFile } : {}) });
  } catch (error) {
    if (error instanceof RaspError) return error.diagnostic;
    throw error;
  }
  throw new Error("the program has no error");
}

const rendered = (...[program, readFile]: Parameters<typeof errorOf>): string => render(errorOf(program, readFile));

describe("render", () => {
  it("shows the part of a long line around the error", () => {
    const lines = rendered(`x = ${"1 + ".repeat(100)}lenght + ${"1 + ".repeat(100)}1;`).split("\n");
    expect(lines[1]!.length).toBeLessThan(140);
    expect(lines[1]!.slice(lines[2]!.indexOf("^"), lines[2]!.lastIndexOf("^") + 1)).toBe("lenght");
  });

  it("breaks lines between words where a terminal is narrow, and cuts the source line to it", () => {
    const long = `x = ${"1 + ".repeat(60)}count(1, 2) + ${"1 + ".repeat(20)}1;`;
    const error = errorOf(long);
    const whole = render(error);
    for (const columns of [40, 60, 90, 119, 200]) {
      const lines = renderWithin(error, columns).split("\n");
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
      // Apart from where lines end, the text is the same.
      const words = (text: string): string[] => text.split(/\s+/).filter((word) => /^[a-z(),]+$/i.test(word));
      expect(words(lines.join("\n"))).toEqual(words(whole));
      const at = lines.findIndex((line) => /^ +\| +\^+$/.test(line));
      expect(lines[at - 1]!.slice(lines[at]!.indexOf("^"))).toMatch(/^count\(1, 2\)/);
    }
  });

  it("escapes what a terminal would obey, and marks the place in what is seen", () => {
    const text = rendered('x = "\u001b[31m\u202e"; \u0007y = 1;');
    expect(text).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
    const [head, line, marks] = text.split("\n");
    expect(head).toBe('p.rasp:1:15: error RASP1001: unexpected character "\\x07"');
    expect(line).toBe('  1 | x = "\\x1b[31m\\u202e"; \\x07y = 1;');
    expect(line!.slice(marks!.indexOf("^"), marks!.lastIndexOf("^") + 1)).toBe("\\x07");
  });

  it("reports endless recursion, with each call that led to it once", () => {
    const text = rendered("def loop(n) {\n  return loop(n + 1);\n}\nloop(0);");
    expect(text).toContain("error RASP2005: this evaluation is nested too deeply");
    expect(text.match(/note: called from here: loop/g)).toHaveLength(2);
  });

  it("places an error of a loaded file in that file", () => {
    const text = rendered('load "lib";', () => "x = 1;\ny = zz;\n");
    expect(text).toContain('lib.rasp:2:5: error RASP2001: "zz" is not defined');
  });
});
