/**
 * Lets Node run the sources of this repository, so that a test can start, and kill, a process of its own:
 * `node --import ./source-loader.mjs main.ts`. Types are stripped; nothing is checked here. What is stripped is kept in
 * the folder SOURCE_CACHE for the next process.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { register } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";

if (isMainThread) register(import.meta.url);

const packages = new URL("../../", import.meta.url);

export function resolve(specifier, context, next) {
  const name = /^@selectron\/([\w-]+)$/.exec(specifier)?.[1];
  if (name) return { url: new URL(`${name}/src/index.ts`, packages).href, shortCircuit: true };
  const isSource = context.parentURL?.startsWith(packages.href) && /^\..*\.js$/.test(specifier);
  return next(isSource ? specifier.replace(/\.js$/, ".ts") : specifier, context);
}

export async function load(url, context, next) {
  if (!url.endsWith(".ts")) return next(url, context);
  const text = readFileSync(fileURLToPath(url), "utf8");
  const kept = join(process.env.SOURCE_CACHE, createHash("sha1").update(text).digest("hex"));
  if (!existsSync(kept)) writeFileSync(kept, await stripped(text));
  return { format: "module", source: readFileSync(kept, "utf8"), shortCircuit: true };
}

async function stripped(text) {
  const { ModuleKind, ScriptTarget, transpileModule } = (await import("typescript")).default;
  const compilerOptions = { module: ModuleKind.ESNext, target: ScriptTarget.ES2022, verbatimModuleSyntax: true };
  return transpileModule(text, { compilerOptions }).outputText;
}
