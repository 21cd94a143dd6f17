/**
 * What somebody does at the page, without its drawing: the page's state and its workers' answers. A program is written, run and asked about, a
 * loop is followed, a model compiled, looked into, saved and opened again, a puzzle solved, a training begun, a link made and read. The page
 * stays open from one session to the next. `npm run soak` repeats it.
 */
import { effect } from "@preact/signals";
import * as page from "../../src/app/state.js";
import { fromFragment, toFragment } from "../../src/link/link.js";
import * as weights from "../../src/model/state.js";
import * as puzzles from "../../src/puzzles/state.js";
import * as training from "../../src/train/state.js";
import { useInProcessWorkers } from "./in-process-worker.js";

const FLIP = `opposite = length - 1 - indices;
flip = select(indices, opposite, ==);
reverse = aggregate(flip, tokens);
`;
const LOOP = `repeat (sum = 0, at = 0) until (at == length) at most 20 {
  sum = sum + aggregate(select(indices, at, ==), indicator(tokens == "a"));
  at = at + 1;
}
`;
/** Milliseconds after which an answer is missing. */
const LIMIT = 120_000;

/** Waits until something that hangs on the page's state is there. @throws Error after two minutes */
async function when<T>(what: string, read: () => T | undefined | false): Promise<T> {
  let end = (): void => undefined;
  const found = await new Promise<T>((settle, reject) => {
    const late = setTimeout(() => reject(new Error(`the page: no ${what} after ${LIMIT / 1000} s`)), LIMIT);
    end = effect(() => {
      const value = read();
      if (value === undefined || value === false) return;
      clearTimeout(late);
      settle(value);
    });
  });
  end();
  return found;
}

/** As text, with lists of numbers in it. The ids of nodes are left out: they count all that the page has run. */
const written = (value: unknown): string =>
  JSON.stringify(value, (key, each: unknown) =>
    key === "id" ? undefined : ArrayBuffer.isView(each) ? [...(each as Uint8Array)] : each,
  );

let isOpen = false;
/** Opens the page, once. */
function visit(): void {
  if (isOpen) return;
  isOpen = true;
  useInProcessWorkers();
  page.follow();
  weights.followModel();
  puzzles.followPuzzles();
}

/** The picture of what is written. */
const drawn = (): Promise<unknown> =>
  when("picture", () => page.outcome.value?.problems.length === 0 && page.isCurrent.value && page.picture.value);

/** Opens a program, and waits for its picture. */
async function opened(program: string, input: string): Promise<string> {
  page.outcome.value = undefined;
  page.open(program, input);
  return written(await drawn());
}

async function looksAtProgram(): Promise<string[]> {
  const answers = [await opened(FLIP, "hello")];
  const { result } = page.picture.value!;
  page.asked.value = { kind: "why", of: "value", node: result!.id, position: 1 };
  answers.push(written(await when("reason", () => page.why.value)));
  answers.push(await opened(LOOP, "abca"));
  page.outcome.value = undefined;
  page.loopStep.value = 2;
  answers.push(written(await drawn()));
  return answers;
}

async function looksAtModel(): Promise<string[]> {
  await opened(FLIP, "hello");
  await weights.compileProgram();
  const answers = [written(weights.model.value)];
  const first = await when("look at the model", () => weights.look.value);
  answers.push(written(first));
  const row = first.rows.find(({ choices }) => choices.length > 1)!;
  weights.patches.value = [{ sop: row.name, position: 0, choice: 1 }];
  answers.push(written(await when("patched look", () => weights.look.value !== first && weights.look.value)));
  await weights.askNumber({ kind: "number", stage: 1, position: 1, coordinate: 0 });
  answers.push(written(weights.number.value));
  const question = { program: FLIP, input: "hello", cursor: 0 };
  for (const format of ["safetensors", "onnx", "svg"] as const) {
    const reply = await page.slow.ask({ kind: "file", format, ...question });
    if (reply.kind === "failed" || !reply.bytes) throw new Error(`the page: no ${format} file: ${written(reply)}`);
    answers.push(new TextDecoder().decode(reply.bytes));
    if (format !== "safetensors") continue;
    await weights.openModel([new File([reply.bytes as Uint8Array<ArrayBuffer>], reply.name)]);
    answers.push(written([weights.model.value, weights.problem.value]));
  }
  return answers;
}

async function solvesPuzzle(): Promise<string[]> {
  const puzzle = (await puzzles.loadPuzzles()).puzzles.find(({ id }) => id === "same-letter")!;
  await puzzles.openPuzzle(puzzle);
  const answers = [written(puzzles.verdict.value)];
  for (const program of ["answer = indices;", puzzle.solution]) {
    page.open(program, "hello");
    await puzzles.check();
    answers.push(written([puzzles.verdict.value, puzzles.trouble.value]));
  }
  answers.push(written(puzzles.solved.value));
  [puzzles.puzzle.value, puzzles.solved.value] = [undefined, {}];
  return answers;
}

/** Steps whose losses are compared: how many a piece of the training has depends on the machine. */
const STEPS = 2;

async function trains(): Promise<string[]> {
  await opened("same = selector_width(select(tokens, tokens, ==));", "abca");
  const running = training.start("abc", 4);
  await when("losses", () => training.losses.value.length >= STEPS);
  training.pause();
  await running;
  return [written([training.training.value, training.losses.value.slice(0, STEPS), training.trouble.value])];
}

async function sharesLink(): Promise<string[]> {
  const link = await toFragment({ program: FLIP, input: "hello", panel: "weights", target: "reverse" });
  return [link, written(await fromFragment(link))];
}

/** One session. @returns the page's answers as text, the same each time @throws Error where an answer is missing */
export async function session(): Promise<readonly string[]> {
  visit();
  return [
    ...(await looksAtProgram()),
    ...(await looksAtModel()),
    ...(await solvesPuzzle()),
    ...(await trains()),
    ...(await sharesLink()),
  ];
}
