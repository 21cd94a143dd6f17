/**
 * Threads that decompile one model together. Each runs the whole decompilation, on the same inputs and seed, so that all come to the same
 * questions; who comes first to one answers it, and the others take the answer. The result is that of one thread.
 */
import type { Json } from "../../language/text/value-json.js";

/** What the threads know of each other's work. All of it is synchronous. */
export interface Team {
  /** Whether this thread is the one that computes the value of a key: true for the first one that asks, and at its first call. */
  readonly claim: (key: string) => boolean;
  /** Gives the others the value of a key that was claimed. */
  readonly give: (key: string, value: Json) => void;
  /** The value that another thread computes, waited for; undefined if that thread is lost, or the value is too large to be given. */
  readonly take: (key: string) => Json | undefined;
}

/** A value, and the key that it has in all threads. */
export interface Question {
  readonly key: string;
  /** The value of the key: JSON, without −0. */
  readonly compute: () => Json;
}

/** Answers a question if no other thread has come to it; undefined if one has. */
export function claimed(team: Team | undefined, { key, compute }: Question): Json | undefined {
  if (!team?.claim(key)) return undefined;
  const value = compute();
  team.give(key, value);
  return value;
}

/** The answer to a question, whoever computes it. @param own - what `claimed` has given for it before, if it was called */
export function answered(team: Team | undefined, question: Question, own?: Json): Json {
  return own ?? claimed(team, question) ?? team?.take(question.key) ?? question.compute();
}
