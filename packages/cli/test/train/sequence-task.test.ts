import { decodeSafetensors } from "@selectron/core";
import { describe, expect, it } from "vitest";
import type { Signal } from "../../src/index.js";
import { selectron } from "../harness.js";

const tiny = ["train", "parser", "--steps", "4", "--batch", "2", "--checkpoint-every", "1", "-o", "run"];

const steps = (binaries: Map<string, Uint8Array>): unknown[] =>
  new TextDecoder()
    .decode(binaries.get("run/log.jsonl"))
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { step: unknown }).step);

const checkpoint = (step: number): string => `run/checkpoints/step-0000000${step}.safetensors`;

describe("selectron train", () => {
  it("refuses a batch that no memory holds", async () => {
    const { exitCode, err } = await selectron(["train", "parser", "--batch", "1000000000"]);
    expect(exitCode).toBe(2);
    expect(err).toContain("use a smaller --batch, up to ");
  });

  it("writes weights, checkpoints, log and curve, and reports the accuracy", async () => {
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

  it("resumes from the newest intact checkpoint, to the same bytes", async () => {
    const binaries = new Map<string, Uint8Array>();
    await selectron(tiny, { binaries });
    const model = binaries.get("run/model.safetensors")!;
    binaries.delete("run/model.safetensors");
    binaries.delete(checkpoint(4));
    const damaged = binaries.get(checkpoint(3))!;
    damaged[damaged.length - 1]! ^= 1;
    const { err } = await selectron(tiny, { binaries });
    expect(err).toMatch(
      /step-00000003\.safetensors is not used: it is damaged: the weights .*: their checksum is \w{8}, and should be \w{8}\./,
    );
    expect(err).toContain("Going on after step 2, from run.");
    expect(steps(binaries)).toEqual([1, 2, 3, 4]);
    expect(Buffer.from(model).equals(binaries.get("run/model.safetensors")!)).toBe(true);
  });

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("stops at %s with exit code %i, and resumes from there to the same bytes", async (signal, code) => {
    let stop: (signal: Signal) => void = () => undefined;
    /** Interrupts when the first step is logged. */
    class Interrupting extends Map<string, Uint8Array> {
      override set(name: string, bytes: Uint8Array): this {
        if (name === "run/log.jsonl" && bytes.length > 0) stop(signal);
        return super.set(name, bytes);
      }
    }
    const [whole, stopped] = [new Map<string, Uint8Array>(), new Interrupting()];
    await selectron(tiny, { binaries: whole });
    const rare = tiny.map((word) => (word === "1" ? "100" : word));
    const first = await selectron(rare, { binaries: stopped, onInterrupt: (then) => (stop = then) });
    expect(first.exitCode).toBe(code);
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
  ])("refuses %s for tasks", async (option) => {
    const { exitCode, err } = await selectron([...tiny, option]);
    expect(exitCode).toBe(2);
    expect(err).toContain(`error: ${option.split("=")[0]} is for programs, and parser is a task with its own data`);
  });

  it("refuses a folder of another training, and unknown tasks", async () => {
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
      "error: there is no task sorting\n  help: the tasks are copy, addition, parser, nested-parser; a program needs --sop as well\n",
    );
  });
});
