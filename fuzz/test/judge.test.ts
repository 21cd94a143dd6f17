/** What the harness itself must find: each sort of fault, in a reader that has it, and no other. */
import { Rng } from "@selectron/core";
import { describe, expect, it } from "vitest";
import { drawMutation, judge, mutated, prepare, sortOf, type Outcome } from "../src/judge.js";
import type { Kind } from "../src/kind.js";
import { editBytes } from "../src/mutate/bytes.js";
import { editJson } from "../src/mutate/json.js";
import { editProtobuf } from "../src/mutate/protobuf.js";
import { editSafetensors, startOfData, withHeader } from "../src/mutate/safetensors.js";
import { editProgram } from "../src/mutate/text.js";
import { shrink } from "../src/shrink.js";
import { encode, decode, readingOf } from "../src/world.js";

class Told extends Error {}

const kindOf = (read: Kind["read"], more: Partial<Kind> = {}): Kind => ({
  name: "k",
  share: 1,
  samples: () => [{ name: "s", bytes: encode("sample") }],
  edit: editBytes,
  read: (bytes, sample) => (decode(bytes) === "sample" ? "sample" : read(bytes, sample)),
  documented: [Told],
  ...more,
});

const outcomeOf = async (kind: Kind, text = "other"): Promise<Outcome> => judge(await prepare(kind), encode(text), 0);
const throwing =
  (error: Error): Kind["read"] =>
  () => {
    throw error;
  };

describe("judge", () => {
  it.each<[string, Kind, string]>([
    ["an error of another class", kindOf(throwing(new TypeError("x is undefined"))), "TypeError: x is undefined"],
    ["an error that commands the terminal", kindOf(throwing(new Told("a\u001b[31m"))), "raw control character"],
    ["an error that is long", kindOf(throwing(new Told("a".repeat(5000)))), "5000 characters"],
    ["changed contents that are taken", kindOf(() => "sample", { changed: "refused" }), "are accepted"],
    ["changed contents that mean something else", kindOf(() => "another", { changed: "alike" }), "mean something else"],
    [
      "a command that blames itself",
      kindOf(() => readingOf({ exitCode: 2, out: "", err: "help: this is a defect of selectron" }, 10)),
      "blames itself",
    ],
    ["a command that says nothing", kindOf(() => readingOf({ exitCode: 2, out: "", err: "" }, 10)), "without a word"],
    ["an unknown exit code", kindOf(() => readingOf({ exitCode: 7, out: "", err: "x" }, 10)), "exit code 7"],
  ])("finds %s", async (_, kind, what) => {
    const outcome = await outcomeOf(kind);
    expect(outcome.kind === "fault" && outcome.what).toContain(what);
  });

  it.each<[Outcome["kind"], Kind]>([
    ["refused", kindOf(throwing(new Told("no")))],
    ["refused", kindOf(() => readingOf({ exitCode: 2, out: "", err: "error: no" }, 10))],
    ["accepted", kindOf(() => "another")],
    ["accepted", kindOf(() => "sample", { changed: "alike" })],
  ])("lets pass: %s", async (expected, kind) => {
    expect(await outcomeOf(kind)).toEqual({ kind: expected });
    expect(await outcomeOf(kind, "sample")).toEqual({ kind: "unchanged" });
  });

  it("refuses to begin with a sample that is not accepted", async () => {
    const kind = { ...kindOf(() => ""), read: () => ({ accepted: false, text: "no" }) };
    await expect(prepare(kind)).rejects.toThrow("k: the sample s is not accepted: no");
  });
});

it("shrinks what fails to what matters", async () => {
  const prepared = await prepare(
    kindOf(
      (bytes) => {
        if (decode(bytes).includes("!")) throw new TypeError("!");
        return "";
      },
      { edit: (bytes, rng) => encode(`${decode(bytes)}${rng.int(2)}!${"x".repeat(200)}`) },
    ),
  );
  const mutation = { sample: 0, edits: [1, 2, 3] };
  const outcome = await judge(prepared, mutated(prepared, mutation), 0);
  const { bytes, edits } = await shrink(prepared, mutation, outcome);
  expect([decode(bytes), edits]).toEqual(["!", 1]);
});

it("calls faults that differ in numbers and names the same", () => {
  expect(sortOf('tensor "a" has 3')).toBe(sortOf('tensor "b\\"c" has 451'));
  expect(sortOf('tensor "a" has 3')).not.toBe(sortOf('tensor "a" lacks 3'));
});

describe("mutations", () => {
  const file = withHeader(new Uint8Array(16), '{"x":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}');
  const cases: readonly (readonly [string, (rng: Rng) => Uint8Array | string])[] = [
    ["bytes", (rng) => editBytes(encode("some bytes of a file"), rng)],
    ["JSON", (rng) => editJson('{"a":[1,"b",{"c":null}],"d":"{\\"e\\":1}"}', rng)],
    ["broken JSON", (rng) => editJson('{"a":[1,"b",', rng)],
    ["no JSON", (rng) => editJson("", rng)],
    ["protobuf", (rng) => editProtobuf(Uint8Array.of(8, 1, 18, 3, 97, 98, 99), rng)],
    ["safetensors", (rng) => editSafetensors(file, rng)],
    ["RASP", (rng) => editProgram('x = tokens == "a"; # end', rng, "y = 1;")],
  ];

  it.each(cases)("of %s follow from the seed, and differ", (_, edit) => {
    const of = (seed: number): string => String(edit(new Rng(seed)));
    const drawn = Array.from({ length: 50 }, (_, seed) => of(seed));
    expect(Array.from({ length: 50 }, (_, seed) => of(seed))).toEqual(drawn);
    expect(new Set(drawn).size).toBeGreaterThan(10);
  });

  it("of safetensors headers mostly keep the length right", () => {
    const sound = Array.from({ length: 200 }, (_, seed) => editSafetensors(file, new Rng(seed)));
    expect(sound.filter((bytes) => startOfData(bytes) > 0 && startOfData(bytes) % 8 === 0).length).toBeGreaterThan(120);
  });

  it("are drawn from the seed, the kind and the number", async () => {
    const prepared = await prepare(kindOf(() => ""));
    const [first, again, other] = [
      drawMutation(prepared, 1, 5),
      drawMutation(prepared, 1, 5),
      drawMutation(prepared, 2, 5),
    ];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });
});
