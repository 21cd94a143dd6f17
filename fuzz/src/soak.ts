/**
 * Long repeated work in one process. Every round trains, compiles, verifies, checks, decompiles, runs, follows a loop, compiles it to a looped
 * model and to a decoder with a scratchpad, writes a GPT-2, holds a REPL session and one at the page; it must answer as the first round did,
 * and neither what the process holds nor the time of a round may grow.
 */
import { demand } from "./kind.js";
import { settled } from "./memory.js";
import { filesIn, reads, type Files } from "./world.js";
import { yardstick } from "./yardstick.js";

const PROGRAM = `reverse = aggregate(select(indices, length - 1 - indices, ==), tokens);
same = selector_width(select(tokens, tokens, ==));
`;
/** A loop, which eval runs and compile writes out. */
const LOOP = `repeat (sum = 0, at = 0) until (at == length) at most 20 {
  sum = sum + aggregate(select(indices, at, ==), indicator(tokens == "a"));
  at = at + 1;
}
`;
const INPUTS = ["--vocab", "a,b,c", "--max-length", "4"];
const CAUSAL = 'seen = 1 if aggregate(select(indices, indices, <=), indicator(tokens == "a")) > 0 else 0;\n';
const SIZES = ["--layers", "1", "--heads", "1", "--width", "8", "--ffn", "8"];
const SESSION =
  'x = tokens == "a";\n:explain x 1\n:compile x a,b 3\nselector_width(select(tokens, tokens, ==));\nexit\n';

/** The commands of a round, each with its standard input. */
const ROUND: readonly (readonly [args: readonly string[], stdin?: string])[] = [
  [["compile", "p.rasp", "--sop", "reverse,same", ...INPUTS, "-o", "m.safetensors"]],
  [["compile", "p.rasp", "--sop", "reverse", ...INPUTS, "-o", "m.onnx"]],
  [["verify", "p.rasp", "--sop", "same", ...INPUTS, "--exhaustive", "--json"]],
  [["run", "m.safetensors", "--input", "abca", "--attention"]],
  [["run", "m.onnx", "--input", "abca", "--json"]],
  [["check", "m.safetensors", "--program", "p.rasp", "--steps", "100000"]],
  [["decompile", "m.safetensors"]],
  [["train", "p.rasp", "--sop", "same", ...INPUTS, ...SIZES, "--batch", "4", "--steps", "4", "-o", "run"]],
  [["run", "run/model.safetensors", "--input", "abc"]],
  [["eval", "p.rasp", "--sop", "same", "--input", "hello"]],
  [["draw", "p.rasp", "--sop", "reverse", "--input", "abc"]],
  [["eval", "l.rasp", "--sop", "sum", "--input", "abca", "--steps"]],
  [["compile", "l.rasp", "--sop", "sum", ...INPUTS, "-o", "l.safetensors"]],
  [["compile", "l.rasp", "--sop", "sum", ...INPUTS, "--looped", "-o", "looped.safetensors"]],
  [["verify", "looped.safetensors", "l.rasp", "--looped", "--exhaustive"]],
  [["run", "looped.safetensors", "--input", "abca"]],
  [["compile", "l.rasp", "--sop", "sum", ...INPUTS, "--scratchpad", "-o", "written.safetensors"]],
  [["verify", "written.safetensors", "l.rasp", "--scratchpad", "--runs", "5", "--seed", "1"]],
  [["compile", "c.rasp", "--sop", "seen", "--causal", ...INPUTS, "--format", "gpt2", "-o", "folder"]],
  [["repl"], SESSION],
];

const MODELS = ["m.safetensors", "m.onnx", "run/model.safetensors", "looped.safetensors", "written.safetensors"];

/** A session at the page: its answers as text, the same each time. */
export type Session = () => Promise<readonly string[]>;

/** What one thing of a round answered, for which a file stands with its bytes. */
interface Answer {
  readonly of: string;
  readonly text: string;
}

/** One round: all answers. */
async function round(session: Session): Promise<readonly Answer[]> {
  const files: Files = filesIn({ "p.rasp": PROGRAM, "l.rasp": LOOP, "c.rasp": CAUSAL });
  const answers: Answer[] = [];
  for (const [args, stdin] of ROUND) {
    const of = `selectron ${args.join(" ")}`;
    const { accepted, text } = await reads(args, files, stdin);
    demand(accepted, () => `${of}: ${text}`);
    answers.push({ of, text });
  }
  for (const path of MODELS) answers.push({ of: path, text: files.get(path)!.join() });
  (await session()).forEach((text, i) => answers.push({ of: `answer ${i + 1} of the page`, text }));
  return answers;
}

/** Rounds until caches are full. */
const WARM = 3;

/**
 * One round as it was measured: megabytes in use, megabytes that the process has (resident), milliseconds on the clock, milliseconds of the
 * processors, which other work on the machine changes little, and how many times the yardstick's that is, which the machine's own speed
 * changes little.
 */
export interface Measured {
  readonly inUse: number;
  readonly resident: number;
  readonly milliseconds: number;
  readonly computed: number;
  readonly yardsticks: number;
}

/** What some work has given, and how long it took, in milliseconds. */
interface Timed<Value> {
  readonly value: Value;
  readonly milliseconds: number;
  readonly computed: number;
}

async function timed<Value>(work: () => Value | Promise<Value>): Promise<Timed<Value>> {
  const [began, before] = [performance.now(), process.cpuUsage()];
  const value = await work();
  const { user, system } = process.cpuUsage(before);
  return { value, milliseconds: performance.now() - began, computed: (user + system) / 1000 };
}

/**
 * What was measured of each round behind the first three.
 *
 * @param session - one at the page, which is loaded as the page is: from its own build
 * @param isOver - whether to end before a round, by its number from 0
 * @throws Fault where a round answers otherwise than the first
 */
export async function soak(
  session: Session,
  isOver: (round: number) => boolean,
  told: (round: number, measured: Measured) => void = () => undefined,
): Promise<readonly Measured[]> {
  const first = await round(session);
  const held: Measured[] = [];
  for (let r = 1; !isOver(r); r++) {
    const before = await timed(yardstick);
    const { value: answers, milliseconds, computed } = await timed(() => round(session));
    const after = await timed(yardstick);
    answers.forEach(({ of, text }, i) =>
      demand(text === first[i]?.text, () => `round ${r + 1} answers otherwise than the first: ${of}`),
    );
    if (r < WARM) continue;
    const yardsticks = (2 * computed) / (before.computed + after.computed);
    held.push({
      inUse: await settled(),
      resident: process.memoryUsage.rss() / 2 ** 20,
      milliseconds,
      computed,
      yardsticks,
    });
    told(r + 1, held.at(-1)!);
  }
  return held;
}

/** The middle of some numbers. */
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

/**
 * How much more is held at the end than in the beginning, in megabytes: the medians of a tenth each. The least would not do: one round
 * in 48 was seen to count 64 MB less than those around it, which would hide a growth.
 */
export function growth(held: readonly number[]): number {
  const part = Math.max(1, Math.floor(held.length / 10));
  return median(held.slice(-part)) - median(held.slice(0, part));
}

/** By how much the median of the last quarter is above that of the second, as a share: 0.03 is 3 percent. */
export function trend(values: readonly number[]): number {
  const quarter = Math.floor(values.length / 4);
  if (quarter === 0) return 0;
  return median(values.slice(-quarter)) / median(values.slice(quarter, 2 * quarter)) - 1;
}
