/**
 * A process that reads mutations of one kind, [from, to), and tells its parent of each before and after. The parent ends it when it
 * hangs, and starts another one behind a mutation that took long or much memory.
 */
import { useFastKernels } from "./kernels.js";
import { drawMutation, judge, mutated, prepare, type Outcome } from "./judge.js";
import { KINDS } from "./kinds/index.js";
import { peak, settled } from "./memory.js";
import { shrink } from "./shrink.js";

/** What the worker is asked for. */
export interface Order {
  readonly kind: string;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  /** Whether the mutations are read alone, after the sample, to measure them. */
  readonly measure: boolean;
}

export type Report =
  | { readonly said: "begin"; readonly number: number }
  | {
      readonly said: "end";
      readonly number: number;
      readonly outcome: Outcome;
      readonly cost: Cost;
      readonly input?: Found;
    }
  | { readonly said: "done"; readonly growth: number };

/** What reading took. */
export interface Cost {
  /** Processor time in milliseconds. */
  readonly time: number;
  /** How much the greatest memory of the process grew, in megabytes. */
  readonly memory: number;
}

/** A failing input, in base64. */
export interface Found {
  readonly sample: string;
  readonly bytes: string;
}

const tell = (report: Report): Promise<void> =>
  new Promise((resolve) => process.send!(report, undefined, {}, () => resolve()));

/** After so many mutations caches are full, and what grows from there on is a leak. */
const WARM = 300;

async function work({ kind: name, seed, from, to, measure }: Order): Promise<void> {
  await useFastKernels();
  const prepared = await prepare(KINDS.find((kind) => kind.name === name)!);
  let warm: number | undefined;
  for (let number = from; number < to; number++) {
    const mutation = drawMutation(prepared, seed, number);
    const bytes = mutated(prepared, mutation);
    if (measure) {
      for (let i = 0; i < 5; i++) await judge(prepared, prepared.samples[mutation.sample]!.bytes, mutation.sample);
    }
    await tell({ said: "begin", number });
    const [before, start] = [peak(), process.cpuUsage()];
    const outcome = await judge(prepared, bytes, mutation.sample);
    const { user, system } = process.cpuUsage(start);
    const cost = { time: (user + system) / 1000, memory: peak() - before };
    const sample = prepared.samples[mutation.sample]!.name;
    const found = async (): Promise<Found> => {
      const small = measure ? { bytes } : await shrink(prepared, mutation, outcome);
      return { sample, bytes: Buffer.from(small.bytes).toString("base64") };
    };
    await tell({
      said: "end",
      number,
      outcome,
      cost,
      ...(outcome.kind === "fault" || measure ? { input: await found() } : {}),
    });
    if (number === from + WARM) warm = await settled();
  }
  await tell({ said: "done", growth: warm === undefined ? 0 : (await settled()) - warm });
}

process.on("message", (order: Order) => {
  void work(order).then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
