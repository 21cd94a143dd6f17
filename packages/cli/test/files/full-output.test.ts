/** Output that takes no more: exit code 2 and one message, whatever the answer would have been. */
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { run, type Io } from "../../src/index.js";
import { nodeIo } from "../../src/files/io.js";
import { OutputError } from "../../src/files/output-error.js";

const verify = [
  "verify",
  fileURLToPath(new URL("../../../../examples/01-reverse.rasp", import.meta.url)),
  ...["--sop", "reverse", "--vocab", "a,b", "--max-length", "3", "--exhaustive"],
];
const full = (stream: string) => (): never => {
  throw new OutputError(stream, "no space is left");
};

describe("a right answer that cannot be written", () => {
  it.each([
    ["as text", verify],
    ["as JSON", [...verify, "--json"]],
    ["help", ["help", "verify"]],
    ["an error as JSON", ["eval", "none.rasp", "--sop", "x", "--input", "ab", "--json"]],
  ])("%s", async (_, args) => {
    let said = "";
    const io: Io = { ...nodeIo, out: full("standard output"), err: (text) => void (said += text) };
    expect(await run(args, io)).toBe(2);
    expect(said).toContain("error: cannot write to standard output: no space is left\n  help: make room,");
    expect(said).not.toContain("defect");
  });

  it("nor told", async () => {
    const io: Io = { ...nodeIo, out: full("standard output"), err: full("standard error") };
    expect(await run(verify, io)).toBe(2);
  });
});

// A device that is always full; where a system lacks it, the tests above remain.
it.skipIf(!existsSync("/dev/full"))("a full device, in a process of its own", () => {
  const device = openSync("/dev/full", "w");
  const command = fileURLToPath(new URL("../../bin/selectron.js", import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [command, ...verify, "--json"], {
    stdio: ["ignore", device, "pipe"],
    encoding: "utf8",
  });
  closeSync(device);
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr:
      "error: cannot write to standard output: no space is left\n" +
      "  help: make room, or send the output elsewhere; the result is not whole\n",
  });
});
