/**
 * `npm run decompile-encoders --workspace @selectron/bench -- [TASK ...]`: trains an encoder on each of twelve programs, as `selectron train`
 * does, and decompiles it.
 */
import { Rng } from "@selectron/core";
import { AdamW, cosine, linear, train, TransformerEncoder } from "@selectron/nn";
import { load, programAccuracy, programPass, ProgramTask, trainedFile } from "@selectron/rasp";
import { decompileEncoder, isConfirmed, readTrainedEncoder } from "@selectron/rasp/decompile";
import { enableWasm } from "@selectron/wasm-simd";
import { Argument, Command } from "commander";
import { count, duration } from "../arguments.js";
import { ENCODER_TASKS } from "./encoder-tasks.js";

interface Options {
  readonly steps: number;
  readonly maxLength: number;
  readonly budget: number;
}

const program = new Command("npm run decompile-encoders --workspace @selectron/bench --")
  .addArgument(new Argument("[tasks...]", "all of them if none is named").choices(Object.keys(ENCODER_TASKS)))
  .option("--steps <n>", "of each training", count, 3000)
  .option("--max-length <n>", "of the inputs", count, 10)
  .option("--budget <seconds>", "of processor time for each decompilation", duration, 240)
  .showHelpAfterError("(--help says more)")
  .parse();
const { steps, maxLength, budget } = program.opts<Options>();

await enableWasm();
console.log("| task | learnt | match of the text | classes beaten | lines, numbers | confirmed by swaps | program |");
console.log("|---|---|---|---|---|---|---|");
for (const name of program.args.length > 0 ? program.args : Object.keys(ENCODER_TASKS)) {
  const { source, vocabulary } = ENCODER_TASKS[name]!;
  const sop = load(source, { example: vocabulary }).sop("answer");
  const task = new ProgramTask(sop, { vocabulary, maxLength });
  const model = new TransformerEncoder(task.config({ dModel: 64, dFf: 256 }), new Rng(1));
  const supervision = linear({ peak: 1, steps: steps / 2 });
  await train({
    optimizer: new AdamW(model.parameters(), { beta2: 0.98 }),
    schedule: cosine({ peak: 3e-3, warmup: 100, steps, floor: 3e-5 }),
    steps,
    seed: 1,
    clip: 1,
    forward: (rng, step) => {
      const weight = supervision(step);
      return programPass(model, task, task.draw(rng, 50, { patterns: weight > 0, varied: true }), weight);
    },
  });
  const learnt = programAccuracy(model, task, new Rng(2), 20).tokens;
  const encoder = readTrainedEncoder(trainedFile(model, task, { program: name, seed: 1 }));
  const began = process.cpuUsage();
  const seconds = (): number => {
    const { user, system } = process.cpuUsage(began);
    return (user + system) / 1e6;
  };
  const result = decompileEncoder(encoder, { clock: { expired: (share = 1) => seconds() > share * budget } });
  const { refusal, best, match, headline, lines, parameters, interchange } = result;
  const beaten = headline.classes.filter(({ isBeaten }) => isBeaten).length;
  const cells = [
    name,
    learnt.toFixed(3),
    `${match.share.toFixed(3)}${refusal === undefined ? "" : ", refused"}`,
    `${beaten} of ${headline.classes.length}`,
    `${lines}, ${parameters}`,
    isConfirmed(interchange) ? "yes" : "no",
    `\`${best.trim().replaceAll("\n", " ").replaceAll("|", "\\|")}\``,
  ];
  console.log(`| ${cells.join(" | ")} |`);
}
