/** What every command shares: input and output, the exit code, and the form of results and errors. */
import {
  CheckFileError,
  ModelFileError,
  ModelInputError,
  position,
  RaspError,
  renderWithin,
  wrap,
  type Diagnostic,
  type Json,
  type Span,
} from "@selectron/rasp";
import { printable, readable, shortened, visible, visibleJson } from "@selectron/core";
import { Gpt2Error } from "@selectron/nn";
import { DecompileError } from "@selectron/rasp/decompile";
import type { Io } from "./files/io.js";
import { ClosedOutput, OutputError } from "./files/output-error.js";

/** The exit codes of the command. */
export const ExitCode = {
  /** Done, and the answer is yes. */
  Yes: 0,
  /** Done, and the answer is no. */
  No: 1,
  /** Not done: a program with an error, a missing file, an option that does not fit, a full disk. */
  BadInput: 2,
  /** Ended by Ctrl+C: 128 + SIGINT, as shells report it. Of a training after a checkpoint. */
  Interrupted: 130,
  /** Ended by `kill`: 128 + SIGTERM, likewise. */
  Terminated: 143,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Bad input that is not an error of a program: a missing file, an option that does not fit. */
export class UsageError extends Error {
  readonly suggestion: string | undefined;

  constructor(message: string, suggestion?: string) {
    super(readable(message));
    this.suggestion = suggestion;
    this.name = "UsageError";
  }
}

export class Context {
  exitCode: ExitCode = ExitCode.Yes;

  /** The warnings about the program, which JSON output also holds. */
  readonly #warnings: Diagnostic[] = [];

  readonly #endings: (() => void)[] = [];

  readonly io: Io;

  constructor(io: Io) {
    this.io = io;
  }

  /** Prints warnings on standard error. */
  warn(warnings: readonly Diagnostic[]): void {
    this.#warnings.push(...warnings);
    for (const warning of warnings) this.say(withinReason(renderWithin(warning, this.io.columns)));
  }

  /** Prints lines for people on standard error, coloured after what would not be seen of them is escaped. */
  say(text: string, paint = (seen: string): string => seen): void {
    this.io.err(`${paint(visible(text))}\n`);
  }

  /** Prints on standard error what is to be said of a file. */
  note(path: string, notes: readonly string[]): void {
    for (const note of notes) this.say(`note: ${printable(path)}: ${note}`);
  }

  /** Prints lines on standard output, as `say` does. */
  print(text: string, paint = (seen: string): string => seen): void {
    this.io.out(`${paint(visible(text))}\n`);
  }

  /** Prints a JSON object on a line of standard output, with the warnings. */
  printJson(object: Readonly<Record<string, Json>>): void {
    const warnings = this.#warnings.length > 0 ? { warnings: this.#warnings.map(diagnosticJson) } : {};
    this.io.out(`${visibleJson({ ...object, ...warnings })}\n`);
  }

  /** Has something done when the command ends, however it ends: locks are given back. */
  atEnd(action: () => void): void {
    this.#endings.push(action);
  }

  /** Does what is to be done at the end. */
  end(): void {
    for (const action of this.#endings.splice(0).reverse()) action();
  }

  /** Prints an error and sets the exit code. With `--json` it is also the one object on standard output. */
  fail(error: unknown, json: boolean): void {
    this.exitCode = ExitCode.BadInput;
    try {
      if (json && !(error instanceof OutputError)) this.printJson({ error: errorJson(error) });
    } catch (failure) {
      if (!(failure instanceof ClosedOutput)) throw failure;
    }
    this.say(withinReason(errorText(error, this.io.columns)));
  }
}

/** Lines of a message, none of which is longer than names of any length should make it. */
const withinReason = (text: string): string =>
  text
    .split("\n")
    .map((line) => shortened(line, 2000))
    .join("\n");

/** A diagnostic as JSON: class, code, message, suggestion, fix and notes, with spans in lines and columns from 1. */
export function diagnosticJson(diagnostic: Diagnostic): Readonly<Record<string, Json>> {
  const { code, class: errorClass, message, span, suggestion, fix, notes } = diagnostic;
  return {
    class: errorClass,
    code,
    message: readable(message),
    ...(suggestion === undefined ? {} : { suggestion: readable(suggestion) }),
    ...(fix ? { fix: { span: spanJson(fix.span), text: fix.text } } : {}),
    ...(notes
      ? {
          notes: notes.map((note) => ({
            message: readable(note.message),
            span: note.span ? spanJson(note.span) : null,
          })),
        }
      : {}),
    span: span ? spanJson(span) : null,
  };
}

/** An error as JSON, with the further errors of the same text. */
export function errorJson(error: unknown): Json {
  if (error instanceof RaspError) {
    const further = error.further.length > 0 ? { further: error.further.map(diagnosticJson) } : {};
    return { ...diagnosticJson(error.diagnostic), ...further };
  }
  const { message, suggestion } = plain(error);
  return {
    class: isBadInput(error) ? "usage" : "internal",
    code: isBadInput(error) ? "CLI0001" : "CLI0000",
    message,
    ...(suggestion === undefined ? {} : { suggestion }),
    span: null,
  };
}

const spanJson = ({ source, start, end }: Span): Json => ({
  file: source.file,
  start: { ...position(source, start) },
  end: { ...position(source, end) },
});

/** Whether an error is the user's to fix, and not a defect of selectron. */
const isBadInput = (error: unknown): error is Error & { readonly suggestion?: string } =>
  [UsageError, OutputError, CheckFileError, ModelFileError, ModelInputError, Gpt2Error, DecompileError].some(
    (known) => error instanceof known,
  );

function plain(error: unknown): { readonly message: string; readonly suggestion?: string } {
  if (isBadInput(error)) {
    return { message: error.message, ...(error.suggestion === undefined ? {} : { suggestion: error.suggestion }) };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    message: readable(message),
    suggestion: "this is a defect of selectron; please report it with the command and the program",
  };
}

/** An error as text for people, in lines that fit a terminal of this width. Never a stack trace. */
export function errorText(error: unknown, columns = Infinity): string {
  if (error instanceof RaspError) {
    return [error.diagnostic, ...error.further].map((diagnostic) => renderWithin(diagnostic, columns)).join("\n");
  }
  const { message, suggestion } = plain(error);
  const lines = [`error: ${message}`, ...(suggestion === undefined ? [] : [`  help: ${suggestion}`])].join("\n");
  return lines
    .split("\n")
    .flatMap((line) => wrap(line, columns, "    "))
    .join("\n");
}
