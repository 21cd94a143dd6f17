import { describe, expect, it } from "vitest";
import { nodeIo, run, type Io } from "../src/index.js";
import { selectron } from "./harness.js";

const files = { "p.rasp": "flip = select(indices, length - 1 - indices, ==);\nback = aggregate(flip, tokens);\n" };
const args = ["draw", "p.rasp", "--sop", "back", "--input", "abc"];

describe("selectron draw", () => {
  it("draws with characters", async () => {
    const { exitCode, out } = await selectron(args, { files });
    expect(exitCode).toBe(0);
    expect(out).toContain("layer 2, head 1: flip = select(indices, length - 1 - indices, ==)  (line 1)");
    expect(out).toContain("2 │ · · ■ │ c\n");
  });

  it("gives the picture's data as JSON", async () => {
    const { out } = await selectron([...args, "--json"], { files });
    const { layers } = JSON.parse(out) as { layers: { heads: { matrix: number[][] }[] }[] };
    expect(layers[2]!.heads[0]!.matrix).toEqual([
      [0, 0, 1],
      [0, 1, 0],
      [1, 0, 0],
    ]);
  });

  it("writes an SVG file", async () => {
    const written = new Map<string, string>();
    const io: Io = {
      ...nodeIo,
      readFile: () => files["p.rasp"],
      writeBytes: (path, bytes) => written.set(path, new TextDecoder().decode(bytes)),
      out: () => undefined,
      err: () => undefined,
    };
    expect(await run([...args, "-o", "back.svg"], io)).toBe(0);
    expect(written.get("back.svg")).toMatch(/^<svg [^]*<\/svg>\n$/);
  });

  it("refuses inputs that are too long for a page", async () => {
    const { exitCode, err } = await selectron([...args.slice(0, -1), "a".repeat(65)], { files });
    expect(exitCode).toBe(2);
    expect(err).toContain("a picture shows up to 64 tokens; this input has 65");
  });
});
