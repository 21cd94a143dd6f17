/** What further cores give: `selectron verify --exhaustive` with one job and with as many as there are cores, in turns, which must print the same bytes. */
import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";

const ROUNDS = 5;
const main = fileURLToPath(new URL("../../../packages/cli/dist/main.js", import.meta.url));
const program = fileURLToPath(new URL("../../../examples/07-dyck2.rasp", import.meta.url));
const CASES = { "Dyck-2 up to length 7": ["--sop", "dyck2_ptf", "--vocab", "(,),{,}", "--max-length", "7"] };

function timed(args: readonly string[], jobs: number): { readonly out: string; readonly seconds: number } {
  const began = performance.now();
  const all = [main, "verify", program, ...args, "--exhaustive", "--json", "--jobs", String(jobs)];
  const out = execFileSync(process.execPath, all, { encoding: "utf8" });
  return { out, seconds: (performance.now() - began) / 1000 };
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** Prints seconds, and the median of the ratios within a round. Throws an Error unless the outputs are equal. */
export function printCores(): void {
  const cores = availableParallelism();
  for (const [name, args] of Object.entries(CASES)) {
    const rounds = Array.from({ length: ROUNDS }, () => [timed(args, 1), timed(args, cores)] as const);
    for (const [one, all] of rounds) if (one.out !== all.out) throw new Error(`${name}: the reports differ.`);
    const [alone, together] = [0, 1].map((i) => median(rounds.map((round) => round[i]!.seconds))) as [number, number];
    const ratio = median(rounds.map(([one, all]) => one.seconds / all.seconds));
    console.log(
      `verify, ${name}: ${alone.toFixed(1)} s with one job, ${together.toFixed(1)} s with ${cores}: ${ratio.toFixed(2)} times as fast`,
    );
  }
}
