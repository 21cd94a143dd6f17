/** `selectron circuit` and `circuits` as a user calls them. */
import { describe, expect, it } from "vitest";
import { selectron } from "./harness.js";

const found = JSON.stringify([
  ["hook_embed", "blocks.1.hook_v_input[0]"],
  ["blocks.1.attn.hook_result[0]", "blocks.1.hook_resid_post"],
  ["hook_embed", "blocks.1.hook_resid_post"],
]);
const files = {
  "reverse.rasp": "opposite = length - 1 - indices;\nreverse = aggregate(select(indices, opposite, ==), tokens);\n",
  "found.json": found,
  "odd.json": '[["hook_embed"]]',
};
const reverse = ["reverse.rasp", "--sop", "reverse", "--vocab", "a,b", "--max-length", "4"];

describe("circuit", () => {
  it("tells edges and what cutting them does", async () => {
    const binaries = new Map<string, Uint8Array>();
    const ran = await selectron(["circuit", ...reverse, "-o", "circuit.json"], { files, binaries });
    expect(ran).toEqual({
      exitCode: 0,
      err: "",
      out:
        "reverse: 4 edges, and 8 whose content is the same on every input\n" +
        "  head 0.0 -> mlp 0: length\n" +
        "  mlp 0 -> head 1.0, query: opposite\n" +
        "  embed -> head 1.0, value: tokens\n" +
        "  head 1.0 -> unembed: reverse\n" +
        "28 edges outside cut together change no answer on 30 inputs; of 4 edges inside each changes an answer\n",
    });
    const written = JSON.parse(new TextDecoder().decode(binaries.get("circuit.json"))) as Record<string, unknown>;
    expect(written).toMatchObject({ format: "selectron-circuit", name: "reverse", maxLength: 4 });
    const compiled = await selectron(["compile", ...reverse, "-o", "m.onnx", "--circuit", "beside.json"], {
      files,
      binaries,
    });
    expect(compiled.exitCode).toBe(0);
    const beside = JSON.parse(new TextDecoder().decode(binaries.get("beside.json"))) as Record<string, unknown>;
    expect(beside["hooks"]).toEqual(written["hooks"]);
  });

  it("scores found edges", async () => {
    const ran = await selectron(["circuit", ...reverse, "--edges", "found.json"], { files });
    expect(ran.out).toContain("found: 2 of 9 edges (recall 22.2 %), 1 wrong ones (precision 66.7 %)\n");
    expect(ran.out).toContain("  wrong: hook_embed -> blocks.1.hook_resid_post\n");
    const json = await selectron(["circuit", ...reverse, "--edges", "found.json", "--json"], { files });
    expect(JSON.parse(json.out)).toMatchObject({ edges: 12, inside: 4, redundant: [], score: { right: 2 } });
  });

  it("says what edges look like", async () => {
    const ran = await selectron(["circuit", ...reverse, "--edges", "odd.json"], { files });
    expect(ran).toMatchObject({ exitCode: 2, out: "" });
    expect(ran.err).toContain('"odd.json" is no JSON list of edges');
  });
});

it("circuits tries those of random programs", async () => {
  const ran = await selectron(["circuits", "--count", "2", "--seed", "1", "--max-length", "4"]);
  expect(ran).toMatchObject({ exitCode: 0, err: "" });
  expect(ran.out).toMatch(
    /^program 0: \d+ edges outside cut together change no answer on 340 inputs; of \d+ edges? inside/,
  );
  expect(ran.out).toMatch(
    /\n2 models: cutting the \d+ edges outside, all of a model together, changed an answer of 0 of them; of/,
  );
});
