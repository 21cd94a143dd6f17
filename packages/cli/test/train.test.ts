import { decodeSafetensors } from "@selectron/core";
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { Context } from "../src/context.js";
import { duration, Progress } from "../src/train/progress.js";
import { selectron } from "./harness.js";

const tiny = ["train", "parser", "--steps", "4", "--batch", "2", "--checkpoint-every", "1", "-o", "run"];

const steps = (binaries: Map<string, Uint8Array>): unknown[] =>
  new TextDecoder()
    .decode(binaries.get("run/log.jsonl"))
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { step: unknown }).step);

const checkpoint = (step: number): string => `run/checkpoints/step-0000000${step}.safetensors`;

describe("selectron train", () => {
  it("leaves weights, checkpoints, log and curve, and says how well the model answers", async () => {
    const binaries = new Map<string, Uint8Array>();
    const { exitCode, out, err } = await selectron([...tiny, "--json"], { binaries });
    expect(exitCode).toBe(1);
    const report = JSON.parse(out) as Record<string, unknown>;
    expect(report).toMatchObject({ task: "parser", seed: 1, steps: 4, folder: "run", reached: false });
    expect(report["heldOut"]).toMatchObject({ exact: 0 });
    expect(report["shown"]).toHaveLength(4);
    expect(err).toContain("█ step 4/4 · loss ");
    expect([...binaries.keys()].sort()).toEqual([
      ...[2, 3, 4].map(checkpoint),
      "run/log.jsonl",
      "run/loss.svg",
      "run/model.safetensors",
    ]);
    expect(steps(binaries)).toEqual([1, 2, 3, 4]);
    const { tensors, metadata } = decodeSafetensors(binaries.get("run/model.safetensors")!);
    expect(tensors.get("generator.weight")!.shape).toEqual([128, 25]);
    expect(JSON.parse(metadata["selectron.transformer"]!)).toMatchObject({
      task: "parser",
      config: { hiddenSize: 128 },
    });
    expect(new TextDecoder().decode(binaries.get("run/loss.svg"))).toContain("<title>parser, seed 1</title>");
  });

  it("goes on after the newest sound checkpoint, to the same bytes", async () => {
    const binaries = new Map<string, Uint8Array>();
    await selectron(tiny, { binaries });
    const model = binaries.get("run/model.safetensors")!;
    binaries.delete("run/model.safetensors");
    binaries.delete(checkpoint(4));
    const damaged = binaries.get(checkpoint(3))!;
    damaged[damaged.length - 1]! ^= 1;
    binaries.set("run/checkpoints/step-00000004.safetensors.99.tmp", new Uint8Array(3));
    const { err } = await selectron(tiny, { binaries });
    expect(err).toMatch(
      /step-00000003\.safetensors is not used: it is damaged: its checksum is \w{8}, and should be \w{8}\./,
    );
    expect(err).toContain("Going on after step 2, from run.");
    expect(steps(binaries)).toEqual([1, 2, 3, 4]);
    expect(Buffer.from(model).equals(binaries.get("run/model.safetensors")!)).toBe(true);
    expect([...binaries.keys()].some((name) => name.endsWith(".tmp"))).toBe(false);
  });

  it("stops where it is interrupted, and goes on from there to the same bytes", async () => {
    let stop = (): void => undefined;
    /** Interrupts when the first step is logged. */
    class Interrupting extends Map<string, Uint8Array> {
      override set(name: string, bytes: Uint8Array): this {
        if (name === "run/log.jsonl" && bytes.length > 0) stop();
        return super.set(name, bytes);
      }
    }
    const [whole, stopped] = [new Map<string, Uint8Array>(), new Interrupting()];
    await selectron(tiny, { binaries: whole });
    const rare = tiny.map((word) => (word === "1" ? "100" : word));
    const first = await selectron(rare, { binaries: stopped, onInterrupt: (then) => (stop = then) });
    expect(first.exitCode).toBe(1);
    expect(first.err).toMatch(/Interrupted after step 1; the same command goes on from there\.\n$/);
    expect(first.out).toBe("");
    expect(stopped.has("run/model.safetensors")).toBe(false);
    const { err } = await selectron(rare, { binaries: stopped });
    expect(err).toContain("Going on after step 1, from run.");
    const model = stopped.get("run/model.safetensors")!;
    expect(Buffer.from(model).equals(whole.get("run/model.safetensors")!)).toBe(true);
  });

  it.each([
    "--sop=x",
    "--vocab=a",
    "--max-length=3",
    "--bos=a",
    "--supervise",
    "--layers=1",
    "--heads=1",
    "--width=8",
    "--ffn=8",
  ])("has no %s for tasks", async (option) => {
    const { exitCode, err } = await selectron([...tiny, option]);
    expect(exitCode).toBe(2);
    expect(err).toContain(`error: ${option.split("=")[0]} is for programs, and parser is a task with its own data`);
  });

  it("refuses a folder of another training, and tasks that there are not", async () => {
    const binaries = new Map<string, Uint8Array>();
    await selectron(tiny, { binaries });
    const other = await selectron([...tiny, "--seed", "2"], { binaries });
    expect(other.exitCode).toBe(2);
    expect(other.err).toBe(
      'error: step-00000004.safetensors is of another training, "parser, seed 1, 4 steps of 2", ' +
        'not of "parser, seed 2, 4 steps of 2"; use a folder of its own for each.\n  help: use -o with another folder\n',
    );
    const unknown = await selectron(["train", "sorting"]);
    expect(unknown.exitCode).toBe(2);
    expect(unknown.err).toBe(
      "error: there is no task sorting\n  help: the tasks are copy, addition, parser; a program needs --sop as well\n",
    );
  });
});

describe("selectron train FILE", () => {
  const files = {
    "reverse.rasp": "flip = select(indices, length - 1 - indices, ==);\nreverse = aggregate(flip, tokens);\n",
  };
  const args = ["train", "reverse.rasp", "--sop", "reverse", "--vocab", "a,b", "--max-length", "4", "--supervise"];

  it("trains on the interpreter's values, and draws the heads beside the selectors", async () => {
    const binaries = new Map<string, Uint8Array>();
    const ran = await selectron([...args, "--steps", "3", "--batch", "2", "-o", "run"], { files, binaries });
    expect(ran.exitCode).toBe(1);
    expect(ran.out).toMatch(
      /^reverse: 2 layers of 1 head, width 64, feed-forward 256; cost says 2 layers of 1 head\n {2}on /,
    );
    expect(ran.out).toContain("\nlayer 2, flip: head 1 has ");
    expect(ran.out).toContain("\nnot reached: 96.0 %; ");
    const picture = new TextDecoder().decode(binaries.get("run/heads.svg"));
    for (const title of ["layer 1: full_s", "layer 2: flip", "layer 2: learned head 1"]) {
      expect(picture).toContain(title);
    }
    const { metadata } = decodeSafetensors(binaries.get("run/model.safetensors")!);
    expect(JSON.parse(metadata["selectron.encoder"]!)).toMatchObject({ program: "reverse", config: { dModel: 64 } });
  });

  it("leaves a model that `run` takes", async () => {
    const binaries = new Map<string, Uint8Array>();
    const bos = [...args, "--bos", "§", "--width", "16", "--steps", "150", "--batch", "16", "-o", "run"];
    await selectron(bos, { files, binaries });
    const answer = async (...more: string[]) => selectron(["run", "run/model.safetensors", ...more], { binaries });
    expect((await answer("--input", "§a")).out).toBe("[a, §] (strings)\n");
    const { out, err } = await answer("--input", "§aab", "--json", "--attention");
    expect(JSON.parse(out)).toEqual({ value: ["b", "a", "a", "§"], kinds: "ssss" });
    expect(err).toMatch(/^blocks\.0\.attention head 1\n {2}│ {4}§ {4}a {4}a {4}b\n§ │ [\d.]+ /);
    expect(err).toContain("\n\nblocks.1.attention head 1\n");
    const wrong = [
      ["aab", "error: § stands at the beginning of every input and nowhere else\n"],
      ["§a§", "error: § stands at the beginning of every input and nowhere else\n"],
      ["§c", "error: the model does not know the token c\n  help: it was trained on a b §, up to length 4\n"],
      ["§aaaa", "error: the input has 5 tokens\n"],
    ] as const;
    for (const [input, message] of wrong) {
      const refused = await answer("--input", input);
      expect([refused.exitCode, refused.err.slice(0, message.length)]).toEqual([2, message]);
    }
    const traced = await answer("--input", "§a", "--trace");
    expect([traced.exitCode, traced.err.split("\n")[0]]).toEqual([
      2,
      "error: --trace is for compiled models, and this one was trained",
    ]);
  });

  it("refuses a token that is there twice, and a folder of a training on other inputs", async () => {
    const given = (vocabulary: string, ...more: string[]): string[] => [
      "train",
      "reverse.rasp",
      "--sop",
      "reverse",
      "--vocab",
      vocabulary,
      "--max-length",
      "3",
      "--steps",
      "1",
      "-o",
      "run",
      ...more,
    ];
    const twice = await selectron(given("a,a"), { files });
    expect([twice.exitCode, twice.err.split("\n")[0]]).toEqual([2, "error: token a is in the vocabulary twice"]);
    const bos = await selectron(given("a,b", "--bos", "b"), { files });
    expect([bos.exitCode, bos.err.split("\n")[0]]).toEqual([2, "error: token b is in the vocabulary twice"]);
    const binaries = new Map<string, Uint8Array>();
    await selectron(given("a,b"), { files, binaries });
    const other = await selectron(given("a,b,c"), { files, binaries });
    expect(other.exitCode).toBe(2);
    expect(other.err).toContain(
      'is of another training, "reverse on a b up to length 3, 2 layers of 1 head, width 64, feed-forward 256, seed 1, 1 steps of 50", not of "reverse on a b c up to length 3',
    );
  });

  it("has the sizes that are asked for, and says so", async () => {
    const binaries = new Map<string, Uint8Array>();
    const sized = [...args.slice(0, -1), "--steps", "1", "--layers", "1", "--heads", "2", "--width", "6", "--ffn", "5"];
    const ran = await selectron([...sized, "-o", "run", "--json"], { files, binaries });
    expect(JSON.parse(ran.out)).toMatchObject({ layers: 1, heads: 2, width: 6, ffn: 5, selectors: [{ layer: 1 }] });
    const { tensors } = decodeSafetensors(binaries.get("run/model.safetensors")!);
    expect(tensors.get("blocks.0.feedForward.hidden.weight")!.shape).toEqual([6, 5]);
    expect(tensors.has("blocks.1.feedForward.hidden.weight")).toBe(false);
    const other = await selectron([...args.slice(0, -1), "--steps", "1", "-o", "run"], { files, binaries });
    expect(other.err).toContain(
      '"reverse on a b up to length 4, 1 layer of 2 heads, width 6, feed-forward 5, seed 1, 1 steps of 50", ' +
        'not of "reverse on a b up to length 4, 2 layers of 1 head, width 64, feed-forward 256, ',
    );
  });

  it.each([
    [["--width", "2", "--heads", "3"], "a width of 2 is too narrow for 3 heads"],
    [
      ["--layers", "1"],
      "1 layer of 1 head, width 64, feed-forward 256 has no place for every selector of the program, which needs 2 layers of 1 head",
    ],
    [["--vocab", "[]"], "an s-op or selector needs a non-empty input"],
    [["--max-length", "1", "--bos", "§"], "inputs of length 1 hold no token"],
  ])("refuses %j", async (more, message) => {
    const { exitCode, err } = await selectron([...args, ...more], { files });
    expect(exitCode).toBe(2);
    expect(err).toContain(`${message}\n  help: `);
  });

  it("supervises in the first half of the training only", async () => {
    const trained = async (steps: string, ...more: string[]): Promise<Buffer> => {
      const binaries = new Map<string, Uint8Array>();
      const short = [...args.slice(0, -1), "--width", "8", "--steps", steps, "-o", "run", ...more];
      await selectron(short, { files, binaries });
      return Buffer.from(binaries.get("run/model.safetensors")!);
    };
    // The weight is 0 from the middle on: at both of two steps, but not at the first of three.
    expect((await trained("2", "--supervise")).equals(await trained("2"))).toBe(true);
    expect((await trained("3", "--supervise")).equals(await trained("3"))).toBe(false);
  });

  it("says what is missing", async () => {
    const { exitCode, err } = await selectron(["train", "reverse.rasp", "--sop", "reverse"], { files });
    expect(exitCode).toBe(2);
    expect(err).toBe(
      "error: a program needs --sop, --vocab and --max-length\n" +
        "  help: for example --sop reverse --vocab a,b,c,d --max-length 20\n",
    );
  });
});

describe("a training that is killed", () => {
  // A process of its own, so of what `npm run build` made.
  const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));
  const root = mkdtempSync(join(tmpdir(), "selectron-"));

  /** Runs the command as a process; if asked kills it, as kill -9 does, once there is a checkpoint. */
  async function process(
    folder: string,
    { kill = false } = {},
  ): Promise<{ code: number | null; signal: string | null }> {
    const args = ["train", "parser", "--steps", "20", "--batch", "2", "--checkpoint-every", "2", "-o", folder];
    const child = spawn(globalThis.process.execPath, [main, ...args], { stdio: "ignore" });
    const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
      child.on("exit", (code, signal) => resolve({ code, signal }));
    });
    const watch =
      kill &&
      setInterval(() => {
        const checkpoints = join(folder, "checkpoints");
        try {
          if (readdirSync(checkpoints).some((name) => name.endsWith(".safetensors"))) child.kill("SIGKILL");
        } catch {
          // The folder is not there yet.
        }
      }, 1);
    const end = await ended;
    if (watch) clearInterval(watch);
    return end;
  }

  it("goes on to the same weights, bit for bit", { timeout: 600_000 }, async () => {
    const [whole, killed] = [join(root, "whole"), join(root, "killed")];
    expect(await process(whole)).toEqual({ code: 1, signal: null });
    expect(await process(killed, { kill: true })).toEqual({ code: null, signal: "SIGKILL" });
    expect(readdirSync(killed)).not.toContain("model.safetensors");
    // What a kill in the middle of a line leaves.
    writeFileSync(join(killed, "log.jsonl"), '{"step":', { flag: "a" });
    expect(await process(killed)).toEqual({ code: 1, signal: null });
    for (const name of ["model.safetensors", "log.jsonl", "checkpoints/step-00000020.safetensors"]) {
      expect(readFileSync(join(killed, name)).equals(readFileSync(join(whole, name))), name).toBe(true);
    }
  });
});

describe("progress", () => {
  it("shows means, speed and the time that is left", () => {
    let now = 0;
    let said = "";
    const io = { err: (text: string) => (said += text) } as unknown as Context["io"];
    const progress = new Progress(new Context(io), 20, () => now);
    progress.start(0);
    const record = { step: 1, loss: 2, accuracy: 0.5, learningRate: 1, gradientNorm: 1, tokens: 100 };
    now = 2000;
    progress.step(record);
    expect(said).toBe("█░░░░░░░░░░░░░░░░░░░ step 1/20 · loss 2.00 · accuracy 50.0 % · 50 tokens/s · 38 s left\n");
    progress.step({ ...record, step: 2 });
    expect(said.split("\n")).toHaveLength(2);
    now = 20_000;
    progress.step({ ...record, step: 10, loss: 1, evaluation: 0.75 });
    expect(said.split("\n")[1]).toBe(
      "██████████░░░░░░░░░░ step 10/20 · loss 1.90 · accuracy 50.0 % · held out 75.0 % · 15 tokens/s · 20 s left",
    );
  });

  it("writes over its line on a terminal", () => {
    let said = "";
    const io = { isTerminal: true, err: (text: string) => (said += text) } as unknown as Context["io"];
    const progress = new Progress(new Context(io), 2, () => 0);
    progress.start(0);
    const record = { loss: 2, accuracy: 0.5, learningRate: 1, gradientNorm: 1, tokens: 100 };
    progress.step({ ...record, step: 1 });
    progress.step({ ...record, step: 2 });
    expect(said).toMatch(/^\r\x1b\[K█{10}░{10} step 1\/2 [^\n]*\r\x1b\[K█{20} step 2\/2 [^\n]*\n$/);
  });

  it("says durations as people do", () => {
    expect([42, 185, 3723].map(duration)).toEqual(["42 s", "3:05", "1:02:03"]);
  });
});
