/** compile --mark: models that tell on which inputs their program has no value. */
import { expect, it } from "vitest";
import { selectron } from "./harness.js";

const files = { "letter.rasp": 'letter = aggregate(select(tokens, "a", ==), tokens, "-");\n' };
const binaries = new Map<string, Uint8Array>();
const call = (...args: string[]) => selectron(args, { files, binaries });

it("a model with marks says on which inputs the program has no value", async () => {
  const letter = ["letter.rasp", "--sop", "letter", "--vocab", "c,a", "--max-length", "4", "--mark"];
  expect((await call("compile", ...letter, "-o", "letter.safetensors")).exitCode).toBe(0);
  const ask = (input: string, ...how: string[]) =>
    selectron(["run", "letter.safetensors", "--input", input, ...how], { binaries });
  expect((await ask("ca")).out).toBe("[a]*2 (strings)\n");
  expect((await ask("aca")).out).toBe("no value: letter (letter.rasp:1:10) has none at position 0\n");
  expect(JSON.parse((await ask("ca", "--json")).out)).toMatchObject({ value: ["a", "a"], noValue: null });
  expect(JSON.parse((await ask("aca", "--json")).out)).toEqual({
    sop: "letter",
    value: null,
    noValue: { what: "letter (letter.rasp:1:10)", position: 0 },
  });
  expect((await call("verify", ...letter, "--exhaustive")).out).toBe(
    "letter: the model agrees with the program on all 30 inputs of 1 to 4 tokens.\n" +
      "16 of them have no value in the program itself, and the model must say so.\n" +
      "checked from the weights: the model is the program on every input of 1 to 4 tokens (each of 30 followed)\n",
  );
});
