/** The program of a worker, as text: it runs from a blob or an evaluated string, where it cannot import modules. */
import { COUNT, DONE, KERNEL, MAX_ARGUMENTS, NEXT, sharedKernels, STOP, TABLE } from "./control.js";

/** What a worker is sent. */
export interface WorkerOrder {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** The address of the control block. */
  readonly control: number;
  /** The distance of its workspace from that of the owner, in workspaces. */
  readonly index: number;
}

/** How long a worker polls for the next job before it sleeps, in milliseconds: products often follow one another. */
const SPIN = 0.05;

/**
 * The worker answers "ready", or the reason why it cannot work. The last number of a call's arguments is the size of a workspace,
 * the one before it the address of the owner's.
 */
export const workerSource = `
const node = typeof require === "function" ? require("node:worker_threads").parentPort : undefined;
const answer = (message) => (node ?? self).postMessage(message);
function work({ module, memory, control, index }) {
  let kernels;
  try {
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    kernels = ${JSON.stringify(sharedKernels)}.map((name) => exports[name]);
  } catch (error) {
    answer(String(error));
    return;
  }
  const words = new Int32Array(memory.buffer, control);
  const table = new Float64Array(memory.buffer, control + ${TABLE});
  answer("ready");
  let idle = performance.now();
  while (words[${STOP}] === 0) {
    const claim = Atomics.load(words, ${NEXT});
    const left = claim & 255;
    if (left === 0) {
      if (performance.now() - idle > ${SPIN}) Atomics.wait(words, ${NEXT}, claim);
      continue;
    }
    const kernel = kernels[words[${KERNEL}]];
    const start = (left - 1) * ${MAX_ARGUMENTS};
    const values = Array.from(table.subarray(start, start + words[${COUNT}]));
    if (Atomics.compareExchange(words, ${NEXT}, claim, claim - 1) !== claim) continue;
    const size = values.pop();
    values.push(values.pop() + index * size);
    kernel(...values);
    Atomics.add(words, ${DONE}, 1);
    Atomics.notify(words, ${DONE});
    idle = performance.now();
  }
}
if (node) node.once("message", work);
else self.onmessage = ({ data }) => work(data);
`;
