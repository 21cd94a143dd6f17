/** The folder of a decompilation: for each model the fits of the search, and at the end report, program and pictures. */
import { crc32 } from "node:zlib";
import type { Json } from "@selectron/rasp";
import { frontSvg, heatmapSvg, LEAST_MATCH, type Decompiled, type Memo } from "@selectron/rasp/decompile";
import type { Context } from "../context.js";
import { alone } from "../files/alone.js";
import { append, makeFolder, namesIn, readBytes, remove, writeOut } from "../files/files.js";
import { programFile } from "./report.js";

/** Changes when fits that earlier versions wrote can no longer be used. */
const VERSION = 3;

export class DecompileFolder {
  readonly #context: Context;
  readonly #path: string;

  /** Makes the folder if it does not exist. @throws UsageError */
  constructor(context: Context, path: string) {
    this.#context = context;
    this.#path = path;
    makeFolder(context, path);
  }

  /** Takes the lock of a model's files, which other models in the folder do not touch: shards share it. @throws UsageError */
  lock(name: string): () => void {
    return alone(this.#context, `${this.#path}/${name}`, `${this.#path}/${name}.lock`, "selectron decompile");
  }

  /** The program that was written when a decompilation was finished. */
  program(name: string): string | undefined {
    return this.#read(`${name}.rasp`);
  }

  /** The report of a decompilation with the same key, if one was finished. */
  finished(name: string, key: Readonly<Record<string, Json>>): Readonly<Record<string, Json>> | undefined {
    const text = this.#read(`${name}.json`);
    if (text === undefined) return undefined;
    const report = parsed(text) as Readonly<Record<string, Json>> | null | undefined;
    return report && JSON.stringify(report["of"]) === JSON.stringify(key) ? report : undefined;
  }

  /** The fits that were kept under the same key, without a last line that is incomplete. */
  memo(name: string, key: Readonly<Record<string, Json>>): Memo {
    const file = `${name}.search.jsonl`;
    const [first, ...lines] = (this.#read(file) ?? "").split("\n").slice(0, -1);
    const head = JSON.stringify({ version: VERSION, ...key });
    const kept = new Map<string, Json>();
    if (first === head) {
      for (const line of lines) {
        const fit = fitIn(line);
        if (fit) kept.set(...fit);
      }
      if (kept.size > 0) this.#context.say(`Going on with ${kept.size} fits from ${this.#path}/${file}.`);
    } else if (first !== undefined) {
      this.#context.say(
        `${this.#path}/${file} belongs to another model, other data or other options; the search starts over.`,
      );
    }
    this.#write(file, [head, ...[...kept].map(([key, value]) => fitLine(key, value))].join("\n") + "\n");
    return {
      recall: (key) => kept.get(key),
      keep: (key, value) => append(this.#context, `${this.#path}/${file}`, `${fitLine(key, value)}\n`),
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
    remove(this.#context, `${this.#path}/${name}.search.jsonl`);
  }

  #read(name: string): string | undefined {
    if (!namesIn(this.#context, this.#path).includes(name)) return undefined;
    return new TextDecoder().decode(readBytes(this.#context, `${this.#path}/${name}`));
  }

  #write(name: string, contents: string): void {
    writeOut(this.#context, `${this.#path}/${name}`, new TextEncoder().encode(contents));
  }
}

/** A fit as a line, with a checksum: a damaged one would lead the search elsewhere. */
const fitLine = (key: string, value: Json): string => JSON.stringify({ key, value, checksum: checksumOf(key, value) });

const checksumOf = (key: string, value: Json): number => crc32(JSON.stringify([key, value]));

/** Undefined where the line is no fit, or a damaged one. */
function fitIn(line: string): [string, Json] | undefined {
  const { key, value, checksum } = (parsed(line) ?? {}) as Readonly<Record<string, Json>>;
  if (typeof key !== "string" || value === undefined) return undefined;
  return checksumOf(key, value) === checksum ? [key, value] : undefined;
}

/** Undefined for what is no JSON, and for lists in lists that are too deep to be written again, as checksums need. */
function parsed(text: string): unknown {
  try {
    const value = JSON.parse(text) as unknown;
    JSON.stringify(value);
    return value;
  } catch {
    return undefined;
  }
}
