/** What is fuzzed: kinds of files and texts, each with the reader that takes it and the errors that it may answer with. */
import type { Rng } from "@selectron/core";

/** A valid file or text as the product makes it. */
export interface Sample {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What a reader made of it. */
export interface Reading {
  /** Whether it was taken; otherwise a documented error was told. */
  readonly accepted: boolean;
  /** What it means, as text: the answer, or the error. */
  readonly text: string;
}

export interface Kind {
  readonly name: string;
  /** Its part of the mutations of a run over all kinds: what is quick to read gets more. */
  readonly share: number;
  /** Contents as the product makes them. The first one is accepted; of what has a checksum, all are. */
  readonly samples: () => Promise<readonly Sample[]> | readonly Sample[];
  /** One edit. `others` are the samples, to take parts from. */
  readonly edit: (bytes: Uint8Array, rng: Rng, others: readonly Sample[]) => Uint8Array;
  /** Reads it as users do. A documented error is thrown, or told by a command; any other error is a fault. */
  readonly read: (bytes: Uint8Array, sample: Sample) => Promise<Reading | string> | Reading | string;
  /** The classes of the documented errors that `read` throws. */
  readonly documented: readonly ErrorClass[];
  /** How such an error is told to people, where not by its message. */
  readonly told?: (error: Error) => string;
  /**
   * Of what has a checksum: with "refused" no changed contents may be accepted, with "alike" those that are accepted must mean what the
   * sample means.
   */
  readonly changed?: "refused" | "alike";
}

/** A class of errors, which may have a constructor that only its package calls. */
export type ErrorClass = abstract new (...args: never[]) => Error;

/** What a reader should not have done; the message says what. */
export class Fault extends Error {
  override readonly name = "Fault";
}

/** @throws Fault */
export function demand(condition: boolean, otherwise: () => string): asserts condition {
  if (!condition) throw new Fault(otherwise());
}

/** @throws Fault where numbers are not finite */
export function demandFinite(what: string, numbers: ArrayLike<number>): void {
  for (let i = 0; i < numbers.length; i++) {
    demand(Number.isFinite(numbers[i]), () => `${what} has ${numbers[i]} at ${i} of ${numbers.length}`);
  }
}

/** A function that does its work once: samples cost seconds, and kinds share them. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
