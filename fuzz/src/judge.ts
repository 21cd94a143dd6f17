/** Draws mutations, has them read, and says what is wrong with the answer. All of it follows from a seed. */
import { Rng } from "@selectron/core";
import { demandPlain } from "./world.js";
import { Fault, type Kind, type Reading, type Sample } from "./kind.js";

/** A mutation: a sample, and the seed of each edit. */
export interface Mutation {
  readonly sample: number;
  readonly edits: readonly number[];
}

export type Outcome =
  { readonly kind: "accepted" | "refused" | "unchanged" } | { readonly kind: "fault"; readonly what: string };

/** A kind with its samples, and what each of them means. */
export interface Prepared {
  readonly kind: Kind;
  readonly samples: readonly Sample[];
  readonly meanings: readonly string[];
}

/**
 * Makes the samples of a kind. Of what has a checksum each is read, since what it means must stay; otherwise the first.
 *
 * @throws Error where one that is read is not accepted
 */
export async function prepare(kind: Kind): Promise<Prepared> {
  const samples = await kind.samples();
  const meanings: string[] = [];
  for (const sample of kind.changed ? samples : samples.slice(0, 1)) {
    const { accepted, text } = await readingOf(kind, sample.bytes, sample);
    if (!accepted) throw new Error(`${kind.name}: the sample ${sample.name} is not accepted: ${text}`);
    meanings.push(text);
  }
  return { kind, samples, meanings };
}

/** The 32-bit FNV-1a hash of a text. */
const hash = (text: string): number =>
  [...text].reduce((sum, char) => Math.imul(sum ^ char.codePointAt(0)!, 0x01000193) >>> 0, 0x811c9dc5);

/** The mutation of a number in the run of a seed. Half of them are one edit; what has a checksum has one only. */
export function drawMutation({ kind, samples }: Prepared, seed: number, number: number): Mutation {
  const rng = new Rng(hash(`${kind.name} ${seed} ${number}`));
  const sample = rng.int(samples.length);
  const count = kind.changed || rng.int(2) === 0 ? 1 : 2 + rng.int(4);
  return { sample, edits: Array.from({ length: count }, () => rng.next()) };
}

/** How much longer than its sample a mutation may be, in bytes: what is asked is not how large a file is. */
const MOST_MORE = 500_000;

/** The contents after all edits but those that make them too long. */
export function mutated({ kind, samples }: Prepared, { sample, edits }: Mutation): Uint8Array {
  const { bytes } = samples[sample]!;
  return edits.reduce((before, edit) => {
    const after = kind.edit(before, new Rng(edit), samples);
    return after.length > bytes.length + MOST_MORE ? before : after;
  }, bytes);
}

async function readingOf(kind: Kind, bytes: Uint8Array, sample: Sample): Promise<Reading> {
  const reading = await kind.read(bytes, sample);
  return typeof reading === "string" ? { accepted: true, text: reading } : reading;
}

/** The longest message of an error. */
const MOST_MESSAGE = 4000;

/** What is wrong with how contents are read. */
export async function judge({ kind, samples, meanings }: Prepared, bytes: Uint8Array, at: number): Promise<Outcome> {
  const sample = samples[at]!;
  const isUnchanged = Buffer.compare(bytes, sample.bytes) === 0;
  try {
    const { accepted, text } = await readingOf(kind, bytes, sample);
    if (isUnchanged) return { kind: "unchanged" };
    if (!accepted) return { kind: "refused" };
    if (kind.changed === "refused") return fault("changed contents are accepted");
    if (kind.changed === "alike" && text !== meanings[at]) {
      return fault(`changed contents are accepted and mean something else: ${text.slice(0, 200)}`);
    }
    return { kind: "accepted" };
  } catch (error) {
    if (error instanceof Fault) return fault(error.message);
    if (!(error instanceof Error)) return fault(`it threw ${String(error)}`);
    const isDocumented = kind.documented.some((known) => error instanceof known);
    if (!isDocumented) return fault(`${error.name}: ${error.message.slice(0, 300)}\n${placesIn(error)}`);
    try {
      demandPlain("the error", kind.told?.(error) ?? error.message, MOST_MESSAGE);
      return { kind: "refused" };
    } catch (complaint) {
      return fault((complaint as Error).message);
    }
  }
}

const fault = (what: string): Outcome => ({ kind: "fault", what });

/** The innermost places of an error's stack. */
const placesIn = ({ stack = "" }: Error): string =>
  stack
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 4)
    .join("\n");

/** A fault without what differs between inputs: numbers and quoted texts. */
export const sortOf = (what: string): string =>
  what
    .replace(/"(?:[^"\\]|\\.)*"|'[^']*'/g, '""')
    .replace(/\d+/g, "0")
    .slice(0, 400);
