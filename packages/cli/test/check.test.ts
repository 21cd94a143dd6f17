/** check as a user calls it. */
import { describe, expect, it } from "vitest";
import { selectron } from "./harness.js";

const files = {
  "hist.rasp": "hist = selector_width(select(tokens, tokens, ==));\nother = length;\n",
};
const binaries = new Map<string, Uint8Array>();
const call = (...args: string[]) => selectron(args, { files, binaries });
const compiled = ["hist.rasp", "--sop", "hist", "--vocab", "a,b", "--max-length", "4"];

describe("check", () => {
  it("follows a model with its program, and without", async () => {
    await call("compile", ...compiled, "-o", "m.safetensors");
    const { exitCode, out, err } = await call("check", "m.safetensors", "--program", "hist.rasp");
    expect([exitCode, err]).toEqual([0, ""]);
    expect(out.split("\n").slice(0, 1)).toEqual([
      "hist: the model is the program on every input of 1 to 4 tokens (each of 30 followed)",
    ]);
    expect(out).toMatch(/^ {2}margin 0\.5 {6}error \S+ +hist, layer 1, attention$/m);
    const alone = await call("check", "m.safetensors");
    expect(alone.exitCode).toBe(0);
    expect(alone.out).toMatch(/^hist: holds if the card's values are these: /);
  });

  it("says no where another s-op is asked for, and where it gives up", async () => {
    const other = await call("check", "m.safetensors", "--program", "hist.rasp", "--sop", "other", "--json");
    expect(other.exitCode).toBe(1);
    expect(JSON.parse(other.out)).toMatchObject({
      sop: "hist",
      verdict: "wrong",
      where: 'hist at position 0 of "a", "b" is not 2',
    });
    const stopped = await call("check", "m.safetensors", "--program", "hist.rasp", "--steps", "10");
    expect([stopped.exitCode, stopped.out.split("\n")[0]]).toEqual([
      1,
      "hist: cannot follow the model on every input of 1 to 4 tokens: the check takes more steps than it may",
    ]);
  });

  it.each([
    [["check", "m.safetensors", "--sop", "hist"], "--sop names an s-op of a program"],
    [["check", "m.safetensors", "--program", "hist.rasp", "--sop", "hist,other"], "the model has 1 outputs (hist)"],
    [["check", "m.safetensors", "--program", "hist.rasp", "--sop", "absent"], "absent"],
    [["check", "hist.rasp"], "hist.rasp"],
  ])("%j is bad input", async (args, message) => {
    const { exitCode, err } = await call(...args);
    expect([exitCode, err]).toEqual([2, expect.stringContaining(message)]);
  });

  it("takes no ONNX file", async () => {
    await call("compile", ...compiled, "-o", "m.onnx");
    const { exitCode, err } = await call("check", "m.onnx");
    expect([exitCode, err]).toEqual([2, expect.stringContaining("check takes a .safetensors file")]);
    expect(err).not.toContain("rename it");
  });
});
