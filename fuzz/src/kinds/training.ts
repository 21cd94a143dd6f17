/** What a training keeps in its folder: checkpoints and the log. Whatever happened to them, it comes to the weights of an undisturbed one. */
import { tensor } from "@selectron/core";
import { Adam, CheckpointError, constant, train } from "@selectron/nn";
import { demand, once, type Kind, type Reading, type Sample } from "../kind.js";
import { editBytes } from "../mutate/bytes.js";
import { editJsonLines } from "../mutate/json.js";
import { editSafetensors, flipWeight } from "../mutate/safetensors.js";
import { decode, encode, filesIn, reads, selectron, type Files } from "../world.js";

/** A small training on stored checkpoints. Returns its weights, and what it refused. */
async function learn(
  steps: number,
  stored: Map<string, Uint8Array>,
): Promise<{ weights: string; refused: readonly string[]; done: number }> {
  const weight = tensor([1, -2, 3], [3], { requiresGrad: true });
  const refused: string[] = [];
  let done = 0;
  await train({
    optimizer: new Adam(new Map([["weight", weight]])),
    schedule: constant(0.1),
    steps,
    seed: 1,
    description: "fuzz",
    forward: () => ({ loss: weight.mul(weight).sum(), correct: 0, counted: 1, tokens: 1 }),
    onStep: () => void done++,
    checkpoints: {
      storage: {
        names: () => [...stored.keys()],
        read: (name) => stored.get(name)!,
        write: (name, bytes) => void stored.set(name, bytes),
        remove: (name) => void stored.delete(name),
      },
      every: 1,
      refused: (_, reason) => void refused.push(reason),
    },
  });
  return { weights: weight.data.join(), refused, done };
}

const NEWEST = "step-00000003.safetensors";

async function checkpoints(): Promise<readonly Sample[]> {
  const stored = new Map<string, Uint8Array>();
  await learn(3, stored);
  return [{ name: NEWEST, bytes: stored.get(NEWEST)! }];
}

/** Goes on to step 5 from a changed newest checkpoint, the one before it being sound. */
async function resume(bytes: Uint8Array): Promise<string> {
  const [whole, stored] = [new Map<string, Uint8Array>(), new Map<string, Uint8Array>()];
  await learn(2, stored);
  stored.set(NEWEST, bytes);
  const expected = await learn(5, whole);
  const { weights, refused, done } = await learn(5, stored);
  demand(weights === expected.weights, () => `the weights are ${weights}, not ${expected.weights}`);
  demand(done === 2 + refused.length, () => `${done} steps were made after ${refused.length} checkpoints were refused`);
  if (refused.length > 0) throw new CheckpointError(refused.join("\n"));
  return weights;
}

const MODEL = "run/model.safetensors";
const SIZES = ["--layers", "1", "--heads", "1", "--width", "4", "--ffn", "4"];
const HOW = ["--batch", "2", "--steps", "3", "--checkpoint-every", "1", "-o", "run"];
const TRAIN = ["train", "p.rasp", "--sop", "same", "--vocab", "a,b", "--max-length", "3", ...SIZES, ...HOW];

/** A folder of a training that was stopped after two of three steps, and the model of an undisturbed one. */
const stopped = once(async (): Promise<{ readonly files: Files; readonly model: string }> => {
  const files = filesIn({ "p.rasp": "same = selector_width(select(tokens, tokens, ==));" });
  await selectron(TRAIN, files);
  const model = decode(files.get(MODEL)!);
  for (const path of [MODEL, "run/checkpoints/step-00000003.safetensors"]) files.delete(path);
  return { files, model };
});

/** Goes on with the training. Only its log is damaged, so it comes to the same model. */
async function resumeWithLog(bytes: Uint8Array): Promise<Reading> {
  const { files: before, model } = await stopped();
  const files = new Map(before).set("run/log.jsonl", bytes);
  const reading = await reads(TRAIN, files);
  demand(reading.accepted, () => `a damaged log blocks the training: ${reading.text}`);
  demand(decode(files.get(MODEL) ?? new Uint8Array()) === model, () => "it wrote another model, or none");
  return reading;
}

export const trainingKinds: readonly Kind[] = [
  {
    name: "checkpoint",
    share: 10,
    edit: editSafetensors,
    samples: checkpoints,
    read: resume,
    documented: [CheckpointError],
  },
  {
    name: "checkpoint-weights",
    share: 5,
    edit: flipWeight,
    samples: checkpoints,
    read: resume,
    documented: [CheckpointError],
    changed: "refused",
  },
  {
    name: "training-log",
    share: 0.2,
    edit: (bytes, rng) => (rng.int(4) === 0 ? editBytes(bytes, rng) : encode(editJsonLines(decode(bytes), rng))),
    samples: async () => [{ name: "log.jsonl", bytes: (await stopped()).files.get("run/log.jsonl")! }],
    read: resumeWithLog,
    documented: [],
  },
];
