import { describe, expect, it } from "vitest";
import { RaspError } from "../../src/language/diagnostic.js";
import { load } from "../../src/language/environment.js";
import { render } from "../../src/language/render.js";

function rendered(program: string, readFile?: (path: string) => string): string {
  try {
    load(program, { file: "p.rasp", ...(readFile ? { readFile } : {}) });
  } catch (error) {
    if (error instanceof RaspError) return render(error.diagnostic);
    throw error;
  }
  throw new Error("the program has no error");
}

describe("render", () => {
  it("shows the part of a long line around the error", () => {
    const lines = rendered(`x = ${"1 + ".repeat(100)}lenght + ${"1 + ".repeat(100)}1;`).split("\n");
    expect(lines[1]!.length).toBeLessThan(140);
    expect(lines[1]!.slice(lines[2]!.indexOf("^"), lines[2]!.lastIndexOf("^") + 1)).toBe("lenght");
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
