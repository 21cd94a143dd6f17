/** Compiles one case, in a process of its own so that its peak memory is known: `node compile-case.js INDEX`, JSON on stdout. */
import { readFileSync } from "node:fs";
import { compile, load } from "@selectron/rasp";
import { compilerCases, type CompilerResult } from "./suites/compiler.js";

const { name, source, vocabulary, maxLength } = compilerCases[Number(process.argv[2])]!;
const text =
  typeof source === "string"
    ? source
    : readFileSync(new URL(`../../examples/${source.lesson}.rasp`, import.meta.url), "utf8");
const sop = load(text).sop(name);
const started = performance.now();
const model = compile(sop, { vocabulary, maxLength });
const seconds = (performance.now() - started) / 1000;
const result: CompilerResult = {
  seconds,
  peakMegabytes: process.resourceUsage().maxRSS / 1024,
  layers: model.stats.layers,
  parameters: model.stats.parameters,
  proved: model.certificate.proved,
  worstMargin: Number.isFinite(model.certificate.worstMargin) ? model.certificate.worstMargin : null,
};
console.log(JSON.stringify(result));
