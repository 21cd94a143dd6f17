/** The command line: a registry of commands, one file each in `commands/`, and one place where errors are told. */
import { Command, CommanderError } from "commander";
import { registerCheck } from "./commands/check.js";
import { registerCircuit } from "./commands/circuit.js";
import { registerCompile } from "./commands/compile.js";
import { registerCost } from "./commands/cost.js";
import { registerDescribe } from "./commands/describe.js";
import { registerDraw } from "./commands/draw.js";
import { registerDataset } from "./commands/dataset.js";
import { registerDecompile } from "./commands/decompile.js";
import { registerExamples } from "./commands/examples.js";
import { registerEval } from "./commands/eval.js";
import { registerMerge } from "./commands/merge.js";
import { registerPlayground } from "./commands/playground.js";
import { registerRepl } from "./commands/repl.js";
import { registerRun } from "./commands/run.js";
import { registerTask } from "./commands/task.js";
import { registerTour } from "./commands/tour.js";
import { registerTrain } from "./commands/train.js";
import { registerVerify } from "./commands/verify.js";
import { Context, ExitCode, UsageError } from "./context.js";
import type { Io } from "./files/io.js";
import { ClosedOutput, OutputError } from "./files/output-error.js";
import { version } from "./version.js";

/** Every command, in the order of the help text. */
const COMMANDS: readonly ((program: Command, context: Context) => void)[] = [
  registerRepl,
  registerExamples,
  registerTour,
  registerEval,
  registerCost,
  registerDraw,
  registerDescribe,
  registerCompile,
  registerRun,
  registerVerify,
  registerCheck,
  registerCircuit,
  registerMerge,
  registerDataset,
  registerDecompile,
  registerTrain,
  registerTask,
  registerPlayground,
];

/** All commands with their arguments and flags. */
export function programOf(context: Context): Command {
  const program = new Command("selectron")
    .description("Write RASP programs, run them, compile them to Transformer weights, and verify that they agree.")
    .version(version, "-v, --version", "print the version")
    .exitOverride()
    .configureOutput({ writeOut: context.io.out, writeErr: () => undefined })
    .showSuggestionAfterError();
  for (const register of COMMANDS) register(program, context);
  for (const command of program.commands) {
    command.copyInheritedSettings(program);
    for (const option of command.options) {
      // An empty input has an error of its own.
      if (option.long === "--input") continue;
      command.on(`option:${option.name()}`, (value: unknown) => {
        if (value === "") {
          throw new UsageError(`${option.long ?? option.flags} is empty`, "give it a value, or leave it out");
        }
      });
    }
  }
  return program;
}

/** Runs the command with these arguments (without `node` and the script). Never throws. */
export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  const context = new Context(io);
  const program = programOf(context);
  const json = args.includes("--json");
  try {
    const command = args.every((arg) => arg === "--json") ? ["repl", ...args] : args;
    checkValues(args, program);
    await program.parseAsync([...withoutHelpOnNothing(command, program)], { from: "user" });
  } catch (error) {
    // Whoever reads wants no more; the exit code is that of the answer.
    if (!(error instanceof ClosedOutput)) tell(context, program, error, json);
  } finally {
    context.end();
  }
  return context.exitCode;
}

/** Commander would take a flag that follows a flag without its value for the value. @throws UsageError */
function checkValues(args: readonly string[], program: Command): void {
  const name = args.find((arg) => !arg.startsWith("-"));
  const options = program.commands.find((command) => command.name() === name)?.options ?? [];
  const optionOf = (word: string) => options.find(({ short, long }) => word === short || word === long);
  for (let i = 0; i < args.length - 1 && args[i] !== "--"; i++) {
    const option = optionOf(args[i]!);
    if (!option?.required) continue;
    const value = args[++i]!;
    if (!optionOf(value)) continue;
    throw new UsageError(
      `${option.long ?? option.flags} has no value: ${value} is a flag`,
      `give a value; if ${value} is the value, write ${option.long ?? option.flags}=${value}`,
    );
  }
}

/** The help of a command that does not exist would be the general help: without the flag, that it does not exist is an error. */
function withoutHelpOnNothing(args: readonly string[], program: Command): readonly string[] {
  const words = args.filter((arg) => !arg.startsWith("-"));
  const name = words[0] === "help" ? words[1] : words[0];
  if (name === undefined || name === "help" || program.commands.some((command) => command.name() === name)) return args;
  return [name, ...args.filter((arg) => arg === "--json")];
}

/** Words that are no commands, and where what they name is. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  trace: "trace is a function for TypeScript programs: docs/look-inside.md; :explain in the REPL follows one value",
  patch: "patch is a function for TypeScript programs: docs/look-inside.md",
};

/** The error for a command that does not exist. */
function unknownCommand(message: string): UsageError {
  const [, name = "", near] = /unknown command '(.*)'(?:\n\(Did you mean (.*)\?\))?/s.exec(message) ?? [];
  const program = name.endsWith(".rasp") ? `selectron eval ${name} --sop NAME` : undefined;
  const meant = near === undefined ? undefined : `did you mean "${near}"?`;
  const help = (Object.hasOwn(ELSEWHERE, name) ? ELSEWHERE[name] : undefined) ?? program ?? meant;
  return new UsageError(
    `there is no command "${name}"`,
    help === undefined ? "selectron help lists the commands" : `${help}; selectron help lists the commands`,
  );
}

/** Tells an error and sets the exit code. Where the streams are full, the exit code is all that is left. */
function tell(context: Context, program: Command, error: unknown, json: boolean): void {
  try {
    if (!(error instanceof CommanderError)) {
      context.fail(error, json);
    } else if (error.code === "commander.help") {
      // What `selectron help` asks for is on standard output already.
      if (error.exitCode !== 0) context.say(program.helpInformation());
    } else if (error.code === "commander.unknownCommand") {
      context.fail(unknownCommand(error.message), json);
    } else if (error.exitCode !== 0) {
      context.fail(
        new UsageError(error.message.replace(/^error: /, ""), "selectron help [command] lists the commands"),
        json,
      );
    }
  } catch (failure) {
    if (failure instanceof ClosedOutput) return;
    if (!(failure instanceof OutputError)) throw failure;
    context.exitCode = ExitCode.BadInput;
    // The error could not be told on standard output; why not can perhaps be told on standard error.
    if (!(error instanceof OutputError)) tell(context, program, failure, json);
  }
}
