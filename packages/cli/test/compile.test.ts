/** compile, run and verify as a user calls them. Process and files are real where the test is about them. */
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { nodeIo, run } from "../src/index.js";
import { withMetadata } from "../../../test/model-mutations.js";
import { selectron } from "./harness.js";

const files = {
  "reverse.rasp": "flip = select(indices, length - 1 - indices, ==);\nreverse = aggregate(flip, tokens);\n",
  "plus.rasp": 'plus_at = aggregate(select(tokens, "+", ==), indices);\n',
  "numbers.rasp": "tokens = tokens_int;\ntwice = tokens * 2;\n",
  "hist.rasp": "same = select(tokens_asis, tokens_asis, ==);\nhist = selector_width(same);\n",
  "means.rasp": 'b = select(indices, indices, <=);\nr = aggregate(b, aggregate(b, indicator(tokens == "a")));\n',
  "explodes.rasp": "big = aggregate(select(indices, indices, <=), tokens_float);\n",
};
const binaries = new Map<string, Uint8Array>();
const call = (...args: string[]) => selectron(args, { files, binaries });
const reverse = ["reverse.rasp", "--sop", "reverse", "--vocab", "a,b,c", "--max-length", "5"];

describe("compile and run", () => {
  it("the model runs without its program", async () => {
    const compiled = await call("compile", ...reverse, "-o", "m.safetensors", "--json");
    expect(compiled).toMatchObject({ exitCode: 0, err: "" });
    expect(JSON.parse(compiled.out)).toMatchObject({ output: "m.safetensors", sop: "reverse", stats: { layers: 2 } });
    const alone = await selectron(["run", "m.safetensors", "--input", "abcca"], { binaries });
    expect(alone).toEqual({ exitCode: 0, out: "[a, c, c, b, a] (strings)\n", err: "" });
    const json = await selectron(["run", "m.safetensors", "--input", "ab", "--json"], { binaries });
    expect(JSON.parse(json.out)).toEqual({ sop: "reverse", value: ["b", "a"], kinds: "ss" });
  });

  it("a promise is in the model, and an input that breaks it is told", async () => {
    const promise = 'selector_width(select(tokens, "+", ==)) == 1';
    const promised = ["plus.rasp", "--sop", "plus_at", "--vocab", "0,1,+", "--max-length", "4", "--promise", promise];
    const compiled = await call("compile", ...promised, "-o", "plus.safetensors");
    expect(compiled.out).toContain("proved for every promised input of 1 to 4 tokens");
    const ask = (input: string, ...how: string[]) =>
      selectron(["run", "plus.safetensors", "--input", input, ...how], { binaries });
    expect(await ask("01+")).toEqual({ exitCode: 0, out: "[2]*3 (ints)\n", err: "" });
    expect((await ask("0++")).err).toContain("warning: this input breaks the promise");
    expect(JSON.parse((await ask("0++", "--json")).out)).toMatchObject({ promised: false });
    const verified = await call("verify", ...promised, "--exhaustive");
    expect(verified.out).toBe(
      "plus_at: the model agrees with the program on all 49 promised inputs of 1 to 4 tokens.\n" +
        "checked from the weights: cannot follow the model on every input of 1 to 4 tokens: the file has a promise on its inputs, which is not followed\n",
    );
    const selector = await call("verify", ...promised.with(-1, 'select(tokens, "+", ==)'), "--exhaustive");
    expect(selector).toMatchObject({ exitCode: 2, err: expect.stringContaining("is no s-op") as unknown });
  });

  it("several s-ops share a model", async () => {
    const both = ["hist.rasp", "--sop", "hist,tokens_asis", "--vocab", "a,b", "--max-length", "4"];
    expect(await call("compile", ...both, "-o", "two.safetensors")).toMatchObject({ exitCode: 0, err: "" });
    const ran = await selectron(["run", "two.safetensors", "--input", "aab"], { binaries });
    expect(ran.out).toBe("hist = [2, 2, 1] (ints)\ntokens_asis = [a, a, b] (strings)\n");
    const json = await selectron(["run", "two.safetensors", "--input", "aab", "--json"], { binaries });
    expect(JSON.parse(json.out)).toEqual({
      outputs: [
        { sop: "hist", value: [2, 2, 1], kinds: "iii" },
        { sop: "tokens_asis", value: ["a", "a", "b"], kinds: "sss" },
      ],
    });
    const traced = await call("run", "two.safetensors", "--input", "aab", "--trace", "--program", "hist.rasp");
    expect(traced.out).toContain("hist");
    expect((await call("verify", ...both, "--exhaustive")).out).toBe(
      "hist,tokens_asis: the model agrees with the program on all 30 inputs of 1 to 4 tokens.\n" +
        "checked from the weights: the model is the program on every input of 1 to 4 tokens (each of 30 followed)\n",
    );
    const twice = await call("compile", "hist.rasp", "--sop", "hist,hist", ...both.slice(3), "-o", "x.safetensors");
    expect([twice.exitCode, twice.err]).toEqual([
      2,
      "error: s-op hist is asked for twice\n  help: name each s-op once\n",
    ]);
  });

  it("writes ONNX, which also runs without its program", async () => {
    expect(await call("compile", ...reverse, "-o", "m.onnx")).toMatchObject({ exitCode: 0, err: "" });
    const text = new TextDecoder("latin1").decode(binaries.get("m.onnx"));
    for (const part of ["selectron-model", '"vocabulary":[["string","a"]', "tokens", "logits", "classes"]) {
      expect(text).toContain(part);
    }
    expect((await call("run", "m.onnx", "--input", "abcca")).out).toBe("[a, c, c, b, a] (strings)\n");
    binaries.set("damaged.onnx", binaries.get("m.onnx")!.subarray(0, 900));
    const damaged = await call("run", "damaged.onnx", "--input", "a");
    expect([damaged.exitCode, damaged.err]).toEqual([2, expect.stringContaining("no ONNX file, or a damaged one")]);
  });

  it("makes decoders, which generate tokens", async () => {
    const causal = ["hist.rasp", "--sop", "hist", "--vocab", "[1,2,3]", "--max-length", "5", "--causal"];
    const compiled = await call("compile", ...causal, "-o", "d.safetensors", "--json");
    expect(compiled.exitCode).toBe(0);
    expect(compiled.err).toContain("hist.rasp:2:8: warning RASP7011: this selector looks ahead");
    expect(JSON.parse(compiled.out)).toMatchObject({ causal: true, warnings: [{ code: "RASP7011" }] });
    expect((await call("run", "d.safetensors", "--input", "[1,1,2,1]")).out).toBe("[1, 2, 1, 3] (ints)\n");
    expect((await call("eval", "hist.rasp", "--sop", "hist", "--causal", "--input", "[1,1,2,1]")).out).toBe(
      "[1, 2, 1, 3] (ints)\n",
    );
    expect(JSON.parse((await call("verify", ...causal, "--exhaustive", "--json")).out)).toMatchObject({ ok: true });
    const written = await call("run", "d.safetensors", "--input", "[1]", "--generate", "3", "--json");
    expect(JSON.parse(written.out)).toEqual({ sop: "hist", value: [1, 2, 1], kinds: "iii", ended: "length" });
    // The end of the context of 5 keeps what was written, and a prompt beyond it is refused with both numbers.
    const whole = await call("run", "d.safetensors", "--input", "[1]", "--generate", "50", "--json");
    expect([whole.exitCode, JSON.parse(whole.out)]).toMatchObject([0, { ended: "context" }]);
    const beyond = await call("run", "d.safetensors", "--input", "[1,1,1,1,1,1]", "--generate", "3");
    expect([beyond.exitCode, beyond.out]).toEqual([2, ""]);
    expect(beyond.err).toMatch(/^error: .*\b6\b.*\b5\b/);
    await call("compile", ...reverse, "-o", "m.safetensors");
    expect(await call("run", "m.safetensors", "--input", "a", "--generate", "3")).toMatchObject({
      exitCode: 2,
      err: "error: this model is no decoder: its positions see later ones\n  help: compile the program with --causal\n",
    });
  });

  it("traces a model beside its program", async () => {
    await call("compile", ...reverse, "-o", "m.safetensors");
    const traced = await call(
      "run",
      "m.safetensors",
      "--input",
      "abc",
      "--trace",
      "--program",
      "reverse.rasp",
      "--json",
    );
    const { steps } = JSON.parse(traced.out) as {
      steps: { sops: { name: string; decoded: unknown; agrees: boolean }[] }[];
    };
    expect(steps.at(-1)!.sops.at(-1)).toMatchObject({ name: "reverse", decoded: ["c", "b", "a"], agrees: true });
    expect(await call("run", "m.safetensors", "--input", "abc", "--trace")).toMatchObject({
      exitCode: 2,
      err: "error: --trace needs the program, which names the s-ops\n  help: add --program FILE.rasp\n",
    });
    const other = { "other.rasp": 'reverse = shift(tokens, 1, "a");\n' };
    const wrong = await selectron(["run", "m.safetensors", "--input", "abc", "--trace", "--program", "other.rasp"], {
      files: other,
      binaries,
    });
    expect([wrong.exitCode, wrong.err]).toEqual([
      2,
      expect.stringContaining("is not what this model was compiled from"),
    ]);
  });

  it("takes a vocabulary of numbers", async () => {
    const args = ["numbers.rasp", "--sop", "twice", "--vocab", "[1,2,-3]", "--max-length", "3", "-o", "n.safetensors"];
    expect(await call("compile", ...args)).toMatchObject({ exitCode: 0 });
    expect((await call("run", "n.safetensors", "--input", "[-3,2]")).out).toBe("[-6, 4] (ints)\n");
  });

  it("draws the attention of the heads", async () => {
    await call("compile", ...reverse, "-o", "m.safetensors");
    const { out } = await call("run", "m.safetensors", "--input", "ab", "--attention");
    expect(out).toContain("layer 2, head 1: reverse\n     BOS   a   b\n   a   ·   ·   █\n   b   ·   █   ·\n");
  });
});

describe("verify", () => {
  it("says yes as text and as JSON", async () => {
    expect(await call("verify", ...reverse, "--exhaustive")).toEqual({
      exitCode: 0,
      out:
        "reverse: the model agrees with the program on all 363 inputs of 1 to 5 tokens.\n" +
        "checked from the weights: the model is the program on every input of 1 to 5 tokens (each of 363 followed)\n",
      err: "",
    });
    const { out } = await call("verify", ...reverse, "--runs", "20", "--seed", "4", "--json");
    expect(JSON.parse(out)).toMatchObject({ ok: true, exhaustive: false, inputs: 20, withoutValue: 0 });
  });

  it("says where means are right up to float32, and what compile proves of them", async () => {
    const means = ["means.rasp", "--sop", "r", "--vocab", "a,b", "--max-length", "7"];
    expect(await call("verify", ...means, "--exhaustive")).toMatchObject({
      exitCode: 0,
      out:
        "r: the model agrees with the program on all 254 inputs of 1 to 7 tokens.\n" +
        "On 118 of them some floats are equal only up to float32, in which a model computes.\n" +
        "checked from the weights: the model is the program on every input of 1 to 7 tokens, up to float32 (each of 254 followed)\n",
    });
    const { exitCode, out } = await call("compile", ...means, "-o", "means.safetensors");
    expect([exitCode, out]).toEqual([
      0,
      expect.stringMatching(
        /\nnot proved exactly: decoding: 0.09999999999999999 and 0.1 are one number in float32\nproved up to float32: for every input of 1 to 7 tokens no answer is further than 3.3e-16 from the program's\nchecked from the weights: .*up to float32.*\n$/,
      ),
    ]);
    const json = await call("compile", ...means, "-o", "means.safetensors", "--json");
    expect(JSON.parse(json.out)).toMatchObject({
      certificate: { proved: false, provedWithin: expect.any(Number) as unknown },
    });
  });

  it("computes with the precision that the model is compiled for", async () => {
    const low = [...reverse, "--precision", "bfloat16"];
    expect((await call("verify", ...low, "--exhaustive")).out).toBe(
      "reverse: the model agrees with the program on all 363 inputs of 1 to 5 tokens, with products of bfloat16 numbers.\n" +
        "checked from the weights: the model is the program on every input of 1 to 5 tokens in float32 arithmetic (each of 363 followed)\n",
    );
    expect(JSON.parse((await call("verify", ...low, "--runs", "5", "--json")).out)).toMatchObject({
      ok: true,
      precision: "bfloat16",
    });
    const { out } = await call("compile", ...low, "-o", "low.safetensors");
    expect(out).toMatch(
      /\nproved for every input of 1 to 5 tokens: .* times the margin that bfloat16 can use up\nchecked from/,
    );
    const json = await call("compile", ...low, "-o", "low.safetensors", "--json");
    expect(JSON.parse(json.out)).toMatchObject({ certificate: { proved: true, precision: "bfloat16" } });
    expect(await call("verify", ...reverse, "--exhaustive", "--precision", "float16")).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining("Allowed choices are float32, bfloat16, tf32.") as unknown,
    });
  });

  it("needs --exhaustive or --runs", async () => {
    const { exitCode, err } = await call("verify", ...reverse);
    expect(exitCode).toBe(2);
    expect(err).toContain("either --exhaustive or --runs N");
    expect((await call("verify", ...reverse.slice(0, -1), "40", "--exhaustive")).err).toContain("too many to try each");
  });
});

describe("bad input has exit code 2, one message with a remedy, and no stack trace", () => {
  const m = "m.safetensors";
  it.each([
    ["an unreadable program", ["compile", "none.rasp", ...reverse.slice(1), "-o", m], 'cannot read "none.rasp"'],
    ["an unknown s-op", ["compile", reverse[0]!, "--sop", "reverze", ...reverse.slice(3), "-o", m], "reverze"],
    ["a selector", ["compile", reverse[0]!, "--sop", "flip", ...reverse.slice(3), "-o", m], "is not an s-op"],
    ["an empty token", ["compile", ...reverse.slice(0, 4), "a,,b", "--max-length", "3", "-o", m], "empty token"],
    ["a repeated token", ["compile", ...reverse.slice(0, 4), "a,b,a", "--max-length", "3", "-o", m], "twice"],
    ["no length", ["compile", ...reverse.slice(0, 6), "0", "-o", m], "whole number"],
    ["another format", ["compile", ...reverse, "-o", "m.bin"], ".safetensors or .onnx"],
    ["an unknown option", ["compile", ...reverse, "--fast", "-o", m], "--fast"],
    ["a missing model", ["run", "none.safetensors", "--input", "a"], 'cannot read "none.safetensors"'],
    ["a foreign token", ["run", m, "--input", "abx"], 'token "x" at position 2'],
    ["a long input", ["run", m, "--input", "aaaaaa"], "at most 5"],
    ["no input", ["run", m, "--input", ""], "the input is empty"],
  ])("%s", async (_, args, message) => {
    await call("compile", ...reverse, "-o", m);
    const before = [...binaries.keys()];
    const { exitCode, out, err } = await call(...args);
    expect(exitCode).toBe(2);
    expect(out).toBe("");
    expect(err).toContain(message);
    expect(err).not.toMatch(/\n\s+at /);
    expect([...binaries.keys()]).toEqual(before);
    const json = await call(...args, "--json");
    expect(json.exitCode).toBe(2);
    expect((JSON.parse(json.out) as { error: { message: string } }).error.message).not.toBe("");
  });

  it.each([
    ["compile", [...reverse, "-o", "missing/m.safetensors"]],
    ["draw", [...reverse.slice(0, 3), "-o", "missing/m.safetensors"]],
    ["decompile", ["m.safetensors", "-o", "missing/m.safetensors"]],
  ])("no folder to write to, reported before the work: %s", async (command, args) => {
    const { exitCode, out, err } = await selectron([command, ...args], { files });
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: "" });
    expect(err).toContain(
      'error: cannot write "missing/m.safetensors": there is no folder "missing"\n  help: make it first',
    );
  });

  it("a folder in place of the output file", async () => {
    const { exitCode, err } = await call("compile", ...reverse, "-o", "folder.safetensors");
    expect(exitCode).toBe(2);
    expect(err).toBe('error: cannot write "folder.safetensors": it is a folder\n  help: name a file in it\n');
  });

  it("a damaged model, and one with a NaN", async () => {
    await call("compile", ...reverse, "-o", m);
    const bytes = binaries.get(m)!;
    binaries.set("cut.safetensors", bytes.subarray(0, bytes.length - 4));
    expect(await call("run", "cut.safetensors", "--input", "a")).toMatchObject({ exitCode: 2, out: "" });
    const poisoned = withMetadata(bytes, (metadata) => metadata);
    new DataView(poisoned.buffer).setFloat32(poisoned.length - 4, NaN, true);
    binaries.set("nan.safetensors", poisoned);
    expect((await call("run", "nan.safetensors", "--input", "a")).err).toMatch(/is NaN/);
  });
});

describe("files", () => {
  it("are written whole or not at all, and leave no temporary file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "selectron-"));
    const program = join(folder, "reverse.rasp");
    writeFileSync(program, files["reverse.rasp"]);
    const io = { ...nodeIo, out: () => undefined, err: () => undefined };
    const model = join(folder, "m.safetensors");
    expect(await run(["compile", program, ...reverse.slice(1), "-o", model], io)).toBe(0);
    expect(readdirSync(folder).sort()).toEqual(["m.safetensors", "reverse.rasp"]);
    const whole = readFileSync(model);
    expect(await run(["compile", program, ...reverse.slice(1), "-o", join(folder, "no", "m.safetensors")], io)).toBe(2);
    // The output path is a folder, so the rename fails. The temporary file must be removed.
    expect(await run(["compile", program, ...reverse.slice(1), "-o", folder + "/x.safetensors/"], io)).toBe(2);
    expect(readdirSync(folder).sort()).toEqual(["m.safetensors", "reverse.rasp"]);
    expect(readFileSync(model)).toEqual(whole);
  });
});
