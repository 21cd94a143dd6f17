/** `verify --jobs`: parts in threads give the report of one thread, byte for byte. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { breadth } from "../../../../test/long.js";
import type { Thread } from "../../src/process/threads.js";
import { selectron } from "../harness.js";
import { started, type Ended } from "./started.js";

const folder = mkdtempSync(join(tmpdir(), "selectron-jobs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const PROGRAM = `x = aggregate(select(tokens, tokens, ==), tokens) == "a";
half = 1 / selector_width(select(tokens, tokens, ==));
odd = length == 3 or length == 5;
`;
writeFileSync(join(folder, "x.rasp"), PROGRAM);

const verify = (...args: string[]): Promise<Ended> =>
  started(["verify", "x.rasp", "--vocab", "a,b", "--max-length", "5", ...args], { folder });

it.each(
  [
    [["--sop", "x,half", "--exhaustive", "--json"]],
    [["--sop", "x", "--exhaustive"]],
    [["--sop", "half", "--runs", "50", "--seed", "3", "--json"]],
    [["--sop", "x", "--exhaustive", "--promise", "odd", "--mark", "--json"]],
  ].slice(0, breadth({ short: 1, long: 4 })),
)("verify %j is the same for 1, 2 and 5 jobs", async (how) => {
  const [one, two, five] = [
    await verify(...how, "--jobs", "1"),
    await verify(...how, "--jobs", "2"),
    await verify(...how, "--jobs", "5"),
  ];
  expect(one).toMatchObject({ code: 0, err: "" });
  expect(two).toEqual(one);
  expect(five).toEqual(one);
});

it("an error is told once, and ends all threads", async () => {
  const ended = await verify("--sop", "y", "--exhaustive", "--jobs", "3");
  expect(ended).toEqual(await verify("--sop", "y", "--exhaustive", "--jobs", "1"));
  expect(ended.code).toBe(2);
});

it("parts whose thread is lost are done by the command itself, and standard input is read once", async () => {
  const args = ["verify", "x.rasp", "--sop", "x", "--vocab", "a,b", "--max-length", "5", "--exhaustive", "--json"];
  const files = { "x.rasp": PROGRAM };
  const whole = await selectron(args, { files });
  const asked: unknown[] = [];
  const ask = (shard: object): Promise<undefined> => Promise.resolve(void asked.push(shard));
  const startThread = (): Thread => ({ isReady: true, lost: undefined, ask, stop: () => undefined });
  expect(await selectron([...args, "--jobs", "3"], { files, startThread })).toEqual(whole);
  expect(asked).toEqual([2, 3].map((index) => ({ index, count: 3 })));
  expect(await selectron(args, { files, startThread })).toEqual(whole); // few inputs: one job
  const fromInput = args.with(1, "-");
  expect(await selectron([...fromInput, "--jobs", "3"], { stdin: PROGRAM, startThread })).toEqual(whole);
  expect(asked).toHaveLength(2);
});

it.each(["--looped", "--scratchpad"])("is refused with %s, whose inputs are not divided", async (kind) => {
  const { exitCode, err } = await selectron(["verify", "m.safetensors", "x.rasp", kind, "--jobs", "2", "--exhaustive"]);
  expect(exitCode).toBe(2);
  expect(err).toContain(`option '--jobs <n>' cannot be used with option '${kind}'`);
});

it.each(["verify", "train"])("%s refuses numbers of jobs that are none", async (command) => {
  for (const jobs of ["0", "257", "1.5", "all"]) {
    const { exitCode, err } = await selectron([command, "x.rasp", "--jobs", jobs]);
    expect(exitCode).toBe(2);
    expect(err).toContain(`option '--jobs <n>' argument '${jobs}' is invalid. `);
  }
});
