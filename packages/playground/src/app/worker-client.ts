/** The page's side of a worker: asks, shows progress, and ends a worker that does not answer. */
import type { Progress } from "../worker/problem.js";
import type { Answered, Asked, Question, Reply } from "../worker/protocol.js";

/** The part of a `Worker` that a client uses; tests give their own. */
export interface Channel {
  onmessage: ((event: { data: Answered }) => void) | null;
  onerror: ((event: unknown) => void) | null;
  postMessage(message: Asked): void;
  terminate(): void;
}

/** The reply to a question: its own kind, or that it failed. */
export type ReplyTo<Q extends Question> = Extract<Reply, { readonly kind: Q["kind"] }> | Failed;
export type Failed = Extract<Reply, { readonly kind: "failed" }>;

/** Why a question has no answer: it took too long, or somebody ended it. The texts are keys of the messages. */
export const ENDED = { late: "worker.late", stopped: "worker.stopped", broken: "worker.broken" } as const;

interface Waiting {
  readonly settle: (reply: Reply) => void;
  readonly tell: ((progress: Progress) => void) | undefined;
  readonly timer: ReturnType<typeof setTimeout> | undefined;
}

export class WorkerClient {
  readonly #start: () => Channel;
  readonly #waiting = new Map<number, Waiting>();
  #channel: Channel | undefined;
  #next = 0;

  constructor(start: () => Channel) {
    this.#start = start;
  }

  get isBusy(): boolean {
    return this.#waiting.size > 0;
  }

  /** Asks; never rejects. @param limit milliseconds after which the worker is ended; none if absent */
  ask<Q extends Question>(question: Q, limit?: number, tell?: (progress: Progress) => void): Promise<ReplyTo<Q>> {
    this.#channel ??= this.#open();
    const number = this.#next++;
    return new Promise((settle) => {
      const timer = limit === undefined ? undefined : setTimeout(() => this.#end(ENDED.late), limit);
      this.#waiting.set(number, { settle: settle as (reply: Reply) => void, tell, timer });
      this.#channel!.postMessage({ number, question });
    });
  }

  /** Ends what is being computed, at once. */
  stop(): void {
    this.#end(ENDED.stopped);
  }

  #open(): Channel {
    const channel = this.#start();
    channel.onmessage = ({ data }) => {
      const waiting = this.#waiting.get(data.number);
      if (!waiting) return;
      if ("progress" in data) {
        waiting.tell?.(data.progress);
        return;
      }
      this.#waiting.delete(data.number);
      clearTimeout(waiting.timer);
      waiting.settle(data.reply);
    };
    channel.onerror = () => this.#end(ENDED.broken);
    return channel;
  }

  #end(message: string): void {
    this.#channel?.terminate();
    this.#channel = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { settle, timer } of waiting) {
      clearTimeout(timer);
      settle({ kind: "failed", message });
    }
  }
}

/** Asks the newest question only: while one is being answered, later ones replace each other. */
export class Latest<Q extends Question> {
  readonly #client: WorkerClient;
  readonly #limit: number;
  readonly #done: (reply: ReplyTo<Q>, question: Q) => void;
  #next: Q | undefined;
  #isAsking = false;

  constructor(client: WorkerClient, limit: number, done: (reply: ReplyTo<Q>, question: Q) => void) {
    this.#client = client;
    this.#limit = limit;
    this.#done = done;
  }

  ask(question: Q): void {
    this.#next = question;
    if (!this.#isAsking) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isAsking = true;
    for (let question = this.#next; question; question = this.#next) {
      this.#next = undefined;
      const reply = await this.#client.ask(question, this.#limit);
      if (!this.#next) this.#done(reply, question);
    }
    this.#isAsking = false;
  }
}
