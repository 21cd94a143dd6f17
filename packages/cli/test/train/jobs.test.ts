/** `train --jobs`: shards in threads give the weights of one thread, byte for byte. */
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { breadth } from "../../../../test/long.js";
import { Context, nodeIo } from "../../src/index.js";
import type { Thread, Work } from "../../src/process/threads.js";
import { shardLearner } from "../../src/train/shard-learner.js";
import type { ShardOrder, ShardSetup } from "../../src/train/shared-training.js";
import { selectron } from "../harness.js";
import { started, type Ended, type Start } from "../process/started.js";

const PROGRAM = "x = aggregate(select(indices, length - 1 - indices, ==), tokens);";
const folder = mkdtempSync(join(tmpdir(), "selectron-train-jobs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, "x.rasp"), PROGRAM);

const LEARN = ["train", "x.rasp", "--sop", "x", "--vocab", "a,b,c", "--max-length", "6", "--batch", "40"];
const [SIZES, RUN] = [
  ["--width", "8", "--ffn", "16"],
  ["--steps", "4", "-o", "run"],
];

interface Trained {
  readonly err: string;
  readonly exitCode: number;
  /** Of the weights and the log. */
  readonly hash: string;
}

/** Trains in this process, on threads that are functions. */
async function trained(args: readonly string[], thread?: (learner: Learner) => Thread): Promise<Trained> {
  const files = { "x.rasp": PROGRAM };
  const binaries = new Map<string, Uint8Array>();
  const context = new Context({ ...nodeIo, readFile: () => PROGRAM });
  const startThread = thread && (({ setup }: Work): Thread => thread(shardLearner(context, setup as ShardSetup)));
  const { exitCode, err } = await selectron(args, { files, binaries, ...(startThread ? { startThread } : {}) });
  const bytes = ["run/model.safetensors", "run/log.jsonl"].map((name) => Buffer.from(binaries.get(name)!));
  return { exitCode, err, hash: createHash("sha256").update(Buffer.concat(bytes)).digest("hex") };
}

type Learner = ReturnType<typeof shardLearner>;

it.each(
  [
    [[...LEARN, ...SIZES, ...RUN, "--supervise"]],
    [[...LEARN, ...RUN, "--from-compiled", "--noise", "0.01"]],
    [["train", "copy", "--steps", "2", "-o", "run"]],
  ].slice(0, breadth({ short: 1, long: 3 })),
)("%j has the same weights and log for 1, 2 and 3 jobs", async (args) => {
  const orders: [number, number][] = [];
  let threads = 0;
  const thread = (learner: Learner): Thread => {
    const own = threads++;
    const ask = async (order: object): Promise<unknown> => {
      orders.push([own, (order as ShardOrder).index]);
      return (await learner)(structuredClone(order) as ShardOrder);
    };
    return { isReady: true, lost: undefined, ask, stop: () => undefined };
  };
  const { hash } = await trained([...args, "--jobs", "1"], thread);
  expect(threads).toBe(0);
  expect(await trained([...args, "--jobs", "2"], thread)).toMatchObject({ hash });
  expect(threads).toBe(2);
  expect(new Set(orders.map(([own]) => own)).size).toBe(2);
  expect(new Set(orders.map(([, index]) => index))).toEqual(new Set([0, 1, 2, 3]));
  expect(await trained([...args, "--jobs", "3"], thread)).toMatchObject({ hash });
  expect(await trained(args, thread)).toMatchObject({ hash }); // too short for threads
  expect(threads).toBe(5);
});

it("a training goes on without threads that are lost, and says so", async () => {
  const one = await trained([...LEARN, ...SIZES, ...RUN, "--jobs", "1"]);
  let asked = 0;
  const thread = (learner: Learner): Thread => {
    let lost: string | undefined;
    const ask = async (order: object): Promise<unknown> => {
      if (++asked === 4) return void (lost = "the memory is used up");
      return (await learner)(structuredClone(order) as ShardOrder);
    };
    return {
      isReady: true,
      get lost() {
        return lost;
      },
      ask,
      stop: () => undefined,
    };
  };
  const { hash, err } = await trained([...LEARN, ...SIZES, ...RUN, "--jobs", "2"], thread);
  expect(hash).toBe(one.hash);
  expect(err).toContain("note: the training goes on without one of its threads: the memory is used up\n");
  expect(err.match(/note:/g)).toHaveLength(1);
});

it("an interrupted training goes on with other jobs to the weights of one job", async () => {
  const args = [...LEARN, "--width", "16", "--ffn", "32", "--steps", "60", "--checkpoint-every", "5"];
  const runs = (output: string, jobs: number, start: Partial<Start> = {}): Promise<Ended> =>
    started([...args, "-o", output, "--jobs", String(jobs)], { folder, ...start });
  const whole = await runs("whole", 1);
  const cut = await runs("cut", 2, {
    kill: "SIGINT",
    when: () => existsSync(join(folder, "cut/checkpoints/step-00000010.safetensors")),
  });
  expect(cut).toMatchObject({ code: 130, out: "" });
  expect(cut.err).toMatch(/Interrupted after step \d+; the same command goes on from there\./);
  const rest = await runs("cut", 3);
  expect(rest.out).toBe(whole.out.replaceAll("whole", "cut"));
  const model = (output: string): Buffer => readFileSync(join(folder, output, "model.safetensors"));
  expect(model("cut").equals(model("whole"))).toBe(true);
});
