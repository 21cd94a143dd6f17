/** A thread that verifies a part. It says nothing to people: who has started it compiles the same program, and warns. */
import { parentPort, workerData } from "node:worker_threads";
import { Context } from "../context.js";
import { nodeIo } from "../files/io.js";
import { verification, type VerifySelection } from "../verification.js";
import type { Part } from "./parts.js";

const { file, options, shard } = workerData as Part;
const silence = (): void => undefined;
const context = new Context({ ...nodeIo, isErrorTerminal: false, out: silence, err: silence });
const { report } = await verification(context, file, { ...(options as VerifySelection), shard });
parentPort!.postMessage(report);
