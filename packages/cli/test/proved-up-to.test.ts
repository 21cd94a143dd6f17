/** A model that is proved for shorter inputs than its longest says so. */
import { expect, it } from "vitest";
import { selectron } from "./harness.js";

it("says up to which length a model is proved, where that is not the longest", async () => {
  const files = { "sum.rasp": 'r = round(length * average(5000 if tokens == "a" else 1));\n' };
  const args = ["compile", "sum.rasp", "--sop", "r", "--vocab", "a,b", "--max-length", "16", "-o", "sum.safetensors"];
  const call = (...more: string[]) => selectron([...args, ...more], { files, binaries: new Map<string, Uint8Array>() });
  expect((await call()).out).toMatch(
    /\nnot proved: the tightest decision \(decoding\) has 0.47 times the margin that float32 can use up; for inputs of up to 7 tokens it is proved\n/,
  );
  expect(JSON.parse((await call("--json")).out)).toMatchObject({ certificate: { proved: false, provedUpTo: 7 } });
});
