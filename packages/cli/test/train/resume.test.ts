/** A training believes of its folder what is possible, says what it leaves out, and overwrites nothing where nothing can be used. */
import { decodeSafetensors, encodeSafetensors, withChecksum } from "@selectron/core";
import { describe, expect, it } from "vitest";
import { selectron, type Ran } from "../harness.js";

const files = { "p.rasp": "x = aggregate(select(indices, length - 1 - indices, ==), tokens);" };
const args = [
  ...["train", "p.rasp", "--sop", "x", "--vocab", "a,b", "--max-length", "4", "--width", "8", "--ffn", "8"],
  ...["--batch", "2", "--steps", "4", "--checkpoint-every", "1", "-o", "run"],
];
const [LOG, MODEL] = ["run/log.jsonl", "run/model.safetensors"];
const checkpoint = (step: number): string => `run/checkpoints/step-0000000${step}.safetensors`;

type Folder = Map<string, Uint8Array>;
const learn = (binaries: Folder): Promise<Ran> => selectron(args, { files, binaries });

let whole: Promise<Folder> | undefined;
/** The folder after a whole training. */
async function finished(): Promise<Folder> {
  whole ??= (async () => {
    const binaries: Folder = new Map();
    expect((await learn(binaries)).exitCode).toBe(1);
    return binaries;
  })();
  return new Map([...(await whole)].map(([name, bytes]) => [name, Uint8Array.from(bytes)]));
}

const textOf = (binaries: Folder, name: string): string => Buffer.from(binaries.get(name)!).toString();
const contents = (binaries: Folder): unknown =>
  [...binaries].map(([name, bytes]) => [name, Buffer.from(bytes).toString("base64")]).sort();

it("goes on where lines of the log are damaged, repeated or out of order", async () => {
  const binaries = await finished();
  const undisturbed = contents(binaries);
  const lines = textOf(binaries, LOG).split("\n");
  const third = lines[2]!;
  const damaged = [
    ...["\0\0\0", "", "null", "5", "[]", '{"step":1', '"step"', "\x1b[31m\ufffd", lines[0]!],
    ...[lines[3]!, lines[1]!, third, lines[3]!],
    ...['{"step":2.5}', third.replace('"step":3', '"step":"3"'), third.replace('"step":3', '"step":-3')],
    ...[third.replace(/"loss":[^,]+/, '"loss":null'), third.replace(/"accuracy":[^,]+/, '"accuracy":7')],
    '{"step":',
  ];
  binaries.set(LOG, Buffer.from(damaged.join("\n")));
  binaries.delete(MODEL);
  const { err } = await learn(binaries);
  expect(err).toContain("run/log.jsonl: 14 damaged or repeated lines are left out.\n");
  expect(contents(binaries)).toEqual(undisturbed);
});

it("changes nothing where no checkpoint is sound", async () => {
  const binaries = await finished();
  for (const [name, bytes] of binaries) if (name.includes("checkpoints/")) bytes.fill(0, bytes.length - 8);
  const before = contents(binaries);
  const { exitCode, err } = await learn(binaries);
  expect(exitCode).toBe(2);
  expect(err).toMatch(
    /error: none of the 3 checkpoints can be used; the newest, step-00000004\.safetensors: it is damaged: .*\. Nothing was changed; to start anew, move them away\.\n/,
  );
  expect(contents(binaries)).toEqual(before);
});

/** A file whose header has a value in 100,000 brackets. */
function deep(): Uint8Array {
  const header = Buffer.from(`{"x":${"[".repeat(1e5)}${"]".repeat(1e5)}}`);
  return Buffer.concat([new Uint8Array(BigUint64Array.of(BigInt(header.length)).buffer), header]);
}

/** A checkpoint with another state, and the checksum of that. */
function stateOf(bytes: Uint8Array, change: object): Uint8Array {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const state = JSON.parse(metadata["selectron.training"]!) as object;
  const changed = { "selectron.training": JSON.stringify({ ...state, ...change }) };
  return encodeSafetensors(tensors, withChecksum(tensors, changed));
}

describe("a newest checkpoint that cannot be used leaves the one before it:", () => {
  it.each<[string, (name: string, bytes: Uint8Array) => [string, Uint8Array]]>([
    ["an entry that is nested deep", (name) => [name, deep()]],
    ["nothing in it", (name) => [name, new Uint8Array()]],
    ["no tensors", (name) => [name, encodeSafetensors({}, {})]],
    ["the step of another", (_, bytes) => [checkpoint(5), bytes]],
    ["a step beyond the training's end", (_, bytes) => [checkpoint(9), stateOf(bytes, { step: 9 })]],
    ["a step that is none", (name, bytes) => [name, stateOf(bytes, { step: -4 })]],
    ["a step as text", (name, bytes) => [name, stateOf(bytes, { step: "4" })]],
    ["an accuracy above 1", (name, bytes) => [name, stateOf(bytes, { bestAccuracy: 2 })]],
    ["more evaluations than steps", (name, bytes) => [name, stateOf(bytes, { evaluationsSince: 10 })]],
  ])("%s", async (_, change) => {
    const binaries = await finished();
    const model = Buffer.from(binaries.get(MODEL)!);
    const newest = binaries.get(checkpoint(4))!;
    binaries.delete(checkpoint(4));
    binaries.set(...change(checkpoint(4), newest));
    const { err } = await learn(binaries);
    expect(err).toMatch(/step-0000000[459]\.safetensors is not used: it /);
    expect(err).toContain("Going on after step 3, from run.");
    expect(model.equals(binaries.get(MODEL)!)).toBe(true);
  });
});
