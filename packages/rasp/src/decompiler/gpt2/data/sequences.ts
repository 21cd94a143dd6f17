/** The sequences that a model is observed on: read from JSON lines, and divided into three sets. */
import { jsonText, type Rng } from "@selectron/core";
import { DecompileError } from "../../common/decompile-error.js";
import type { Task } from "./task.js";

/** A sequence of tokens, of which some predictions count. */
export interface Sequence {
  readonly ids: readonly number[];
  /** The position of the first token. */
  readonly offset: number;
  /** The positions whose predictions count. */
  readonly scored: readonly number[];
  /** The right prediction at each scored position, if the data give it: the symbols that may follow, or the one that does. */
  readonly expected: readonly (readonly number[])[] | undefined;
}

/** The fields of a line. */
interface Line {
  readonly input_ids?: unknown;
  readonly offset?: unknown;
  readonly answer_start?: unknown;
  readonly allowed_next?: unknown;
}

/**
 * Reads lines `{input_ids, offset?, answer_start? | allowed_next?}`. The scored positions are those of `allowed_next`; or those from the
 * one before `answer_start` to the last but one; or all but the last.
 *
 * @throws DecompileError with the number of the line
 */
export function parseData(text: string, task: Task, maxLength: number): Sequence[] {
  const sequences: Sequence[] = [];
  text.split(/\r?\n/).forEach((line, at) => {
    if (line.trim() !== "") sequences.push(parseLine(line, at + 1, task, maxLength));
  });
  return sequences;
}

const isIds = (value: unknown, size: number): value is number[] =>
  Array.isArray(value) && value.every((id) => Number.isInteger(id) && id >= 0 && id < size);

function parseLine(text: string, number: number, { vocabulary }: Task, maxLength: number): Sequence {
  const fail = (problem: string): DecompileError => new DecompileError(`data line ${number}: ${problem}`);
  let line: Line | null;
  try {
    line = JSON.parse(text) as Line | null;
  } catch {
    throw fail(`this is not JSON: ${text.slice(0, 40)}${text.length > 40 ? "…" : ""}`);
  }
  const { input_ids: ids, offset = 0, answer_start: start, allowed_next: allowed } = line ?? {};
  if (!isIds(ids, vocabulary.length) || ids.length < 2) {
    throw fail(`"input_ids" must be a list of at least two ids from 0 to ${vocabulary.length - 1}`);
  }
  if (!Number.isInteger(offset) || (offset as number) < 0 || (offset as number) + ids.length > maxLength) {
    throw fail(`"offset" ${jsonText(offset)} does not leave room for ${ids.length} tokens in ${maxLength} positions`);
  }
  if (allowed !== undefined) {
    const sets = Array.isArray(allowed) ? (allowed as unknown[]) : [];
    if (sets.length === 0 || sets.length > ids.length || !sets.every((set) => isIds(set, vocabulary.length))) {
      throw fail('"allowed_next" must be a list of lists of ids, one for each scored position');
    }
    return { ids, offset: offset as number, scored: sets.map((_, i) => i), expected: sets as number[][] };
  }
  if (start !== undefined && (!Number.isInteger(start) || (start as number) < 1 || (start as number) >= ids.length)) {
    throw fail(`"answer_start" ${jsonText(start)} is no position after the first`);
  }
  const first = start === undefined ? 0 : (start as number) - 1;
  const scored = Array.from({ length: ids.length - 1 - first }, (_, i) => first + i);
  return {
    ids,
    offset: offset as number,
    scored,
    expected: start === undefined ? undefined : scored.map((i) => [ids[i + 1]!]),
  };
}

/** Three disjoint sets: programs are fitted to the first, chosen by the second, reported on the third. */
export interface Splits {
  readonly tune: readonly Sequence[];
  readonly select: readonly Sequence[];
  readonly report: readonly Sequence[];
}

/** The fewest sequences that can be divided in three. */
const LEAST = 30;

/** The most sequences to fit programs to, to choose them on, and for the report. */
const MOST = { tune: 200, select: 200, report: 2000 };

/**
 * Shuffles and divides. If the data have offsets, each sequence gets a random one, so that a short file covers all positions.
 *
 * @throws DecompileError if there are too few sequences
 */
export function split(sequences: readonly Sequence[], maxLength: number, rng: Rng): Splits {
  if (sequences.length < LEAST) {
    throw new DecompileError(
      `the data have ${sequences.length} sequences; at least ${LEAST} are needed to fit, choose and report`,
    );
  }
  const shuffled = rng.shuffle(sequences);
  const moves = sequences.some(({ offset }) => offset > 0);
  const moved = (sequence: Sequence): Sequence =>
    moves ? { ...sequence, offset: rng.int(maxLength - sequence.ids.length + 1) } : sequence;
  const tune = Math.min(MOST.tune, Math.floor(sequences.length / 2));
  const select = Math.min(MOST.select, Math.floor(sequences.length / 4));
  return {
    tune: shuffled.slice(0, tune).map(moved),
    select: shuffled.slice(tune, tune + select).map(moved),
    report: shuffled.slice(tune + select, tune + select + MOST.report).map(moved),
  };
}
