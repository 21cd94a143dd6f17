/** `npm run bench -- --help` says what it takes. */
import { benchProgram } from "./program.js";
import { UsageError } from "./usage-error.js";

try {
  await benchProgram().parseAsync();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`bench: ${error.message}`);
  process.exitCode = 2;
}
process.exit(); // ONNX Runtime keeps the process alive otherwise
