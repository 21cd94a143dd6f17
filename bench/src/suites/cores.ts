/**
 * What further cores give: commands with one job and with as many as there are cores, in turns, which must give the same bytes: `verify
 * --exhaustive`, a training with batches of 32, and the decompilation of a model that is refused, whose weights are random.
 */
import { encodeSafetensors, randn, Rng } from "@selectron/core";
import { gpt2Config, gpt2Shapes } from "@selectron/nn";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROUNDS = 3;
const main = fileURLToPath(new URL("../../../packages/cli/dist/main.js", import.meta.url));
const program = fileURLToPath(new URL("../../../examples/07-dyck2.rasp", import.meta.url));

interface Case {
  readonly name: string;
  readonly args: readonly string[];
  /** A smaller case. What this one takes beyond it has no start in it, nor what threads take until engines have translated what runs often. */
  readonly beyond?: { readonly name: string; readonly args: readonly string[] };
  /** A file that it writes; its standard output counts as well. */
  readonly file?: string;
  /** What it ends with: 1 for a training that is too short, and for a model that is refused. */
  readonly code: number;
}

/** @param folder - in which they run; the model to decompile is written to it */
function casesIn(folder: string): readonly Case[] {
  writeModel(folder);
  return [
    {
      name: "verify, Dyck-2 up to length 8",
      args: verifying(8),
      beyond: { name: "up to length 7", args: verifying(7) },
      code: 0,
    },
    {
      name: "train, copy, 400 steps of 32",
      args: training(400),
      beyond: { name: "100 steps", args: training(100) },
      file: "out/model.safetensors",
      code: 1,
    },
    {
      name: "decompile, a model of random weights",
      args: ["decompile", "random.safetensors", "--config", "random.json", "--data", "random.jsonl", "--json"],
      code: 1,
    },
  ];
}

const verifying = (length: number): string[] => [
  "verify",
  program,
  "--sop",
  "dyck2_ptf",
  "--vocab",
  "(,),{,}",
  "--max-length",
  String(length),
  "--exhaustive",
  "--json",
];

const training = (steps: number): string[] => ["train", "copy", "--steps", String(steps), "--batch", "32", "-o", "out"];

interface Run {
  readonly out: string;
  readonly seconds: number;
}

/** Seconds with one job, and with as many as there are cores. */
type Pair = readonly [number, number];

/** A GPT-2 of one layer with random weights, and sequences to observe it on. */
function writeModel(folder: string): void {
  const sizes = { n_layer: 1, n_head: 2, n_embd: 16, n_positions: 40, vocab_size: 5, n_inner: 64 };
  const rng = new Rng(1);
  const weights = [...gpt2Shapes(gpt2Config(sizes))].map(([name, shape]) => {
    const tensor = randn(shape, rng);
    if (/ln_.*weight/.test(name)) tensor.data.fill(1);
    return [`transformer.${name}`, tensor] as const;
  });
  writeFileSync(join(folder, "random.safetensors"), encodeSafetensors(new Map(weights)));
  writeFileSync(
    join(folder, "random.json"),
    JSON.stringify({ ...sizes, vocab: ["a", "b", "c", "<bos>", "<eos>"], task: "random" }),
  );
  const lines = Array.from({ length: 200 }, () => {
    const ids = [3, ...Array.from({ length: 2 + rng.int(20) }, () => rng.int(3)), 4];
    return JSON.stringify({ input_ids: ids, offset: rng.int(8) });
  });
  writeFileSync(join(folder, "random.jsonl"), lines.join("\n"));
}

function timed(args: readonly string[], jobs: number, { name, file, code }: Case, folder: string): Run {
  rmSync(join(folder, "out"), { recursive: true, force: true });
  const began = performance.now();
  const all = [main, ...args, "--jobs", String(jobs)];
  const { status, stdout, stderr } = spawnSync(process.execPath, all, { encoding: "utf8", cwd: folder });
  const seconds = (performance.now() - began) / 1000;
  if (status !== code) throw new Error(`${name}: ended with ${status}, not ${code}: ${stderr}`);
  // The report of a decompilation says how long it took.
  const said = stdout.replace(/"(seconds|peakMegabytes)":\s*[\d.]+/g, "");
  return { out: said + (file ? readFileSync(join(folder, file), "latin1") : ""), seconds };
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** Prints seconds, and the median of the ratios within a round. */
function printTimes(name: string, rounds: readonly Pair[], cores: number): void {
  const [alone, together] = [0, 1].map((i) => median(rounds.map((round) => round[i]!))) as [number, number];
  const ratio = median(rounds.map(([one, all]) => one / all));
  console.log(
    `${name}: ${alone.toFixed(1)} s with one job, ${together.toFixed(1)} s with ${cores}: ${ratio.toFixed(2)} times as fast`,
  );
}

/** Throws an Error unless the outputs are equal. */
export function printCores(): void {
  const cores = availableParallelism();
  const folder = mkdtempSync(join(tmpdir(), "selectron-cores-"));
  const inTurn = (args: readonly string[], each: Case): Pair => {
    const [one, all] = [timed(args, 1, each, folder), timed(args, cores, each, folder)];
    if (one.out !== all.out) throw new Error(`${each.name}: the outputs differ.`);
    return [one.seconds, all.seconds];
  };
  try {
    for (const each of casesIn(folder)) {
      const { name, args, beyond } = each;
      const rounds = Array.from({ length: ROUNDS }, () => {
        const part = beyond ? inTurn(beyond.args, each) : ([0, 0] as const);
        const whole = inTurn(args, each);
        return { whole, rest: [whole[0] - part[0], whole[1] - part[1]] as const };
      });
      const of = (which: "whole" | "rest"): Pair[] => rounds.map((round) => round[which]);
      printTimes(name, of("whole"), cores);
      if (beyond) printTimes(`  beyond ${beyond.name}`, of("rest"), cores);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
