/** What a process holds. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
/** V8's own, which is nowhere a global unless the process was started for it. */
const collect = runInNewContext("gc") as () => void;

/** Megabytes in use after a collection: JavaScript's heap, and buffers beside it. */
export function inUse(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

/** The same once what was freed has told whoever waits for it, as memory of kernels does: that takes some turns. */
export async function settled(): Promise<number> {
  for (let turn = 0; turn < 3; turn++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve));
  }
  return inUse();
}

/** The greatest memory of the process so far, in megabytes. */
export const peak = (): number => process.resourceUsage().maxRSS / 1024;
