/** The limit of the hardware for 128-bit vectors, compiled from assembly/peak.ts: what products are a share of. */
import { fileURLToPath } from "node:url";
import type { Candidate } from "../harness.js";
import { allowRelaxedSimd } from "./relaxed-simd.js";

/** A part of the standard that Node's types leave to the DOM's. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array<ArrayBuffer>): Promise<{ instance: { exports: Record<string, unknown> } }>;
};

/** What is used of the compiler. Its own types redefine globals, so they stay out: the name is not a literal. */
interface Compiler {
  main(
    arguments_: readonly string[],
    host: { writeFile: (name: string, contents: Uint8Array<ArrayBuffer>) => void },
  ): Promise<{ error: Error | null }>;
}
const compiler = ["assemblyscript", "asc"].join("/");

/** From a number of operations to a candidate that does so many in registers. */
export type Peak = (operations: number) => Candidate;

/** With multiplications and additions as they are, and fused. */
export async function peaks(): Promise<Peak[]> {
  allowRelaxedSimd();
  return [await peak("128-bit peak", []), await peak("128-bit peak, fused", ["--enable", "relaxed-simd"])];
}

async function peak(name: string, features: readonly string[]): Promise<Peak> {
  const baseDir = fileURLToPath(new URL("../..", import.meta.url));
  const { default: asc } = (await import(compiler)) as { default: Compiler };
  let bytes = new Uint8Array(0);
  const flags = [
    "--baseDir",
    baseDir,
    "--outFile",
    "peak.wasm",
    "-O3",
    "--runtime",
    "stub",
    "--enable",
    "simd",
    ...features,
  ];
  const { error } = await asc.main(["assembly/peak.ts", ...flags], {
    writeFile: (name, contents) => {
      if (name === "peak.wasm") bytes = contents;
    },
  });
  if (error) throw error;
  const { instance } = await WebAssembly.instantiate(bytes);
  const sweep = instance.exports["peak"] as (sweeps: number, seed: number) => number;
  const operationsPerSweep = (instance.exports["operationsPerSweep"] as () => number)();
  for (let i = 0; i < 500; i++) sweep(8, 1); // a running call never reaches the optimised code
  return (operations) => {
    const sweeps = Math.ceil(Math.max(operations, 1e6) / operationsPerSweep);
    return {
      name,
      operations: sweeps * operationsPerSweep,
      check: () => undefined,
      run: () => sweep(sweeps, 1),
    };
  };
}
