/** The REPL at a terminal or in a pipe: prompts, editing, a history across sessions, Tab, Ctrl+C and Ctrl+D. */
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Paint } from "../text/paint.js";
import { complete } from "./complete.js";
import type { Repl } from "./repl.js";

/** The most lines of history that a new session reads. */
const HISTORY = 1000;

/** The streams of a session. */
export interface Streams {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  /** Whether the streams are a terminal. */
  readonly isTerminal: boolean;
  /** Where the history is kept. */
  readonly historyFile: string;
}

/** Standard input and output; the history in `SELECTRON_HISTORY`, or a file in the home folder. */
export const standardStreams = (isTerminal: boolean): Streams => ({
  input: process.stdin,
  output: process.stdout,
  isTerminal,
  historyFile: process.env["SELECTRON_HISTORY"] ?? join(homedir(), ".selectron_history"),
});

/**
 * Feeds lines to the REPL until they end or the REPL does.
 *
 * Long: what each event of one session does.
 */
export function converse(repl: Repl, paint: Paint, { input, output, isTerminal, historyFile }: Streams): Promise<void> {
  const reader = createInterface({
    input,
    terminal: isTerminal,
    ...(isTerminal
      ? {
          output,
          history: readHistory(historyFile),
          historySize: HISTORY,
          removeHistoryDuplicates: true,
          completer: (line: string) => complete(line, repl.environment),
        }
      : {}),
  });
  let hinted = false;
  const prompt = (): void => {
    if (!isTerminal) return;
    if (repl.lacksSemicolon && !hinted) {
      output.write(paint.dim("(a statement ends with ; and Ctrl+C drops it)\n"));
      hinted = true;
    }
    reader.setPrompt(repl.isWaiting ? `.. ${"  ".repeat(Math.max(0, repl.depth))}` : ">> ");
    reader.prompt();
  };
  return new Promise((resolve, reject) => {
    let closed = false;
    /** What cannot be told ends the session. */
    const orEnd = (action: () => void): void => {
      try {
        action();
      } catch (error) {
        closed = true;
        reject(error as Error);
        reader.close();
      }
    };
    reader.on("line", (line) => {
      if (closed || repl.ended) return;
      if (isTerminal) remember(historyFile, line);
      orEnd(() => repl.feed(line));
      if (repl.ended) reader.close();
      else if (!closed) prompt();
    });
    reader.on("SIGINT", () => {
      const isIdle = !repl.isWaiting && reader.line === "";
      output.write(isIdle ? "\n(Ctrl+D or exit leaves)\n" : "\n");
      repl.drop();
      // readline keeps the line that was being typed; Ctrl+E and Ctrl+U delete it.
      reader.write(null, { ctrl: true, name: "e" });
      reader.write(null, { ctrl: true, name: "u" });
      prompt();
    });
    reader.on("close", () => {
      if (closed) return;
      closed = true;
      if (isTerminal && !repl.ended) output.write("\n");
      if (!isTerminal) orEnd(() => repl.finish());
      resolve();
    });
    prompt();
  });
}

/** The lines of the history, the newest first. Removes the oldest ones from a file that has grown long. */
function readHistory(file: string): string[] {
  try {
    const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
    if (lines.length > 2 * HISTORY) writeFileSync(file, `${lines.slice(-HISTORY).join("\n")}\n`);
    return [...new Set(lines.slice(-HISTORY).reverse())];
  } catch {
    // There is no history yet, or it cannot be read: the session works without.
    return [];
  }
}

/** Appends a line to the history; appending, concurrent sessions do not overwrite each other. */
function remember(file: string, line: string): void {
  if (line.trim() === "") return;
  try {
    appendFileSync(file, `${line}\n`, { mode: 0o600 });
  } catch {
    // If the file cannot be written, the session works without history.
  }
}
