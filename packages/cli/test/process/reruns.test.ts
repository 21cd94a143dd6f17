/** Commands that are ended at random moments and started again until they are done: the files are those of a run that nothing disturbed. */
import { Rng } from "@selectron/core";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { breadth } from "../../../../test/long.js";
import { config, data, weights } from "../repeating-model.js";
import { started } from "./started.js";

const root = mkdtempSync(join(tmpdir(), "selectron-reruns-"));
afterAll(() => rmSync(root, { recursive: true }));
writeFileSync(join(root, "m.safetensors"), weights());
writeFileSync(join(root, "p.rasp"), "x = aggregate(select(indices, length - 1 - indices, ==), tokens);");
writeFileSync(join(root, "c.json"), config);
writeFileSync(join(root, "data.jsonl"), data);

const STEPS = breadth({ short: 8, long: 16 });
const PROGRAMS = breadth({ short: 3, long: 6 });

/** The arguments, the exit code of a run that nothing disturbed, and the files that have times or memory in them. */
const works: readonly (readonly [string, readonly string[], number, RegExp])[] = [
  [
    "train",
    [
      ...["train", join(root, "p.rasp"), "--sop", "x", "--vocab", "a,b", "--max-length", "4", "--width", "8"],
      ...["--ffn", "8", "--steps", String(STEPS), "--batch", "2", "--checkpoint-every", "2", "-o", "out"],
    ],
    1,
    /^$/,
  ],
  ["dataset", ["dataset", "--count", String(PROGRAMS), "--seed", "4", "--max-length", "5", "-o", "out"], 0, /^$/],
  [
    "decompile",
    [
      ...["decompile", join(root, "m.safetensors"), "--config", join(root, "c.json")],
      ...["--data", join(root, "data.jsonl"), "--checkpoint", "out", "-o", "program.rasp"],
    ],
    0,
    /^out\/m\.json$/,
  ],
];

/** Every file below a folder with its length and a hash of its contents. */
function filesIn(folder: string, except: RegExp): ReadonlyMap<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  const files = names.filter((name) => !except.test(name) && statSync(join(folder, name)).isFile());
  return new Map(files.map((name) => [name, printOf(readFileSync(join(folder, name)))]));
}

const printOf = (bytes: Uint8Array): string =>
  `${bytes.length} bytes, sha256 ${createHash("sha256").update(bytes).digest("hex")}`;

describe.each(works)("%s", (name, args, code, except) => {
  it("ends with the bytes of a run that nothing disturbed", { timeout: 600_000 }, async () => {
    const whole = mkdtempSync(join(root, "whole-"));
    const from = performance.now();
    const undisturbed = await started(args, { folder: whole });
    expect(undisturbed, undisturbed.err).toMatchObject({ code });
    const took = performance.now() - from;
    const expected = filesIn(whole, except);
    expect(expected.size).toBeGreaterThan(2);

    const rng = new Rng(name.length);
    for (let round = 0; round < breadth({ short: 1, long: 3 }); round++) {
      const folder = mkdtempSync(join(root, "killed-"));
      const codes: (number | null)[] = [];
      for (let tries = 0; codes.at(-1) !== code; tries++) {
        const kill = (["SIGKILL", "SIGINT", "SIGTERM"] as const)[rng.int(3)]!;
        // Later each time, so that the work comes to its end.
        const moment = performance.now() + (0.3 + rng.int(700) / 1000) * took * (0.7 + 0.25 * tries);
        const {
          code: ended,
          signal,
          err,
        } = await started(args, { folder, kill, when: () => performance.now() > moment });
        // Before the command listens, the system ends it.
        expect([code, 130, 143, null], err).toContain(ended);
        if (ended === null) expect(["SIGKILL", kill]).toContain(signal);
        codes.push(ended);
      }
      expect(filesIn(folder, except), codes.join()).toEqual(expected);
    }
  });
});
