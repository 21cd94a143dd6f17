/** `decompile --jobs`: threads that search together find the program of one thread. */
import { randn, Rng } from "@selectron/core";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { breadth } from "../../../test/long.js";
import { teamMember, type TeamSetup } from "../src/decompile/together.js";
import { Context, nodeIo } from "../src/index.js";
import type { Thread, Work } from "../src/process/threads.js";
import { selectron } from "./harness.js";
import { started, type Ended } from "./process/started.js";
import { config, data, weights } from "./repeating-model.js";

const folder = mkdtempSync(join(tmpdir(), "selectron-decompile-jobs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A model that no small program decides as. */
const odd = weights((tensors) => {
  const rng = new Rng(3);
  for (const [name, tensor] of tensors) if (!/ln_/.test(name)) tensor.data.set(randn(tensor.shape, rng).data);
});
const files: Readonly<Record<string, string | Uint8Array>> = {
  "m.safetensors": weights(),
  "odd.safetensors": odd,
  "c.json": config,
  "ab.jsonl": data,
};
for (const [name, contents] of Object.entries(files)) writeFileSync(join(folder, name), contents);

const ARGS = ["--config", "c.json", "--data", "{task}.jsonl"];
const decompiled = (...args: string[]): Promise<Ended> => started(["decompile", ...args, ...ARGS], { folder });

/** Without what it took. */
const plain = ({ out, code }: Ended): unknown => {
  const { seconds, peakMegabytes, ...report } = JSON.parse(out) as Readonly<Record<string, unknown>>;
  expect([typeof seconds, typeof peakMegabytes]).toEqual(["number", "number"]);
  return { code, report };
};

it.each(
  [["m.safetensors"], ["odd.safetensors"], ["m.safetensors", "--interventions"]].slice(
    0,
    breadth({ short: 1, long: 3 }),
  ),
)("%s has the same report for 1, 2 and 3 jobs", async (...args) => {
  const one = plain(await decompiled(...args, "--json", "--jobs", "1"));
  expect(plain(await decompiled(...args, "--json", "--jobs", "2"))).toEqual(one);
  expect(plain(await decompiled(...args, "--json", "--jobs", "3"))).toEqual(one);
  expect(one).toMatchObject({ code: args[0] === "odd.safetensors" ? 1 : 0 });
});

it("takes from a thread what it has answered, and does itself what it has not", async () => {
  // The second has interventions.
  const [name, bytes] = [["m.safetensors", weights()] as const, ["odd.safetensors", odd] as const][
    breadth({ short: 0, long: 1 })
  ]!;
  const here = { files: { "c.json": config, "ab.jsonl": data }, binaries: new Map([[name, bytes]]) };
  const command = ["decompile", name, ...ARGS, "--json", "--jobs"];
  const one = await selectron([...command, "1"], here);
  const setups: TeamSetup[] = [];
  const startThread = ({ setup }: Work): Thread => {
    setups.push(setup as TeamSetup);
    return { isReady: true, lost: undefined, ask: () => Promise.resolve(undefined), stop: () => undefined };
  };
  const two = await selectron([...command, "2"], { ...here, startThread });
  const report = ({ out }: { readonly out: string }): unknown => ({ ...(JSON.parse(out) as object), seconds: 0 });
  expect(report(two)).toEqual(report(one));
  expect(setups).toMatchObject([{ given: name, own: 1, seed: 0, interventions: false }]);
  // A thread that comes late finds everything answered.
  const context = new Context({ ...nodeIo, readBytes: () => bytes, readFile: (path) => here.files[path as "c.json"] });
  await teamMember(context, setups[0]!);
});

it("tells an error once, and Ctrl+C ends all threads", async () => {
  const wrong = await started(["decompile", "m.safetensors", "--config", "c.json", "--data", "c.json", "--jobs", "3"], {
    folder,
  });
  expect(wrong.code).toBe(2);
  expect(wrong.err.match(/error:/g)).toHaveLength(1);
  const ended = await started(["decompile", "odd.safetensors", ...ARGS, "--jobs", "2", "--checkpoint", "out"], {
    folder,
    kill: "SIGINT",
    when: () => existsSync(join(folder, "out/odd.search.jsonl")),
  });
  expect(ended).toMatchObject({ code: 130, out: "" });
  expect(ended.err).toContain("Ended by Ctrl+C (SIGINT)");
});
