/**
 * The worker's side: takes questions one after the other and answers each. The page starts it twice: one answers at every keystroke,
 * the other compiles, checks puzzles and trains, and is ended where that is no longer wanted.
 */
import { answerRun, answerWhy } from "./program.js";
import type { Progress } from "./problem.js";
import type { Answered, Asked, Question, Reply } from "./protocol.js";

/** What a worker needs of its global scope; the types of pages and workers exclude each other. */
interface WorkerScope {
  onmessage: ((event: { readonly data: Asked }) => void) | null;
  postMessage(message: Answered, transfer?: readonly ArrayBuffer[]): void;
}
const worker = globalThis as unknown as WorkerScope;

async function answer(question: Question, tell: (progress: Progress) => void): Promise<Reply> {
  switch (question.kind) {
    case "run":
      return answerRun(question);
    case "why":
      return answerWhy(question);
    case "puzzle":
      return (await import("../puzzles/check.js")).checkPuzzle(question);
    case "train":
    case "train-more":
    case "trained":
    case "decompile":
      return (await import("./training.js")).answerTraining(question, tell);
    default:
      return (await import("./model.js")).answerModel(question, tell);
  }
}

// Questions wait for those before them: a compile may be asked about only when it is there.
let before: Promise<void> = Promise.resolve();
worker.onmessage = ({ data: { number, question } }) => {
  before = before.then(async () => {
    try {
      worker.postMessage({
        number,
        reply: await answer(question, (progress) => worker.postMessage({ number, progress })),
      });
    } catch (error) {
      worker.postMessage({
        number,
        reply: { kind: "failed", message: error instanceof Error ? error.message : String(error) },
      });
    }
  });
};
