/** `eval --batch`: JSON lines with cases in, an answer for each out. Cases are independent of each other. */
import { encodeValue, runCase, type Json } from "@selectron/rasp";
import { errorJson, ExitCode, UsageError, type Context } from "./context.js";

/** Answers every line. An error of a case is its answer; a line that is no case also sets the exit code. */
export function answerCases(context: Context, lines: string): void {
  for (const line of lines.split("\n")) {
    if (line.trim() !== "") context.printJson(answer(context, line));
  }
}

function answer(context: Context, line: string): Record<string, Json> {
  let id: Json = null;
  try {
    const record = parseCase(line);
    ({ id } = record);
    return { id, ...encodeValue(runCase(record, { readFile: context.io.readFile })) };
  } catch (error) {
    if (error instanceof UsageError) {
      context.exitCode = ExitCode.BadInput;
      context.say(`error: ${error.message}`);
    }
    return { id, error: errorJson(error) };
  }
}

function parseCase(line: string): { id: Json; program: string; expr: string; inputSrc: string } {
  const usage = (): UsageError =>
    new UsageError(
      `this line is no case: ${line.slice(0, 80)}`,
      'write {"id": "a", "program": "", "expr": "tokens", "inputSrc": "\\"hello\\""}',
    );
  let record: unknown;
  try {
    record = JSON.parse(line);
    // An identifier is written again, and lists in lists can be deeper than can be written.
    JSON.stringify(record);
  } catch {
    throw usage();
  }
  const { id = null, program = "", expr, inputSrc } = (record ?? {}) as Record<string, unknown>;
  if (typeof program !== "string" || typeof expr !== "string" || typeof inputSrc !== "string") throw usage();
  return { id: id as Json, program, expr, inputSrc };
}
