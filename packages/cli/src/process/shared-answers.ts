/**
 * Answers that threads give to each other while they compute, without waiting for messages: a table of keys and texts in memory that all of them
 * see. A key is claimed by the first thread that asks for it, answered once, and taken by the others.
 */
import type { Json } from "@selectron/rasp";

/** Numbers at the head of the memory: a lock, how many entries and bytes are taken, and then of each thread how often it was heard of. */
const [LOCK, ENTRIES, BYTES, HEARD] = [0, 1, 2, 3];
const MOST_THREADS = 256;
/** What is said of a thread that has failed. */
const FAILED = -1;

/** An entry: its state, whose it is, and where key and answer are. */
const [STATE, OWNER, KEY, KEY_SIZE, ANSWER, ANSWER_SIZE, WIDTH] = [0, 1, 2, 3, 4, 5, 6];
const [CLAIMED, ANSWERED, WITHHELD] = [1, 2, 3];
const MOST_ENTRIES = 2 ** 16;
const HEAD = HEARD + MOST_THREADS;

/** Bytes of texts. Systems provide the pages that are written to. */
const MOST_BYTES = 2 ** 27;

/** Milliseconds between two looks at a thread that is waited for, and without hearing of it until it counts as lost. */
const [LOOK, PATIENCE] = [500, 60_000];

/** The memory of some threads: plain data for their start. */
export const answersMemory = (bytes = MOST_BYTES): SharedArrayBuffer =>
  new SharedArrayBuffer(4 * (HEAD + WIDTH * MOST_ENTRIES) + bytes);

/** What one thread knows of the answers; a `Team` for a decompilation. */
export class SharedAnswers {
  readonly #own: number;
  readonly #patience: number;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  /** The entries that were seen, by key. */
  readonly #known = new Map<string, number>();
  #seen = 0;

  /** @param own - which of the threads it is, from 0 */
  constructor(memory: SharedArrayBuffer, own: number, patience = PATIENCE) {
    this.#own = own;
    this.#patience = patience;
    this.#words = new Int32Array(memory, 0, HEAD + WIDTH * MOST_ENTRIES);
    this.#bytes = new Uint8Array(memory, this.#words.byteLength);
  }

  /** Tells the others that this thread goes on. */
  readonly hear = (): void => void Atomics.add(this.#words, HEARD + this.#own, 1);

  /** Tells the others not to wait for this thread. */
  readonly fail = (): void => void Atomics.store(this.#words, HEARD + this.#own, FAILED);

  /** Whether this thread is to answer a key: true once, for one thread. Also true where there is no place left for answers. */
  readonly claim = (key: string): boolean => {
    this.hear();
    return this.#locked(() => {
      if (this.#find(key) !== undefined) return false;
      const count = this.#words[ENTRIES]!;
      const text = this.#write(key);
      if (count === MOST_ENTRIES || !text) return true;
      this.#words.set([CLAIMED, this.#own, ...text], HEAD + WIDTH * count);
      this.#words[ENTRIES] = count + 1;
      this.#find(key);
      return true;
    });
  };

  readonly give = (key: string, answer: Json): void => {
    this.hear();
    this.#locked(() => {
      const at = this.#find(key);
      if (at === undefined) return;
      const text = this.#write(JSON.stringify(answer));
      if (text) this.#words.set(text, at + ANSWER);
      Atomics.store(this.#words, at + STATE, text ? ANSWERED : WITHHELD);
      Atomics.notify(this.#words, at + STATE);
    });
  };

  /** The answer of another thread; undefined if it is too large, or its thread has failed or is not heard of for long. */
  readonly take = (key: string): Json | undefined => {
    const at = this.#locked(() => this.#find(key));
    if (at === undefined) return undefined;
    const owner = HEARD + this.#words[at + OWNER]!;
    let [heard, since] = [Atomics.load(this.#words, owner), performance.now()];
    while (Atomics.load(this.#words, at + STATE) === CLAIMED) {
      this.hear();
      Atomics.wait(this.#words, at + STATE, CLAIMED, LOOK);
      const now = Atomics.load(this.#words, owner);
      if (now !== heard) [heard, since] = [now, performance.now()];
      const isLost = now === FAILED || owner === HEARD + this.#own || performance.now() - since > this.#patience;
      if (isLost && Atomics.load(this.#words, at + STATE) === CLAIMED) return undefined;
    }
    if (Atomics.load(this.#words, at + STATE) !== ANSWERED) return undefined;
    return JSON.parse(this.#text(this.#words[at + ANSWER]!, this.#words[at + ANSWER_SIZE]!)) as Json;
  };

  #locked<T>(action: () => T): T {
    while (Atomics.compareExchange(this.#words, LOCK, 0, 1) !== 0) Atomics.wait(this.#words, LOCK, 1, 1);
    try {
      return action();
    } finally {
      Atomics.store(this.#words, LOCK, 0);
      Atomics.notify(this.#words, LOCK, 1);
    }
  }

  /** Where the entry of a key is, among the words. */
  #find(key: string): number | undefined {
    for (; this.#seen < this.#words[ENTRIES]!; this.#seen++) {
      const at = HEAD + WIDTH * this.#seen;
      this.#known.set(this.#text(this.#words[at + KEY]!, this.#words[at + KEY_SIZE]!), at);
    }
    return this.#known.get(key);
  }

  /** Where a text begins and how long it is; undefined if there is no place for it. */
  #write(text: string): readonly [number, number] | undefined {
    const bytes = new TextEncoder().encode(text);
    const at = this.#words[BYTES]!;
    if (at + bytes.length > this.#bytes.length) return undefined;
    this.#bytes.set(bytes, at);
    this.#words[BYTES] = at + bytes.length;
    return [at, bytes.length];
  }

  /** A copy is decoded: decoders refuse memory that threads share. */
  #text = (at: number, size: number): string => new TextDecoder().decode(this.#bytes.slice(at, at + size));
}
