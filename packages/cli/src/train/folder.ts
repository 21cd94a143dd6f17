/** The folder of a training: checkpoints, a log of every step, the loss curve, and at the end the model. */
import { lossCurve, type CheckpointStorage, type StepRecord } from "@selectron/nn";
import type { Context } from "../context.js";
import { alone } from "../files/alone.js";
import { append, makeFolder, namesIn, readBytes, remove, writeOut } from "../files/files.js";

export class TrainingFolder {
  readonly path: string;
  readonly #context: Context;
  readonly #log: string;

  /** Makes the folder if it does not exist, and takes its lock until the command ends. @throws UsageError */
  constructor(context: Context, path: string) {
    this.path = path;
    this.#context = context;
    this.#log = `${path}/log.jsonl`;
    makeFolder(context, `${path}/checkpoints`);
    alone(context, path, `${path}/training.lock`, "selectron train");
  }

  /** Checkpoints as files, written whole or not at all. */
  checkpoints(): CheckpointStorage {
    const folder = `${this.path}/checkpoints`;
    const at = (name: string): string => `${folder}/${name}`;
    return {
      names: () => namesIn(this.#context, folder),
      read: (name) => readBytes(this.#context, at(name)),
      write: (name, bytes) => writeOut(this.#context, at(name), bytes),
      remove: (name) => remove(this.#context, at(name)),
    };
  }

  /** The steps in the log, each once and in order. A last line that is incomplete is no damage: the process was killed as it wrote it. */
  records(): { readonly records: readonly StepRecord[]; readonly damaged: number } {
    if (!namesIn(this.#context, this.path).includes("log.jsonl")) return { records: [], damaged: 0 };
    const lines = new TextDecoder().decode(readBytes(this.#context, this.#log)).split("\n").slice(0, -1);
    const steps = new Map<number, StepRecord>();
    for (const line of lines) {
      const record = recordIn(line);
      if (record && !steps.has(record.step)) steps.set(record.step, record);
    }
    const records = [...steps.values()].sort((a, b) => a.step - b.step);
    return { records, damaged: lines.length - records.length };
  }

  /** Starts or continues the log after a step. Later steps, which have no checkpoint, are removed from it. */
  startLog(step: number): void {
    const { records, damaged } = this.records();
    if (damaged > 0) this.#context.say(`${this.#log}: ${damaged} damaged or repeated lines are left out.`);
    const kept = records.filter((record) => record.step <= step);
    this.write("log.jsonl", kept.map((record) => `${JSON.stringify(record)}\n`).join(""));
  }

  log(record: StepRecord): void {
    append(this.#context, this.#log, `${JSON.stringify(record)}\n`);
  }

  drawLoss(title: string): void {
    this.write("loss.svg", lossCurve(this.records().records, title));
  }

  /** Writes a file of the folder. @throws UsageError */
  write(name: string, contents: string | Uint8Array): void {
    const bytes = typeof contents === "string" ? new TextEncoder().encode(contents) : contents;
    writeOut(this.#context, `${this.path}/${name}`, bytes);
  }
}

/** Undefined where the line is no record of a step. */
function recordIn(line: string): StepRecord | undefined {
  try {
    const record = (JSON.parse(line) ?? {}) as StepRecord;
    const { step, loss, accuracy, learningRate, gradientNorm, tokens, evaluation = 0 } = record;
    const amounts = [loss, learningRate, gradientNorm, tokens].every((value) => Number.isFinite(value) && value >= 0);
    const shares = [accuracy, evaluation].every((value) => value >= 0 && value <= 1);
    return Number.isSafeInteger(step) && step > 0 && amounts && shares ? record : undefined;
  } catch {
    return undefined;
  }
}
