/** `@selectron/cli`: the command as a function, for tests and embedders. */
export { run } from "./run.js";
export { nodeIo, type Io, type Signal } from "./files/io.js";
export { Context, UsageError, type ExitCode } from "./context.js";
