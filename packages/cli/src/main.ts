/** What `bin/selectron.js` starts: the command on this process's arguments, files and streams. */
import { nodeIo } from "./files/io.js";
import { run } from "./run.js";

process.exitCode = await run(process.argv.slice(2), nodeIo);
