/** A thread that shares the work of a command. It says nothing to people: who has started it reads the same files, and warns. */
import { parentPort, workerData } from "node:worker_threads";
import { Context } from "../context.js";
import { teamMember } from "../decompile/together.js";
import { nodeIo } from "../files/io.js";
import { shardLearner } from "../train/shard-learner.js";
import { verifier } from "../verification.js";
import type { Told, Work } from "./threads.js";

/** Sets up a work, and gives what answers its orders. */
type Prepare = (context: Context, setup: never) => Answer | Promise<Answer>;
type Answer = (order: never) => unknown;

const WORKS: Readonly<Record<Work["kind"], Prepare>> = {
  verify: verifier,
  train: shardLearner,
  decompile: teamMember,
};

const port = parentPort!;
const tell = (told: Told): void => port.postMessage(told);
const silence = (): void => undefined;
const context = new Context({ ...nodeIo, isErrorTerminal: false, out: silence, err: silence });

const { kind, setup } = workerData as Work;
const answer = await WORKS[kind](context, setup as never);
/** An error is met again by who does the work instead. */
const answered = async (order: object): Promise<unknown> => {
  try {
    return await answer(order as never);
  } catch {
    return undefined;
  }
};
port.on("message", async (order: object) => tell({ answer: await answered(order) }));
tell({ isReady: true });
