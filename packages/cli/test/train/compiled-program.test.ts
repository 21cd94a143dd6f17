import { describe, expect, it } from "vitest";
import { selectron } from "../harness.js";

const files = { "hist.rasp": "hist = selector_width(select(tokens, tokens, ==));\n" };
const inputs = ["train", "hist.rasp", "--sop", "hist", "--vocab", "a,b,c", "--max-length", "4"];
const short = [...inputs, "--steps", "60", "--batch", "8", "-o", "run"];

describe("selectron train FILE --from-compiled", () => {
  it("mends a little noise, and says what is left of the program", async () => {
    const binaries = new Map<string, Uint8Array>();
    const ran = await selectron([...short, "--from-compiled", "--noise", "0.0002"], { files, binaries });
    expect([ran.exitCode, ran.out.split("\n").slice(0, -2)]).toEqual([
      0,
      [
        "hist: compiled, 1 layer, heads per layer 1, width 5, 148 parameters",
        "before the training 48.71 % of the positions are right, after it 100.00 %, and 100.00 % of the inputs",
        "verified: it gives the program's values on all of 1000 random inputs",
        "the compiled circuit in it: with all 10 edges outside cut, 0 of 120 inputs have other answers; of the 3 edges inside 0 can be cut alone",
      ],
    ]);
    const answer = await selectron(["run", "run/model.safetensors", "--input", "abba"], { binaries });
    expect(answer.out).toBe("[2]*4 (ints)\n");
    const again = await selectron([...short, "--from-compiled"], { files, binaries });
    expect([again.exitCode, again.err]).toEqual([2, expect.stringContaining("is of another training")]);
  });

  it("begins narrower models with --distill, and reports as JSON", async () => {
    const binaries = new Map<string, Uint8Array>();
    const distilled = [...short, "--distill", "--steps", "2", "--json"];
    const ran = await selectron(distilled, { files, binaries });
    expect(JSON.parse(ran.out)).toMatchObject({
      sop: "hist",
      steps: 2,
      reached: false,
      width: { compiled: 5, trained: 3 },
      verified: { inputs: 1000 },
      circuit: { inputs: 120, inside: 3, outside: 10 },
    });
    expect(ran.exitCode).toBe(1);
  });

  it.each([
    [["--noise", "0.1"], "--noise is for compiled weights"],
    [["--freeze", "embedding"], "--freeze is for compiled weights"],
    [["--from-compiled", "--distill"], "--distill begins with compiled weights as well"],
    [
      ["--from-compiled", "--supervise"],
      "--supervise is for drawn weights, and --from-compiled has those of the program",
    ],
    [["--from-compiled", "--width", "3"], "--width is for drawn weights, and --from-compiled has those of the program"],
    [["--distill", "--ffn", "3"], "--ffn is for drawn weights, and --distill has those of the program"],
    [["--distill", "--noise", "0.1"], "--noise is for compiled weights as they are, and --distill makes narrower ones"],
    [["--distill", "--width", "5"], "a width of 5 is not narrower than the compiled model, whose width is 5"],
    [
      ["--from-compiled", "--noise", "2"],
      "option '--noise <share>' argument '2' is invalid. It must be a number from 0 to 1.",
    ],
    [
      ["--from-compiled", "--freeze", "head"],
      "option '--freeze <parts>' argument 'head' is invalid. The parts are embedding, attention, feed-forward, unembedding, with commas between them.",
    ],
    [
      ["--from-compiled", "--freeze", "embedding,attention,feed-forward,unembedding"],
      "option '--freeze <parts>' argument 'embedding,attention,feed-forward,unembedding' is invalid. Something must be left to be trained.",
    ],
  ])("refuses %j", async (more, message) => {
    const { exitCode, err } = await selectron([...short, ...more], { files });
    expect([exitCode, err.split("\n")[0]]).toEqual([2, `error: ${message}`]);
  });

  it("is not for tasks, and says where a program does not compile", async () => {
    const task = await selectron(["train", "copy", "--from-compiled"]);
    expect(task.err).toContain("error: --from-compiled is for programs, and copy is a task with its own data\n");
    const soft = { "soft.rasp": "soft = argmax(attend(full_s, tokens));\n" };
    const ran = await selectron(
      ["train", "soft.rasp", "--sop", "soft", "--vocab", "a,b", "--max-length", "4", "--from-compiled"],
      { files: soft },
    );
    expect([ran.exitCode, ran.err.split("\n")[0]]).toEqual([2, expect.stringContaining("error RASP4")]);
  });
});
