import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { breadth } from "../../../../test/long.js";

/** Enough that the kill comes long before the end. */
const STEPS = breadth({ short: 12, long: 20 });

describe("a training that is killed", () => {
  // A separate process, which runs the built command.
  const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
  const root = mkdtempSync(join(tmpdir(), "selectron-"));

  /** Runs the command as a process; with `kill`, sends it that signal once there is a checkpoint. */
  async function process(
    folder: string,
    { kill }: { readonly kill?: NodeJS.Signals } = {},
  ): Promise<{ code: number | null; signal: string | null }> {
    const args = ["train", "parser", "--steps", String(STEPS), "--batch", "2", "--checkpoint-every", "2", "-o", folder];
    const child = spawn(globalThis.process.execPath, [main, ...args], { stdio: "ignore" });
    const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
      child.on("exit", (code, signal) => resolve({ code, signal }));
    });
    const watch = setInterval(() => {
      const checkpoints = join(folder, "checkpoints");
      try {
        if (kill === undefined || !readdirSync(checkpoints).some((name) => name.endsWith(".safetensors"))) return;
        child.kill(kill);
        clearInterval(watch);
      } catch {
        // The folder does not exist yet.
      }
    }, 1);
    const end = await ended;
    clearInterval(watch);
    return end;
  }

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("by %s ends with exit code %i, after a checkpoint", async (signal, code) => {
    expect(await process(join(root, signal), { kill: signal })).toEqual({ code, signal: null });
    expect(readdirSync(join(root, signal))).not.toContain("model.safetensors");
  });

  it("resumes to the same weights, bit for bit", { timeout: 600_000 }, async () => {
    const [whole, killed] = [join(root, "whole"), join(root, "killed")];
    expect(await process(whole)).toEqual({ code: 1, signal: null });
    expect(await process(killed, { kill: "SIGKILL" })).toEqual({ code: null, signal: "SIGKILL" });
    expect(readdirSync(killed)).not.toContain("model.safetensors");
    // As if the process was killed in the middle of a line.
    writeFileSync(join(killed, "log.jsonl"), '{"step":', { flag: "a" });
    expect(await process(killed)).toEqual({ code: 1, signal: null });
    for (const name of ["model.safetensors", "log.jsonl", `checkpoints/step-000000${STEPS}.safetensors`]) {
      expect(readFileSync(join(killed, name)).equals(readFileSync(join(whole, name))), name).toBe(true);
    }
  });
});
