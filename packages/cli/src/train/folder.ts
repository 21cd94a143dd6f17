/** The folder of a training: checkpoints, a log of every step, the loss curve, and at the end the model. */
import { lossCurve, type CheckpointStorage, type StepRecord } from "@selectron/nn";
import type { Context } from "../context.js";
import { makeFolder, removeTemporaries, writeOut } from "../files/files.js";

export class TrainingFolder {
  readonly path: string;
  readonly #context: Context;
  readonly #log: string;

  /** Makes the folder if it does not exist. @throws UsageError */
  constructor(context: Context, path: string) {
    this.path = path;
    this.#context = context;
    this.#log = `${path}/log.jsonl`;
    makeFolder(context, `${path}/checkpoints`);
  }

  /** Checkpoints as files, written whole or not at all. */
  checkpoints(): CheckpointStorage {
    const { io } = this.#context;
    const folder = `${this.path}/checkpoints`;
    const at = (name: string): string => `${folder}/${name}`;
    removeTemporaries(io, folder);
    return {
      names: () => io.listFolder(folder),
      read: (name) => io.readBytes(at(name)),
      write: (name, bytes) => writeOut(this.#context, at(name), bytes),
      remove: (name) => io.removeFile(at(name)),
    };
  }

  /** The steps in the log, without a last line that is incomplete. */
  records(): StepRecord[] {
    if (!this.#context.io.listFolder(this.path).includes("log.jsonl")) return [];
    const text = new TextDecoder().decode(this.#context.io.readBytes(this.#log));
    return text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as StepRecord);
  }

  /** Starts or continues the log after a step. Later steps, which have no checkpoint, are removed from it. */
  startLog(step: number): void {
    const kept = this.records().filter((record) => record.step <= step);
    this.write("log.jsonl", kept.map((record) => `${JSON.stringify(record)}\n`).join(""));
  }

  log(record: StepRecord): void {
    this.#context.io.appendFile(this.#log, `${JSON.stringify(record)}\n`);
  }

  drawLoss(title: string): void {
    this.write("loss.svg", lossCurve(this.records(), title));
  }

  /** Writes a file of the folder. @throws UsageError */
  write(name: string, contents: string | Uint8Array): void {
    const bytes = typeof contents === "string" ? new TextEncoder().encode(contents) : contents;
    writeOut(this.#context, `${this.path}/${name}`, bytes);
  }
}
