/** Model files without a checksum, as version 0.1 wrote them, and files whose checksum does not fit, in every command that reads them. */
import { beforeAll, describe, expect, it } from "vitest";
import { flipped, withMetadata } from "../../../../test/model-mutations.js";
import { selectron } from "../harness.js";

const files = { "p.rasp": "reverse = aggregate(select(indices, length - 1 - indices, ==), tokens);" };
const selection = ["p.rasp", "--sop", "reverse", "--vocab", "a,b", "--max-length", "4"];
const trained = ["--layers", "1", "--heads", "1", "--width", "4", "--ffn", "4", "--steps", "2", "-o", "t"];

const binaries = new Map<string, Uint8Array>();
beforeAll(async () => {
  await selectron(["compile", ...selection, "-o", "c.safetensors"], { files, binaries });
  await selectron(["compile", ...selection, "-o", "c.onnx"], { files, binaries });
  await selectron(["train", ...selection, ...trained], { files, binaries });
  await selectron(["dataset", "--count", "1", "--seed", "1", "-o", "d"], { files, binaries });
}, 120_000);

it.each(["c.safetensors", "t/model.safetensors", "d/models/000000.safetensors"])(
  "%s is written with a checksum",
  (path) => {
    const header = new TextDecoder().decode(binaries.get(path)!.subarray(0, 200_000));
    expect(header).toMatch(/"selectron\.checksum":"\w{8} \w{8}"/);
  },
);

describe.each([
  ["run", "c.safetensors", "--input", "abba"],
  ["run", "t/model.safetensors", "--input", "abba"],
  ["check", "c.safetensors", "--program", "p.rasp"],
  ["decompile", "c.safetensors"],
])("%s %s", (...command) => {
  const path = command[1];

  it("says on standard error that the file has no checksum, and gives the same answer", async () => {
    const before = await selectron([...command, "--json"], { files, binaries });
    const unchecked = withMetadata(binaries.get(path)!, (metadata) => metadata);
    const old = { files, binaries: new Map(binaries).set(path, unchecked) };
    const after = await selectron([...command, "--json"], old);
    expect(after).toEqual({
      ...before,
      err: `note: ${path}: it has no checksum, as files of version 0.1 do not, so that a changed weight would not be noticed\n`,
    });
    expect(before.err).toBe("");
    expect((await selectron(command, old)).err).toContain("it has no checksum");
  });

  it("refuses a file with a flipped bit, with what to do", async () => {
    const bytes = binaries.get(path)!;
    const damaged = { files, binaries: new Map(binaries).set(path, flipped(bytes, 8 * bytes.length - 50)) };
    const { exitCode, out, err } = await selectron(command, damaged);
    expect([exitCode, out]).toEqual([2, ""]);
    expect(err).toMatch(
      /^error: the weights were changed after the file was written, or are damaged: .*\n? *.*get the file again/,
    );
  });
});
