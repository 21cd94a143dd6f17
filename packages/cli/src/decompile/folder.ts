/** The folder of a decompilation: for each model the fits of the search, and at the end report, program and pictures. */
import type { Json } from "@selectron/rasp";
import { frontSvg, heatmapSvg, LEAST_MATCH, type Decompiled, type Memo } from "@selectron/rasp/decompile";
import type { Context } from "../context.js";
import { makeFolder, removeTemporaries, writeOut } from "../files/files.js";
import { programFile } from "./report.js";

/** Changes when fits that earlier versions wrote can no longer be used. */
const VERSION = 2;

export class DecompileFolder {
  readonly #context: Context;
  readonly #path: string;

  /** Makes the folder if it does not exist. @throws UsageError */
  constructor(context: Context, path: string) {
    this.#context = context;
    this.#path = path;
    makeFolder(context, path);
    removeTemporaries(context.io, path);
  }

  /** The report of a decompilation with the same key, if one was finished. */
  finished(name: string, key: Readonly<Record<string, Json>>): Readonly<Record<string, Json>> | undefined {
    const text = this.#read(`${name}.json`);
    if (text === undefined) return undefined;
    const report = parsed(text) as Readonly<Record<string, Json>> | undefined;
    return report !== undefined && JSON.stringify(report["of"]) === JSON.stringify(key) ? report : undefined;
  }

  /** The fits that were kept under the same key, without a last line that is incomplete. */
  memo(name: string, key: Readonly<Record<string, Json>>): Memo {
    const file = `${name}.search.jsonl`;
    const [first, ...lines] = (this.#read(file) ?? "").split("\n").slice(0, -1);
    const head = JSON.stringify({ version: VERSION, ...key });
    const kept = new Map<string, Json>();
    if (first === head) {
      for (const line of lines) {
        const entry = parsed(line) as { readonly key?: string; readonly value?: Json } | undefined;
        if (entry?.key !== undefined && entry.value !== undefined) kept.set(entry.key, entry.value);
      }
      if (kept.size > 0) this.#context.say(`Going on with ${kept.size} fits from ${this.#path}/${file}.`);
    } else if (first !== undefined) {
      this.#context.say(
        `${this.#path}/${file} belongs to another model, other data or other options; the search starts over.`,
      );
    }
    this.#write(file, [head, ...[...kept].map(([key, value]) => JSON.stringify({ key, value }))].join("\n") + "\n");
    return {
      recall: (key) => kept.get(key),
      keep: (key, value) => this.#context.io.appendFile(`${this.#path}/${file}`, `${JSON.stringify({ key, value })}\n`),
    };
  }

  /** Writes report, program and pictures, and removes the fits. */
  finish(name: string, result: Decompiled, report: Readonly<Record<string, Json>>): void {
    if (result.source !== undefined) this.#write(`${name}.rasp`, programFile(name, result));
    this.#write(
      `${name}-front.svg`,
      frontSvg(result.front, `${name}: size against match on the selection set`, LEAST_MATCH),
    );
    if (result.tables.length > 0) this.#write(`${name}-tables.svg`, heatmapSvg(result.tables, `${name}: tables`));
    this.#write(`${name}.json`, `${JSON.stringify(report)}\n`);
    this.#context.io.removeFile(`${this.#path}/${name}.search.jsonl`);
  }

  #read(name: string): string | undefined {
    if (!this.#context.io.listFolder(this.#path).includes(name)) return undefined;
    return new TextDecoder().decode(this.#context.io.readBytes(`${this.#path}/${name}`));
  }

  #write(name: string, contents: string): void {
    writeOut(this.#context, `${this.#path}/${name}`, new TextEncoder().encode(contents));
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
