/**
 * Long repeated work in one process. Every round trains, compiles, verifies, checks, decompiles, runs and holds a REPL session; it must
 * answer as the first round did, and what the process holds must stay flat.
 */
import { demand } from "./kind.js";
import { inUse } from "./memory.js";
import { filesIn, reads, type Files } from "./world.js";

const PROGRAM = `reverse = aggregate(select(indices, length - 1 - indices, ==), tokens);
same = selector_width(select(tokens, tokens, ==));
`;
const INPUTS = ["--vocab", "a,b,c", "--max-length", "4"];
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
  [["repl"], SESSION],
];

/** One round: all answers. */
async function round(): Promise<readonly string[]> {
  const files: Files = filesIn({ "p.rasp": PROGRAM });
  const answers: string[] = [];
  for (const [args, stdin] of ROUND) {
    const { accepted, text } = await reads(args, files, stdin);
    demand(accepted, () => `selectron ${args.join(" ")}: ${text}`);
    answers.push(text);
  }
  for (const path of ["m.safetensors", "m.onnx", "run/model.safetensors"]) answers.push(files.get(path)!.join());
  return answers;
}

/** Rounds until caches are full. */
const WARM = 3;

/** Megabytes in use after each round behind the first three. @throws Fault where a round answers otherwise than the first */
export async function soak(
  rounds: number,
  told: (round: number, megabytes: number) => void = () => undefined,
): Promise<readonly number[]> {
  const first = await round();
  const held: number[] = [];
  for (let r = 1; r < rounds; r++) {
    const answers = await round();
    answers.forEach((answer, i) =>
      demand(
        answer === first[i],
        () => `round ${r + 1} answers otherwise than the first: ${(ROUND[i] ?? [["a file"]])[0].join(" ")}`,
      ),
    );
    if (r < WARM) continue;
    held.push(inUse());
    told(r + 1, held.at(-1)!);
  }
  return held;
}

/** How much more is held at the end than in the beginning, in megabytes; the least of each tenth, since garbage only adds. */
export function growth(held: readonly number[]): number {
  const part = Math.max(1, Math.floor(held.length / 10));
  return Math.min(...held.slice(-part)) - Math.min(...held.slice(0, part));
}
