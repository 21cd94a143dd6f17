/**
 * Compiles a program at one maximum length in a process of its own, so that its peak memory is known: `node lengths-case.js FOLDER PROGRAM
 * TOKENS LENGTH`, JSON on stdout. FOLDER is the built checkout whose compiler it is; the program is that of this one.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type * as Rasp from "@selectron/rasp";
import { lengthPrograms, type CompiledAt, type RefusedAt } from "./suites/lengths.js";

const [folder, name, vocabulary, length] = process.argv.slice(2) as [string, string, string, string];
const url = pathToFileURL(resolve(folder, "packages/rasp/dist/index.js")).href;
const { compile, load, RaspError } = (await import(url)) as typeof Rasp;
const { lesson } = lengthPrograms.find((program) => program.name === name)!;
const sop = load(readFileSync(new URL(`../../examples/${lesson}.rasp`, import.meta.url), "utf8")).sop(name);

const rounded = (value: number): number => Number(value.toPrecision(4));
const [started, cpuBefore] = [performance.now(), process.cpuUsage()];
const taken = (): Pick<CompiledAt, "seconds" | "cpuSeconds" | "megabytes"> => {
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    seconds: rounded((performance.now() - started) / 1000),
    cpuSeconds: rounded((user + system) / 1e6),
    megabytes: Math.round(process.resourceUsage().maxRSS / 1024),
  };
};

function result(): CompiledAt | RefusedAt {
  try {
    const { model, stats, certificate } = compile(sop, { vocabulary, maxLength: Number(length) });
    const { dModel, maxLength } = model.config;
    return {
      parameters: stats.parameters,
      withoutPositions: stats.parameters - maxLength * dModel,
      layers: stats.layers,
      proved: certificate.proved,
      margin: Number.isFinite(certificate.worstMargin) ? rounded(certificate.worstMargin) : null,
      ...taken(),
    };
  } catch (error) {
    if (error instanceof RaspError) return { refused: error.diagnostic.message, ...taken() };
    throw error;
  }
}

console.log(JSON.stringify(result()));
