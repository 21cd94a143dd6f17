/** `selectron repl`, and `selectron` without a command: an interactive session. */
import { Environment } from "@selectron/rasp";
import type { Command } from "commander";
import { ExitCode, type Context } from "../context.js";
import { paintFor } from "../text/paint.js";
import { loader } from "../files/program-file.js";
import { Repl } from "../repl/repl.js";
import { converse, standardStreams } from "../repl/terminal.js";

/** Adds the command. */
export function registerRepl(program: Command, context: Context): void {
  program
    .command("repl")
    .description("a session with the language, also what selectron alone does; reads statements from a pipe too")
    .option("--json", "one JSON object on standard output for each answer")
    .action(async ({ json }: { readonly json?: boolean }) => {
      const { io } = context;
      const isTerminal = io.isTerminal ?? false;
      const paint = paintFor(isTerminal, process.env);
      const repl = new Repl(new Environment({ readFile: loader(io, "-") }), {
        answer: (text) => context.print(text, paint.answer),
        complain: (text) => context.say(text, paint.diagnostic),
        columns: () => io.columns,
        ...(json ? { json: (object) => context.printJson(object) } : {}),
      });
      if (isTerminal && !json) {
        context.print(`Selectron, the RASP language. The running example is "hello".`);
        context.print(":help lists the commands; Ctrl+D leaves.", paint.dim);
      }
      if (io.isTerminal === undefined) {
        for (const line of io.readStdin().split("\n")) if (!repl.ended) repl.feed(line);
        if (!repl.ended) repl.finish();
      } else {
        await converse(repl, paint, standardStreams(isTerminal));
      }
      if (repl.failed && !isTerminal) context.exitCode = ExitCode.BadInput;
    });
}
