/** The other thread of `twice`: prepares a task that it is sent, answers its result, and then does it whenever told to. */
import { parentPort, workerData } from "node:worker_threads";
import type { Task } from "../tasks.js";
import { exactKernels, relaxedKernels, selectron, selectronResident } from "./selectron.js";
import { DONE, STARTED, type TwinOrder } from "./twice.js";

/** How long it looks for the next run before it sleeps, in milliseconds. */
const SPIN = 0.05;

async function answer(order: TwinOrder): Promise<void> {
  const kernels = await (order.kernels === "relaxed" ? relaxedKernels() : exactKernels());
  const engine = order.operands === "resident" ? selectronResident(kernels) : selectron(kernels);
  const { words } = order;
  parentPort!.on("message", (task: Task) => void follow(task));

  async function follow(task: Task): Promise<void> {
    engine.enter?.();
    const prepared = (await engine.prepare(task))!;
    let done = Atomics.load(words, DONE);
    parentPort!.postMessage(Float32Array.from(await prepared.result()));
    for (let idle = performance.now(); ;) {
      const started = Atomics.load(words, STARTED);
      if (started < 0) break;
      if (started === done) {
        if (performance.now() - idle > SPIN) Atomics.wait(words, STARTED, started);
        continue;
      }
      prepared.run();
      Atomics.store(words, DONE, (done = started));
      Atomics.notify(words, DONE);
      idle = performance.now();
    }
    Atomics.store(words, STARTED, done);
    prepared.dispose?.();
  }
}

await answer(workerData as TwinOrder);
