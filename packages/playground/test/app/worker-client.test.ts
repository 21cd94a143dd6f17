import { describe, expect, it } from "vitest";
import { ENDED, Latest, WorkerClient, type Channel } from "../../src/app/worker-client.js";
import type { Answered, Asked, RunQuestion } from "../../src/worker/protocol.js";

/** Channels that answer when they are told to. */
function workers() {
  const opened: (Channel & { readonly asked: Asked[]; isEnded: boolean })[] = [];
  const start = (): Channel => {
    const asked: Asked[] = [];
    const channel = {
      asked,
      isEnded: false,
      onmessage: null as ((event: { data: Answered }) => void) | null,
      onerror: null as ((event: unknown) => void) | null,
      postMessage: (message: Asked) => void asked.push(message),
      terminate: () => void (channel.isEnded = true),
    };
    opened.push(channel);
    return channel;
  };
  const answer = (channel: number, message: string): void => {
    const { asked, onmessage } = opened[channel]!;
    onmessage!({ data: { number: asked.at(-1)!.number, reply: { kind: "failed", message } } });
  };
  return { opened, start, answer };
}

const question = (program: string): RunQuestion => ({ kind: "run", program, input: "a", cursor: 0 });

describe("WorkerClient", () => {
  it("starts one worker, and gives each reply to its question", async () => {
    const { opened, start } = workers();
    const client = new WorkerClient(start);
    const replies = [client.ask(question("a")), client.ask(question("b"))];
    const [{ asked, onmessage }] = opened as [(typeof opened)[number]];
    for (const { number } of [...asked].reverse()) {
      onmessage!({ data: { number, reply: { kind: "failed", message: String(number) } } });
    }
    expect(await Promise.all(replies)).toEqual([0, 1].map((number) => ({ kind: "failed", message: String(number) })));
    expect([opened.length, client.isBusy]).toEqual([1, false]);
  });

  it("ends a worker that does not answer in time, and starts another", async () => {
    const { opened, start, answer } = workers();
    const client = new WorkerClient(start);
    expect(await client.ask(question("a"), 5)).toEqual({ kind: "failed", message: ENDED.late });
    const reply = client.ask(question("b"));
    answer(1, "here");
    expect(await reply).toMatchObject({ message: "here" });
    expect(opened.map(({ isEnded }) => isEnded)).toEqual([true, false]);
  });

  it("stops at once, and says where the worker is broken", async () => {
    const { opened, start } = workers();
    const client = new WorkerClient(start);
    const stopped = client.ask(question("a"));
    client.stop();
    expect(await stopped).toMatchObject({ message: ENDED.stopped });
    const broken = client.ask(question("b"));
    opened[1]!.onerror!(undefined);
    expect(await broken).toMatchObject({ message: ENDED.broken });
  });
});

describe("Latest", () => {
  it("asks the first and the last of what comes while it waits, and tells the last", async () => {
    const { opened, start, answer } = workers();
    const told: string[] = [];
    const latest = new Latest<RunQuestion>(new WorkerClient(start), 1000, (_, { program }) => told.push(program));
    for (const program of ["a", "b", "c"]) latest.ask(question(program));
    answer(0, "a");
    await new Promise((settle) => setTimeout(settle));
    answer(0, "c");
    await new Promise((settle) => setTimeout(settle));
    expect(opened[0]!.asked.map(({ question }) => (question as RunQuestion).program)).toEqual(["a", "c"]);
    expect(told).toEqual(["c"]);
  });
});
