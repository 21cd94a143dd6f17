/**
 * What `bin/selectron.js` starts: the command on this process's arguments, files and streams. A session reads keys, which only the
 * process's first thread can; other commands have a thread of their own.
 */
import { supervise } from "./process/supervisor.js";

const args = process.argv.slice(2);
if (args.every((arg) => arg.startsWith("-")) || args[0] === "repl") {
  const [{ run }, { nodeIo }] = await Promise.all([import("./run.js"), import("./files/io.js")]);
  process.exitCode = await run(args, nodeIo);
} else {
  supervise(args);
}
