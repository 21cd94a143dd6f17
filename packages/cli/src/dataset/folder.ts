/**
 * The folder of a data set: models, and at the end their index, programs.jsonl. Until then programs.jsonl.part has the lines so far, each
 * with a checksum of its model, below a line with the options: what is there can be used, and the same command goes on after it.
 */
import { crc32 } from "node:zlib";
import type { Json } from "@selectron/rasp";
import { UsageError, type Context } from "../context.js";
import { alone } from "../files/alone.js";
import { append, makeFolder, namesIn, readBytes, remove, writeOut } from "../files/files.js";

/** Changes when the same options give other programs. */
const VERSION = 1;

/** A line of the index. */
export type IndexLine = Readonly<Record<string, Json>> & { readonly program: string; readonly model: string };

const [INDEX, PART] = ["programs.jsonl", "programs.jsonl.part"];
const encoder = new TextEncoder();

export class DatasetFolder {
  readonly #context: Context;
  readonly #path: string;
  readonly #head: string;
  readonly #lines: string[] = [];
  /** How many programs the part had before this run. */
  #surplus = 0;
  /** The programs that are there already. */
  readonly programs: readonly string[];

  /**
   * Makes the folder if it does not exist, and takes its lock until the command ends.
   *
   * @param options - what the programs depend on; the number of programs is not, since a smaller data set is the beginning of a larger one
   * @throws UsageError
   */
  constructor(context: Context, path: string, count: number, options: Readonly<Record<string, Json>>) {
    this.#context = context;
    this.#path = path;
    this.#head = JSON.stringify({ version: VERSION, ...options });
    makeFolder(context, `${path}/models`);
    alone(context, path, `${path}/dataset.lock`, "selectron dataset");
    this.programs = this.#resume(count);
  }

  /** Adds a model and its line. @throws UsageError, also where the folder holds another data set */
  add(line: IndexLine, model: Uint8Array): void {
    const text = JSON.stringify(line);
    if (this.#lines.length === 0) {
      this.#checkIndex(text);
      this.#write(PART, `${this.#head}\n`);
    }
    writeOut(this.#context, `${this.#path}/${line.model}`, model);
    append(this.#context, `${this.#path}/${PART}`, `${JSON.stringify({ checksum: crc32(model), line })}\n`);
    this.#lines.push(text);
  }

  /** Writes the index, and removes the models that a larger data set before it had beyond. */
  finish(): void {
    const before = (this.#textOf(INDEX) ?? "").split("\n").length;
    const names = new Set(namesIn(this.#context, `${this.#path}/models`).map((name) => `models/${name}`));
    for (let index = this.#lines.length; index < Math.max(before, this.#surplus); index++) {
      if (names.has(modelName(index))) remove(this.#context, `${this.#path}/${modelName(index)}`);
    }
    writeOut(this.#context, `${this.#path}/${INDEX}`, encoder.encode(this.#lines.map((line) => `${line}\n`).join("")));
    remove(this.#context, `${this.#path}/${PART}`);
  }

  /** Takes over the lines of a run that was stopped, as far as they are sound and their models, too. Returns their programs. */
  #resume(count: number): string[] {
    const [head, ...rest] = this.#textOf(PART)?.split("\n") ?? [];
    if (head !== undefined && head !== "" && head !== this.#head) throw this.#otherDataSet(PART);
    this.#surplus = rest.length;
    const programs: string[] = [];
    const kept: string[] = [];
    for (const text of rest.slice(0, count)) {
      const line = this.#soundLine(text, programs.length);
      if (!line) break;
      programs.push(line.program);
      kept.push(text);
      this.#lines.push(JSON.stringify(line));
    }
    if (programs.length > 0) {
      this.#context.say(`Going on after program ${programs.length}, from ${this.#path}.`);
      this.#write(PART, [this.#head, ...kept].map((text) => `${text}\n`).join(""));
    }
    return programs;
  }

  /** Undefined where the line is damaged, out of order, or without its model. */
  #soundLine(text: string, index: number): IndexLine | undefined {
    const { checksum, line } = (parsed(text) ?? {}) as { readonly checksum?: Json; readonly line?: IndexLine };
    if (line?.model !== modelName(index) || typeof line.program !== "string") return undefined;
    const name = line.model.slice("models/".length);
    if (!namesIn(this.#context, `${this.#path}/models`).includes(name)) return undefined;
    return crc32(readBytes(this.#context, `${this.#path}/${line.model}`)) === checksum ? line : undefined;
  }

  /** The models of a finished data set are not overwritten by those of another. */
  #checkIndex(first: string): void {
    const index = this.#textOf(INDEX);
    if (index !== undefined && index !== "" && index.split("\n", 1)[0] !== first) throw this.#otherDataSet(INDEX);
  }

  #otherDataSet(name: string): UsageError {
    return new UsageError(
      `"${this.#path}" has a data set with other options: ${this.#path}/${name}`,
      "use -o with another folder, or remove this one",
    );
  }

  #textOf(name: string): string | undefined {
    if (!namesIn(this.#context, this.#path).includes(name)) return undefined;
    return new TextDecoder().decode(readBytes(this.#context, `${this.#path}/${name}`));
  }

  #write(name: string, text: string): void {
    writeOut(this.#context, `${this.#path}/${name}`, encoder.encode(text));
  }
}

/** Where the model of a program goes, by its number from 0. */
export const modelName = (index: number): string => `models/${String(index).padStart(6, "0")}.safetensors`;

/** Undefined for what is no JSON, and for lists in lists that are too deep to be written again. */
function parsed(text: string): unknown {
  try {
    const value = JSON.parse(text) as unknown;
    JSON.stringify(value);
    return value;
  } catch {
    return undefined;
  }
}
