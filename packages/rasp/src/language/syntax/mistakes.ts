/** The message for a token that does not fit, with a remedy for slips and for habits from other languages. */
import { errors, type Details, type Fix, type RaspError } from "../diagnostic.js";
import { checks } from "@selectron/core";
import { position, type Span } from "../source.js";
import { beginsRepeat, type Token } from "./token.js";

/** What helps at a token, and what to write instead of it where that fixes the text. */
const REMEDIES: Readonly<Record<string, readonly [help: string, instead?: string]>> = {
  "!=": ["!= exists only inside select(...); write not (a == b)"],
  "=": ["compare with ==; an assignment is a separate statement: name = expression;", "=="],
  "/": ["/ always divides as floats; there is no //, use round"],
  "'": ['strings are written in double quotes: "text"'],
  ".": ['there are no methods or attributes: count(tokens, "a"), length; a float has digits around its point: 0.5'],
  "?": [':help lists the commands of the REPL; an expression chooses: 1 if tokens == "a" else 0'],
  "&": ["write and", "and"],
  "|": ["write or", "or"],
  "!": ["write not"],
  "~": ["write not", "not"],
};

/** Words that begin a statement with a body, in RASP or in other languages. */
const WITH_BODY = ["def", "for", "if", "elif", "else", "while", "function"];

/** Whether the statement that begins at a token has, or is meant to have, a body in braces. */
export const hasBody = (tokens: readonly Token[], start: number): boolean =>
  WITH_BODY.includes(tokens[start]!.text) || beginsRepeat(tokens, start);

/** What to write in place of words of other languages. */
const FOREIGN: Readonly<Record<string, string>> = {
  elif: "write a if c else (b if d else e)",
  if: "there is no if statement; an expression chooses: a if c else b",
  while: "loops run over lists: for i in range(10) { ... }",
  print: "a statement that is an expression is shown: x;",
  lambda: "functions are defined: def f(x) { return x + 1; }",
  return: "return is the last statement inside def f(x) { ... }",
  help: ":help lists the commands of the REPL",
  ...Object.fromEntries(
    "class try except catch raise throw with assert del delete global yield break continue switch match struct"
      .split(" ")
      .map((word) => [
        word,
        `there is no ${word}: a program sets names, defines functions with def, and repeats with for`,
      ]),
  ),
};

const CALL_WORDS = ["select", "aggregate", "range", "zip", "len"];
const KEYWORDS = [...CALL_WORDS, "def", "return", "for", "in", "if", "else", "not", "and", "or", "load", "draw"];

const WORD = /^[a-z][a-z -]*\(?\)?$/;
const isWord = ({ kind, text }: Token): boolean => kind !== "name" && kind !== "string" && WORD.test(text);

/** The diagnostic for the token at `index`, where `expected` would fit. */
export function explain(tokens: readonly Token[], index: number, expected: string): RaspError {
  const token = tokens[index]!;
  const { kind, text, span } = token;
  if (kind === "error") {
    if (text.startsWith('"')) {
      return errors.unterminatedString("this string does not end on its line", { span, suggestion: 'close it with "' });
    }
    return errors.unexpectedCharacter(`unexpected character "${text}"`, { span, ...remedy(tokens, index) });
  }
  const name =
    isWord(token) && (expected.startsWith("a name") || tokens[index + 1]?.kind === "=") ? token : tokens[index - 1];
  if (name && isWord(name) && (name === token || kind === "=")) {
    return errors.unexpectedToken(`"${name.text}" is a word of the language and cannot be a name`, {
      span: name.span,
      suggestion: `choose another name, such as "my_${name.text.replace(/[^a-z]+/g, "_").replace(/_$/, "")}"`,
    });
  }
  const details =
    misspelt(tokens, index) ?? unclosed(tokens, index, expected) ?? surplus(token, expected) ?? remedy(tokens, index);
  return errors.unexpectedToken(`expected ${expected}, not "${text}"`, { span, ...details });
}

/** The diagnostic for a text that ends inside the statement at `start`. */
export function explainEnd(tokens: readonly Token[], start: number, expected: string): RaspError {
  const end = tokens.length - 1;
  const opener = enclosing(tokens, end);
  const first = (opener?.kind === "{" && lineOf(tokens, opener)) || tokens[start]!;
  const unfinished = { message: "this statement is not finished", span: first.span };
  return errors.unexpectedEnd(`the text ends too early: expected ${expected}`, {
    span: tokens.length > 1 ? insertAfter(tokens[end - 1]!.span, "").span : tokens[end]!.span,
    notes: [unfinished],
    ...(opener?.kind === "{" ? missingBrace(tokens, opener) : endOfStatement(tokens, expected)),
  });
}

/** What helps with `select (`, which calls a function of this name; `undefined` for other calls. */
export function spacedCall(name: string, span: Span): Details | undefined {
  const space = /^[ \t\r\n]+\(/.exec(span.source.text.slice(span.end));
  if (!space || !CALL_WORDS.includes(name)) return undefined;
  return {
    suggestion: `write "${name}(" without a space before the parenthesis`,
    fix: { span: { ...span, start: span.end, end: span.end + space[0].length }, text: "(" },
  };
}

const replace = (span: Span, text: string): Fix => ({ span, text });
const insertBefore = (span: Span, text: string): Fix => ({ span: { ...span, end: span.start }, text });
const insertAfter = (span: Span, text: string): Fix => ({ span: { ...span, start: span.end }, text });

/** What helps if a word before the token, or before the parenthesis around it, is nearly a word of the language. */
function misspelt(tokens: readonly Token[], index: number): Details | undefined {
  const opener = enclosing(tokens, index);
  const caller = opener?.kind === "(" ? tokens[tokens.indexOf(opener) - 1] : undefined;
  const spaced = caller?.kind === "name" ? spacedCall(caller.text, caller.span) : undefined;
  if (spaced) return spaced;
  const [word, words] = caller?.kind === "name" ? [caller, CALL_WORDS] : [tokens[index - 1], KEYWORDS];
  const foreign = word?.kind === "name" ? FOREIGN[word.text] : undefined;
  if (foreign !== undefined) return { suggestion: foreign };
  const meant = word?.kind === "name" ? checks.nearest(word.text, words) : undefined;
  if (meant === undefined) return undefined;
  const call = CALL_WORDS.includes(meant) ? `${meant}(` : meant;
  return { suggestion: `did you mean "${call}"?`, fix: replace(word!.span, meant) };
}

const CLOSING: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };
const closing = (opener: Token): string => CLOSING[opener.text.at(-1)!]!;

/** What helps if a bracket is still open where a `;`, another kind of bracket or a new line comes. */
function unclosed(tokens: readonly Token[], index: number, expected: string): Details | undefined {
  const { kind, span, startsLine } = tokens[index]!;
  const opener = enclosing(tokens, index);
  if (expected.startsWith('"}"')) {
    const before = tokens[index - 1]!.span;
    return { suggestion: 'close the body with "}" before this', fix: insertAfter(before, "\n}") };
  }
  if (!opener || !expected.includes(`"${closing(opener)}"`)) return undefined;
  if (kind !== ";" && kind !== ")" && kind !== "]" && kind !== "}" && !startsLine) return undefined;
  return {
    suggestion: `close "${opener.text}" with "${closing(opener)}"`,
    fix: kind === ";" ? insertBefore(span, closing(opener)) : insertAfter(tokens[index - 1]!.span, closing(opener)),
    notes: [{ message: "opened here", span: opener.span }],
  };
}

/** What helps if there is a token too many. */
function surplus({ kind, span }: Token, expected: string): Details | undefined {
  if (expected !== "a statement") return undefined;
  if (kind === ";") {
    return {
      suggestion: 'no statement is open here; commands such as "examples off" take no ";"',
      fix: replace(span, ""),
    };
  }
  if (kind === "}" || kind === ")" || kind === "]") {
    return { suggestion: "no bracket is open here", fix: replace(span, "") };
  }
  return undefined;
}

function remedy(tokens: readonly Token[], index: number): Details {
  const { text, span } = tokens[index]!;
  const before = tokens[index - 1];
  if (text === "*" && before?.text === "*" && before.span.end === span.start) {
    return { suggestion: "powers are written with ^", fix: replace({ ...before.span, end: span.end }, "^") };
  }
  if (text === ":" && enclosing(tokens, index)?.text === "[") {
    return { suggestion: 'there are no slices: shift(tokens, 1, "") moves a sequence, tokens[0] is one position' };
  }
  const foreign = FOREIGN[text];
  if (foreign !== undefined) return { suggestion: foreign };
  const [help, instead] = REMEDIES[text] ?? [];
  if (help === undefined) return {};
  return instead === undefined ? { suggestion: help } : { suggestion: help, fix: replace(span, instead) };
}

/** The innermost bracket that is open before the token at `index`. */
function enclosing(tokens: readonly Token[], index: number): Token | undefined {
  let closed = 0;
  for (let i = index - 1; i >= 0; i--) {
    const last = tokens[i]!.kind === "string" ? "" : tokens[i]!.text.at(-1)!;
    if (last === ")" || last === "]" || last === "}") closed++;
    else if (last in CLOSING && closed-- === 0) return tokens[i];
  }
  return undefined;
}

/** A `}` seems to be missing before the first line that is not indented more than the line that opens the body. */
function missingBrace(tokens: readonly Token[], opener: Token): Details {
  const column = ({ span }: Token): number => position(span.source, span.start).column;
  const indent = column(lineOf(tokens, opener));
  const next = tokens.slice(tokens.indexOf(opener) + 1).find((token) => token.startsLine && column(token) <= indent);
  const where = next && next.kind !== "end" ? `before line ${position(next.span.source, next.span.start).line}` : "";
  const last = tokens[(next ? tokens.indexOf(next) : tokens.length - 1) - 1]!;
  return { suggestion: `close this body with "}" ${where}`.trimEnd(), fix: insertAfter(last.span, "\n}") };
}

/** The first token of a token's line. */
const lineOf = (tokens: readonly Token[], token: Token): Token =>
  tokens.slice(0, tokens.indexOf(token) + 1).findLast(({ startsLine }) => startsLine)!;

function endOfStatement(tokens: readonly Token[], expected: string): Details {
  const last = tokens.at(-2);
  const missing = [";", ")", "]"].find((text) => expected.endsWith(`"${text}"`));
  if (!last || missing === undefined) return {};
  return { suggestion: `add the "${missing}"`, ...(missing === ";" ? { fix: insertAfter(last.span, ";") } : {}) };
}
