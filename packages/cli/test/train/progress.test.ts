import { describe, expect, it } from "vitest";
import { Context } from "../../src/context.js";
import { clockText } from "../../src/text/duration.js";
import { Progress } from "../../src/train/progress.js";

describe("progress", () => {
  it("shows means, speed and the remaining time", () => {
    let now = 0;
    let said = "";
    const io = { err: (text: string) => (said += text), now: () => now } as unknown as Context["io"];
    const progress = new Progress(new Context(io), 20);
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

  it("overwrites its line on a terminal", () => {
    let said = "";
    const io = {
      isErrorTerminal: true,
      err: (text: string) => (said += text),
      now: () => 0,
    } as unknown as Context["io"];
    const progress = new Progress(new Context(io), 2);
    progress.start(0);
    const record = { loss: 2, accuracy: 0.5, learningRate: 1, gradientNorm: 1, tokens: 100 };
    progress.step({ ...record, step: 1 });
    progress.step({ ...record, step: 2 });
    expect(said).toMatch(/^\r\x1b\[K█{10}░{10} step 1\/2 [^\n]*\r\x1b\[K█{20} step 2\/2 [^\n]*\n$/);
  });

  it("writes durations for people", () => {
    expect([42, 185, 3723].map(clockText)).toEqual(["42 s", "3:05", "1:02:03"]);
  });
});
