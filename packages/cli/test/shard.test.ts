/** `verify --shard i/n` and `merge`: the shards' reports merge into the report of the whole run. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { selectron } from "./harness.js";

const program = 'x = aggregate(select(tokens, tokens, ==), tokens) == "a";\n';
const selection = ["x.rasp", "--sop", "x", "--vocab", "a,b", "--max-length", "5"];
const files = { "x.rasp": program };

describe.each([["--exhaustive"], ["--runs", "50", "--seed", "7"]])("verify %s", (...how) => {
  it.each([1, 2, 3, 7])("in %i shards merges to the whole run's report", async (count) => {
    const whole = await selectron(["verify", ...selection, ...how, "--json"], { files });
    expect(JSON.parse(whole.out)).toMatchObject({ ok: true, inputs: how.length === 1 ? 62 : 50, shard: null });
    const reports: string[] = [];
    for (let index = count; index >= 1; index--) {
      const args = ["verify", ...selection, ...how, "--shard", `${index}/${count}`, "--json"];
      reports.push((await selectron(args, { files })).out);
    }
    const merged = await selectron(["merge", "-", "--json"], { stdin: reports.join("") });
    // The check of the weights is about all inputs: only a whole run has it.
    const { check, ...report } = JSON.parse(whole.out) as Record<string, unknown>;
    expect(check).toEqual({ verdict: "holds", stopped: false });
    expect({ ...merged, out: JSON.parse(merged.out) as unknown }).toEqual({ ...whole, out: report });
  });
});

describe("merge", () => {
  const shard = async (part: string, ...how: string[]): Promise<string> =>
    (await selectron(["verify", ...selection, ...how, "--shard", part, "--json"], { files })).out;
  const merge = (...reports: string[]) => selectron(["merge", "-"], { stdin: reports.join("") });

  it("prints the same text as the whole run", async () => {
    const whole = await selectron(["verify", ...selection, "--exhaustive"], { files });
    expect(whole.out).toMatch(/agrees with the program on all 62 inputs of 1 to 5 tokens\.\n\d+ of them have no value/);
    const out = whole.out.replace(/checked from the weights: .*\n/, "");
    expect(out).not.toBe(whole.out);
    const merged = await merge(await shard("1/2", "--exhaustive"), await shard("2/2", "--exhaustive"));
    expect(merged).toEqual({ ...whole, out });
  });

  it("names a shard that is missing or repeated", async () => {
    const first = await shard("1/3", "--exhaustive");
    expect(await merge(first, await shard("3/3", "--exhaustive"))).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining("no report of 2") as unknown,
    });
    expect((await merge(first, first)).err).toContain("shard 1/3 is there twice");
  });

  it("refuses reports of different runs", async () => {
    const { err } = await merge(
      await shard("1/2", "--runs", "9", "--seed", "1"),
      await shard("2/2", "--runs", "9", "--seed", "2"),
    );
    expect(err).toContain("reports 1 and 2 are of different runs: seed is 1 and 2");
    const low = await merge(
      await shard("1/2", "--exhaustive", "--precision", "bfloat16"),
      await shard("2/2", "--exhaustive", "--precision", "tf32"),
    );
    expect(low.err).toContain('precision is "bfloat16" and "tf32"');
  });

  it("refuses what cannot be: other weights, contradictions, too many inputs, 10^8 shards", async () => {
    const [first, second] = [await shard("1/2", "--exhaustive"), await shard("2/2", "--exhaustive")];
    const edited = (report: string, change: Record<string, unknown>): string =>
      `${JSON.stringify({ ...(JSON.parse(report) as object), ...change })}\n`;
    const refused = async (message: string, ...reports: string[]): Promise<void> =>
      expect(await merge(...reports)).toMatchObject({
        exitCode: 2,
        out: "",
        err: expect.stringContaining(message) as unknown,
      });
    await refused("reports 1 and 2 are of different runs: weights is ", first, edited(second, { weights: "00000000" }));
    await refused(
      'line 2 of "-" is no report of a verification: ok: it is true, and wrong is 5',
      first,
      edited(second, { wrong: 5 }),
    );
    await refused("inputs: it is 62, and shard 1/2 of 62 inputs are 31", edited(first, { inputs: 62 }), second);
    await refused(
      "of 100000000 shards there is no report of ",
      edited(first, { shard: { index: 1, count: 1e8 }, exhaustive: false, seed: 1 }),
    );
    await refused("sop is no text", edited(first, { sop: 3 }));
  });

  it("refuses other text, and the report of a whole run", async () => {
    expect((await merge('{"ok": true}\n')).err).toContain('line 1 of "-" is no report');
    expect((await merge("nonsense")).err).toContain("is no report");
    const whole = await selectron(["verify", ...selection, "--exhaustive", "--json"], { files });
    expect((await merge(whole.out)).err).toContain("report 1 is of a whole run");
  });
});

describe("--shard", () => {
  it.each(["0/3", "4/3", "1", "a/b", "1/0"])("%s is refused", async (text) => {
    const { exitCode, err } = await selectron(["verify", ...selection, "--exhaustive", "--shard", text], { files });
    expect([exitCode, err]).toEqual([2, expect.stringContaining("Write i/n")]);
  });

  it("allows more inputs than one run can try", async () => {
    const many = [...selection.slice(0, -1), "25", "--exhaustive"];
    const { err } = await selectron(["verify", ...many], { files });
    expect(err).toContain("--shard 1/4");
  });
});

const parallel = hasParallel();
if (!parallel) {
  console.warn("SKIPPED: GNU parallel is not installed, so the job array was not tried; apt-get install parallel");
}

function hasParallel(): boolean {
  try {
    return execFileSync("parallel", ["--version"], { stdio: ["ignore", "pipe", "ignore"] }).includes("GNU parallel");
  } catch {
    return false;
  }
}

describe.runIf(parallel)("GNU parallel", () => {
  // The built command: `npm test` builds it before the tests.
  it("runs the shards as jobs, whose reports merge", () => {
    const folder = mkdtempSync(join(tmpdir(), "selectron-shard-"));
    try {
      writeFileSync(join(folder, "x.rasp"), program);
      const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));
      const node = (...args: string[]): string =>
        execFileSync(process.execPath, [main, ...args], { cwd: folder, encoding: "utf8" });
      const job = ["verify", ...selection, "--exhaustive", "--json"];
      const command = [process.execPath, main, ...job, "--shard", "{}/4"];
      const reports = execFileSync("parallel", ["--jobs", "2", "--quote", ...command, ":::", "1", "2", "3", "4"], {
        cwd: folder,
        encoding: "utf8",
      });
      writeFileSync(join(folder, "reports.jsonl"), reports);
      expect(reports.trim().split("\n")).toHaveLength(4);
      // The check of the weights is of no shard.
      const { check, ...whole } = JSON.parse(node(...job)) as Record<string, unknown>;
      expect(check).toEqual({ verdict: "holds", stopped: false });
      expect(JSON.parse(node("merge", "reports.jsonl", "--json"))).toEqual(whole);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
