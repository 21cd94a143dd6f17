/**
 * The REPL without a terminal: lines in, answers out. Lines are gathered until they parse: a text that ends too early waits for more
 * lines, while a `;` missing between two statements is an error at once.
 */
import { shortened } from "@selectron/core";
import type { Environment, RaspError } from "@selectron/rasp";
import { parseProgram, renderWithin, type Json, type Outcome, type Statement, type Value } from "@selectron/rasp";
import { encodeValue, applyTo } from "@selectron/rasp";
import { diagnosticJson, errorJson, errorText } from "../context.js";
import { ClosedOutput, OutputError } from "../files/output-error.js";
import { runCommand } from "./commands.js";
import { show, showLoaded } from "./show.js";

/** Where the REPL's answers and errors go. */
export interface ReplOutput {
  readonly answer: (text: string) => void;
  readonly complain: (text: string) => void;
  /** How wide the terminal is, if there is one. */
  readonly columns?: () => number | undefined;
  /** With `--json`, replaces `answer`: takes an object for each answer. */
  readonly json?: (object: Readonly<Record<string, Json>>) => void;
}

export class Repl {
  /** Whether an `exit` statement has run. */
  ended = false;
  /** Whether there has been an error. */
  failed = false;
  #pending = "";
  /** How long the unfinished text was when it was last parsed. */
  #parsed = 0;
  /** How many brackets of any kind are open in it. */
  #open = 0;
  #texts = 0;

  readonly environment: Environment;
  readonly #output: ReplOutput;

  constructor(environment: Environment, output: ReplOutput) {
    this.environment = environment;
    this.#output = output;
  }

  /** Whether a statement is unfinished. */
  get isWaiting(): boolean {
    return this.#pending !== "";
  }

  /** How many bodies are open in the unfinished statement. */
  get depth(): number {
    return this.#pending.split("{").length - this.#pending.split("}").length;
  }

  /** Whether only a `;` is missing. */
  get lacksSemicolon(): boolean {
    return this.isWaiting && parseProgram({ file: "", text: `${this.#pending};` }).error === undefined;
  }

  /** Takes a line of input. @throws OutputError, ClosedOutput where an answer cannot be told */
  feed(line: string): void {
    if (this.#pending === "" && line.trimStart().startsWith(":")) {
      this.#attempt(() => this.#tell(runCommand(line.trim(), this.environment, this.#output.columns?.()), () => ({})));
      return;
    }
    this.#pending += this.#pending === "" && line.trim() === "" ? "" : `${line}\n`;
    if (this.#pending === "") return;
    this.#open += opened(line);
    if (this.#isTooSoon(line)) return;
    const { error } = parseProgram({ file: "", text: this.#pending });
    this.#parsed = this.#pending.length;
    if (error && isUnfinished(error) && !this.#endsWithLine()) return;
    if (this.#isHelp()) this.#pending = `${this.#pending.trim()};`;
    this.#runPending();
  }

  /** Ends the input: an unfinished statement is an error. */
  finish(): void {
    if (this.#pending.trim() !== "") this.#runPending();
  }

  /** Drops an unfinished statement. */
  drop(): void {
    this.#take();
  }

  /** The gathered text, which is gathered no longer. */
  #take(): string {
    const text = this.#pending;
    [this.#pending, this.#parsed, this.#open] = ["", 0, 0];
    return text;
  }

  /**
   * Whether to wait with parsing a long text: a line that closes nothing cannot complete it. Parsed anew at each line, a text of n lines
   * would take n² of them; so it is parsed when it is a tenth longer, since there can be a mistake in it.
   */
  #isTooSoon(line: string): boolean {
    const couldEnd = this.#open <= 0 && /[;}]/.test(line);
    return this.#parsed > SHORT && !couldEnd && this.#pending.length < 1.1 * this.#parsed;
  }

  /** Whether no further line can belong to the text: a word for help, or an example without quotes. */
  #endsWithLine(): boolean {
    const text = this.#pending.trim();
    return this.#isHelp() || /^set\s+(s-op\s+|selector\s+)?example\s+[^[("{]*$/.test(text);
  }

  #isHelp(): boolean {
    const text = this.#pending.trim();
    return /^(help|man)$/.test(text) && !this.environment.visibleNames.includes(text);
  }

  #runPending(): void {
    const text = this.#take();
    // Each text has its own name, to which later messages can point.
    const file = `<input ${++this.#texts}>`;
    this.#attempt(() => {
      try {
        let before = this.#values();
        this.environment.run(text, file, (outcome, statement) => {
          this.#tellOutcome(outcome, statement, before);
          before = this.#values();
        });
      } finally {
        this.#tellWarnings();
      }
    });
  }

  #tellWarnings(): void {
    for (const warning of this.environment.takeWarnings()) {
      this.#output.json?.({ warning: diagnosticJson(warning) });
      this.#output.complain(renderWithin(warning, this.#output.columns?.()));
    }
  }

  #attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (error instanceof ClosedOutput || error instanceof OutputError) throw error;
      this.failed = true;
      this.#output.json?.({ error: errorJson(error) });
      this.#output.complain(errorText(error, this.#output.columns?.()));
    }
  }

  /** @param object - asked for only where it is told: to apply a value takes as long as to show it */
  #tell(text: string, object: () => Readonly<Record<string, Json>>): void {
    if (this.#output.json) this.#output.json({ ...object(), text });
    else this.#output.answer(shortened(text, LONGEST_ANSWER));
  }

  #tellOutcome(outcome: Outcome, statement: Statement, before: ReadonlyMap<string, Value>): void {
    const { session } = this.environment;
    if (outcome.kind === "exit") this.ended = true;
    const text = show(outcome, statement, session);
    if (text !== undefined) this.#tell(text, () => this.#asJson(outcome));
    if (statement.kind !== "load") return;
    for (const [name, value] of this.#values()) {
      if (before.get(name) === value) continue;
      this.#tell(showLoaded(value, name, session), () => this.#valueJson(value, [name]));
    }
  }

  #values(): ReadonlyMap<string, Value> {
    return new Map(this.environment.names.map((name) => [name, this.environment.get(name)]));
  }

  #asJson(outcome: Outcome): Readonly<Record<string, Json>> {
    if (outcome.kind === "value") return this.#valueJson(outcome.value);
    return outcome.kind === "assigned" ? this.#valueJson(outcome.value, outcome.names) : {};
  }

  #valueJson(value: Value, names?: readonly string[]): Readonly<Record<string, Json>> {
    const { sopExample, selectorExample } = this.environment.session;
    const { input } = value.kind === "selector" ? selectorExample : sopExample;
    return { type: value.kind, ...(names ? { names } : {}), ...encodeValue(applyTo(value, input)) };
  }
}

/** Whether more input could complete the text. An unterminated string or an unknown character stays an error. */
const isUnfinished = ({ diagnostic, further }: RaspError): boolean =>
  diagnostic.code === "RASP1004" && further.length === 0;

/** Longer answers are shown without their middle, in characters: `x = x + x;` some twenty times makes millions. */
const LONGEST_ANSWER = 100_000;

/** Texts up to this many characters are parsed anew at each of their lines. */
const SHORT = 300;

/** How many more brackets a line opens than it closes, those in strings and comments not counted. */
const opened = (line: string): number => {
  const code = line.replace(/"[^"]*"|#.*/g, "");
  return (code.match(/[([{]/g)?.length ?? 0) - (code.match(/[)\]}]/g)?.length ?? 0);
};
