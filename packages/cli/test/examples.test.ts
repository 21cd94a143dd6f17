/** `selectron examples`: the lessons that the package brings, written as they are, and nothing over what somebody wrote. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { LESSONS } from "../src/commands/examples.js";
import { selectron } from "./harness.js";

const ours = new URL("../../../examples/", import.meta.url);
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, ours)));
const names = readdirSync(ours).sort();
const packed = (): Map<string, Uint8Array> => new Map(names.map((name) => [`${LESSONS}/${name}`, bytesOf(name)]));

it("writes every lesson, and says how to run the first one", async () => {
  const binaries = packed();
  const { exitCode, out } = await selectron(["examples"], { binaries });
  expect(exitCode).toBe(0);
  expect(out).toBe(
    `examples has the ${names.length} lessons, from 01-reverse.rasp to ${names.at(-1)}\n` +
      "run the first one: selectron eval examples/01-reverse.rasp --sop reverse --input hello\n",
  );
  for (const name of names) expect(binaries.get(`examples/${name}`)).toEqual(bytesOf(name));
  const again = await selectron(["examples"], { binaries, folders: ["examples"] });
  expect(again).toMatchObject({ exitCode: 0, out });
});

it("writes nothing where a file is there that is none of them", async () => {
  const binaries = packed().set("mine/04-sort.rasp", new TextEncoder().encode("a = 1;\n"));
  const { exitCode, err } = await selectron(["examples", "mine"], { binaries, folders: ["mine"] });
  expect(exitCode).toBe(2);
  expect(err).toBe(
    'error: "mine/04-sort.rasp" is there, and is another program than the lesson\n  help: name another folder\n',
  );
  expect([...binaries.keys()].filter((name) => name.startsWith("mine/"))).toEqual(["mine/04-sort.rasp"]);
});

it("says so where the lessons have not been packed", async () => {
  const { exitCode, err } = await selectron(["examples"]);
  expect([exitCode, err]).toEqual([
    2,
    "error: the lessons are not here\n  help: run `npm run build` in the repository\n",
  ]);
});
