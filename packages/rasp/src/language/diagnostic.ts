/**
 * Errors and warnings about a program, as data for the command, the REPL and editors; `render.ts` makes text of them. Codes are
 * stable: RASP1xxx the text, RASP2xxx names and calls, RASP3xxx values, RASP4xxx the compiler, RASP5xxx files and sessions, RASP6xxx
 * limits, RASP7xxx warnings about programs that run, but probably mean something else.
 */
import type { Span } from "./source.js";

/** The kinds of error that the original implementation tells apart, the compiler's refusal, and warnings. */
export type ErrorClass =
  | "syntax"
  | "incomplete"
  | "undefined"
  | "reserved"
  | "args"
  | "type"
  | "value"
  | "zero-division"
  | "overflow"
  | "not-callable"
  | "load"
  | "recursion"
  | "limit"
  | "compile"
  | "warning"
  | "internal";

/** A further place that belongs to a diagnostic, such as a call that led to the error. */
export interface Note {
  readonly message: string;
  readonly span?: Span;
}

/** An edit that fixes the text: `text` replaces what `span` covers. */
export interface Fix {
  readonly span: Span;
  readonly text: string;
}

/** An error or a warning, its place, and what would help. */
export interface Diagnostic {
  /** Stable, for example `RASP1002`. */
  readonly code: string;
  readonly class: ErrorClass;
  readonly message: string;
  readonly span?: Span;
  /** What to write or try instead. */
  readonly suggestion?: string;
  /** The suggestion as an edit, where one edit would do. */
  readonly fix?: Fix;
  readonly notes?: readonly Note[];
}

/** The only error that a program can cause. */
export class RaspError extends Error {
  readonly diagnostic: Diagnostic;
  /** Other errors in the same text. */
  readonly further: readonly Diagnostic[];

  constructor(diagnostic: Diagnostic, further: readonly Diagnostic[] = []) {
    super(diagnostic.message);
    this.name = "RaspError";
    this.diagnostic = diagnostic;
    this.further = further;
  }

  /** The same error, placed at `span` unless it already has a place. */
  at(span: Span | undefined): RaspError {
    if (this.diagnostic.span || !span) return this;
    return new RaspError({ ...this.diagnostic, span }, this.further);
  }

  /** The same error with other advice, if there is any. */
  advising(details: Details | undefined): RaspError {
    return details === undefined ? this : new RaspError({ ...this.diagnostic, ...bounded(details) }, this.further);
  }

  /** The same error with one more note. */
  with(note: Note): RaspError {
    const notes = [...(this.diagnostic.notes ?? []), note];
    return new RaspError({ ...this.diagnostic, ...bounded({ notes }) }, this.further);
  }
}

/** What a diagnostic can hold beside its code and message. */
export type Details = Partial<Pick<Diagnostic, "span" | "suggestion" | "fix" | "notes">>;

/** Longer messages and suggestions are cut in the middle: values and names in them can be of any length. */
const LONGEST_MESSAGE = 600;

const shortened = (message: string): string =>
  message.length <= LONGEST_MESSAGE ? message : `${message.slice(0, LONGEST_MESSAGE - 200)} … ${message.slice(-150)}`;

/** A fix is an edit, which cannot be cut; one that replaces more than people read is left out. */
const LONGEST_FIX = 20_000;

/** Details with texts that are not too long. */
function bounded({ suggestion, notes, fix, ...others }: Details): Details {
  return {
    ...others,
    ...(fix === undefined || fix.text.length > LONGEST_FIX ? {} : { fix }),
    ...(suggestion === undefined ? {} : { suggestion: shortened(suggestion) }),
    ...(notes ? { notes: notes.map((note) => ({ ...note, message: shortened(note.message) })) } : {}),
  };
}

const raise =
  (code: string, errorClass: ErrorClass) =>
  (message: string, details: Details = {}): RaspError =>
    new RaspError({ code, class: errorClass, message: shortened(message), ...bounded(details) });

/** One constructor for each code: all errors outside the compiler. */
export const errors = {
  unexpectedCharacter: raise("RASP1001", "syntax"),
  unterminatedString: raise("RASP1002", "syntax"),
  unexpectedToken: raise("RASP1003", "syntax"),
  unexpectedEnd: raise("RASP1004", "incomplete"),
  missingSemicolon: raise("RASP1005", "incomplete"),
  tooDeep: raise("RASP1006", "recursion"),
  undefinedName: raise("RASP2001", "undefined"),
  reservedName: raise("RASP2002", "reserved"),
  argumentCount: raise("RASP2003", "args"),
  notCallable: raise("RASP2004", "not-callable"),
  recursion: raise("RASP2005", "recursion"),
  operandType: raise("RASP3001", "type"),
  selectorOperand: raise("RASP3002", "type"),
  sequenceType: raise("RASP3003", "type"),
  meanType: raise("RASP3004", "type"),
  wrongKind: raise("RASP3005", "type"),
  unpack: raise("RASP3006", "type"),
  input: raise("RASP3007", "type"),
  complexResult: raise("RASP3008", "type"),
  stateType: raise("RASP3009", "type"),
  loopCondition: raise("RASP3010", "type"),
  conversion: raise("RASP3101", "value"),
  indexRange: raise("RASP3102", "value"),
  missingKey: raise("RASP3103", "value"),
  badIndex: raise("RASP3104", "value"),
  rangeStep: raise("RASP3105", "value"),
  zeroDivision: raise("RASP3201", "zero-division"),
  overflow: raise("RASP3202", "overflow"),
  endlessLoop: raise("RASP3301", "value"),
  loopLimit: raise("RASP3302", "value"),
  load: raise("RASP5001", "load"),
  stepLimit: raise("RASP6001", "limit"),
  nodeLimit: raise("RASP6002", "limit"),
  memoryLimit: raise("RASP6003", "limit"),
} as const;

const warn =
  (code: string) =>
  (message: string, details: Details = {}): Diagnostic => ({
    code,
    class: "warning",
    message: shortened(message),
    ...bounded(details),
  });

/** One constructor for each code of a warning. */
export const warnings = {
  notBindsTight: warn("RASP7001"),
  minusBindsTight: warn("RASP7002"),
  nestedTernary: warn("RASP7003"),
  moduloBindsLoose: warn("RASP7004"),
  inBindsLoosest: warn("RASP7005"),
  groupsFromTheLeft: warn("RASP7006"),
  shadowing: warn("RASP7007"),
  unused: warn("RASP7008"),
  mixedTypes: warn("RASP7009"),
  neverEqual: warn("RASP7010"),
  looksAhead: warn("RASP7011"),
  alwaysTrue: warn("RASP7012"),
  more: warn("RASP7013"),
} as const;
