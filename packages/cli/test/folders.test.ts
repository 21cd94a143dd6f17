/** `compile --format` as a user calls it: folders for other tools. */
import { expect, it } from "vitest";
import { selectron } from "./harness.js";

const files = {
  "reverse.rasp": "flip = select(indices, length - 1 - indices, ==);\nreverse = aggregate(flip, tokens);\n",
};
const reverse = ["reverse.rasp", "--sop", "reverse", "--vocab", "a,b,c", "--max-length", "5"];

it("writes a folder for TransformerLens", async () => {
  const binaries = new Map<string, Uint8Array>();
  const ran = await selectron(["compile", ...reverse, "--format", "transformerlens", "-o", "lens"], {
    files,
    binaries,
  });
  expect(ran).toMatchObject({ exitCode: 0, err: "" });
  expect(ran.out).toContain("wrote lens: reverse, up to 5 tokens\n");
  expect([...binaries.keys()]).toEqual(
    ["config.json", "bridge.safetensors", "hooked.safetensors", "card.json", "circuit.json", "load.py", "README.md"].map(
      (name) => `lens/${name}`,
    ),
  );
  const config = JSON.parse(new TextDecoder().decode(binaries.get("lens/config.json"))) as unknown;
  expect(config).toMatchObject({ n_layers: 2, d_vocab: 4, n_ctx: 6, normalization_type: null });
});

it("says which formats there are", async () => {
  const ran = await selectron(["compile", ...reverse, "--format", "pickle", "-o", "lens"], { files });
  expect(ran).toMatchObject({ exitCode: 2, out: "" });
  expect(ran.err).toContain("Allowed choices are transformerlens");
});
