// `npm start`: the tour of the first lesson; `npm start -- <args>`: the selectron command.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const command = fileURLToPath(new URL("../packages/cli/bin/selectron.js", import.meta.url));
const tour = [
  "tour",
  "examples/01-reverse.rasp",
  "--sop",
  "reverse",
  "--vocab",
  "a,b,c",
  "--max-length",
  "6",
  "--input",
  "abcab",
];
const args = process.argv.slice(2);
const { status } = spawnSync(process.execPath, [command, ...(args.length > 0 ? args : tour)], { stdio: "inherit" });
process.exit(status ?? 1);
