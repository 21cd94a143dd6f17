/**
 * What to write in place of a statement that does not parse, where it is written as in another language. The rewritings of
 * `statement-habits.ts` and `expression-habits.ts` are tried; one is offered if the statement parses afterwards.
 */
import type { Details } from "../../diagnostic.js";
import { textOf, type Span } from "../../source.js";
import { Unexpected } from "../cursor.js";
import { lex } from "../lexer.js";
import { StatementParser } from "../statement.js";
import type { Token } from "../token.js";
import { EXPRESSION_HABITS } from "./expression-habits.js";
import { STATEMENT_HABITS } from "./statement-habits.js";

/** Longer statements are not rewritten, and longer texts are not shown in a message. */
const [LONGEST, LONGEST_SHOWN] = [400, 160];
/** How much of the text before a statement is looked at. */
const LONGEST_BEFORE = 4000;
/** The most habits in one statement. */
const MOST = 4;

const HABITS = [...STATEMENT_HABITS, ...EXPRESSION_HABITS];

/** What helps with the statement whose first token is at `start` and that goes wrong at `index`. */
export function habitHelp(tokens: readonly Token[], start: number, index: number): Details | undefined {
  const isClosed = tokens[start]!.kind === "}";
  const begin = isClosed ? outerStart(tokens, start) : start;
  const inBody = opener(tokens, begin) !== undefined;
  for (const span of ranges(tokens, begin, index)) {
    const found = rewritten(span, inBody);
    if (!found) continue;
    const shown = found.text.replace(/\s+/g, " ");
    const help = found.helps.map((text) => text.replace(/[;:]? write$/, "")).join("; ");
    return {
      suggestion: shown.length > LONGEST_SHOWN ? help : `${help}: ${shown}`,
      fix: { span, text: found.text },
    };
  }
  return undefined;
}

/** The statement in RASP, and what there is to tell about it. */
function rewritten(span: Span, inBody: boolean): { readonly text: string; readonly helps: string[] } | undefined {
  const before = span.source.text.slice(Math.max(0, span.start - LONGEST_BEFORE), span.start);
  const { masked, helps, restore } = mask(textOf(span));
  let [text, left] = [masked, unread(masked, inBody)];
  for (let count = helps.length; left > 0 && count < MOST; count++) {
    let best: { text: string; left: number; help: string } | undefined;
    for (const { help, rewrite } of HABITS) {
      const candidate = rewrite(text, before);
      if (candidate === text || candidate.length > 2 * LONGEST) continue;
      const remaining = unread(candidate, inBody);
      if (remaining < (best?.left ?? left)) best = { text: candidate, left: remaining, help };
      if (remaining === 0) break;
    }
    if (!best) break;
    [text, left] = [best.text, best.left];
    if (!helps.includes(best.help)) helps.push(best.help);
  }
  if (left > 0 || helps.length === 0) return undefined;
  const needsEnd = parses(text, inBody) ? "" : ";";
  return { text: restore(text + needsEnd), helps };
}

/** A text with each string as `"0"`, `"1"`, …, so that rewritings do not look inside. Strings in other quotes are made strings. */
function mask(original: string) {
  const strings: string[] = [];
  const helps: string[] = [];
  const keep = (content: string): string => `"${strings.push(content) - 1}"`;
  const masked = original.replace(
    /(f?)"([^"\n]*)"|(f?)'([^'"\n]*)'|[“”„]([^“”"\n]*)[“”]|`([^`"\n]*)`|(?:#|\/\/)[^\n]*/g,
    (whole, f1: string, plain: string, f2: string, single: string, curly: string, tick: string) => {
      const content = plain ?? single ?? curly ?? tick;
      if (content === undefined) return whole;
      if (plain === undefined) helps.push("strings are written in double quotes; write");
      if (f1 !== "f" && f2 !== "f" && !COMPARISON.test(content)) return keep(content);
      if (COMPARISON.test(content)) {
        helps.push("a comparison has no quotes; write");
        return content;
      }
      helps.push("strings are joined with +; write");
      const parts = content.split(/[{}]/).map((part, i) => (i % 2 === 1 ? part : part === "" ? "" : keep(part)));
      return parts.filter((part) => part !== "").join(" + ");
    },
  );
  const restore = (text: string): string =>
    text.replace(/"(\d+)"/g, (whole, i: string) =>
      strings[Number(i)] === undefined ? whole : `"${strings[Number(i)]!}"`,
    );
  return { masked, helps: [...new Set(helps)], restore };
}

/** A comparison in quotes is meant as one. */
const COMPARISON = /^(==|!=|<=|>=|<|>)$/;

const parses = (text: string, inBody: boolean): boolean => unreadExactly(text, inBody) === 0;

/** How many tokens are not read when parsing stops; 0 if the text parses, or lacks only a `;`. */
const unread = (text: string, inBody: boolean): number =>
  Math.min(unreadExactly(text, inBody), unreadExactly(`${text};`, inBody));

function unreadExactly(text: string, inBody: boolean): number {
  if (!inBody) return unreadText(text);
  // The statement may itself be the `return` of the body.
  return Math.min(unreadText(`def f() { ${text} return 0; }`), unreadText(`def f() { ${text} }`));
}

function unreadText(whole: string): number {
  const tokens = lex({ file: "", text: whole });
  const parser = new StatementParser(tokens);
  try {
    while (!parser.at("end")) parser.statement("program");
    return 0;
  } catch (error) {
    return error instanceof Unexpected ? tokens.length - error.index : Infinity;
  }
}

/** The parts of the text that may be the statement, the likeliest first. */
function ranges(tokens: readonly Token[], begin: number, index: number): Span[] {
  const { source, start } = tokens[begin]!.span;
  const column = ({ span }: Token): number => span.start - source.text.lastIndexOf("\n", span.start - 1);
  const indent = column(tokens[begin]!);
  const bodies: number[] = [];
  const lines: number[] = [];
  const ends: number[] = [];
  let depth = 0;
  let end = begin;
  for (; end < tokens.length - 1 && tokens[end]!.span.end - start <= LONGEST; end++) {
    const { text, kind, startsLine } = tokens[end]!;
    const last = kind === "string" ? "" : text.at(-1)!;
    // Lines that are indented more belong to the statement.
    if (end > index && startsLine && column(tokens[end]!) <= indent && last !== "}") lines.push(end);
    if ("([{".includes(last) && last !== "") depth++;
    if (")]}".includes(last) && last !== "" && --depth < 0 && last === "}") break;
    const next = tokens[end + 1]!.text;
    if (end < index || depth > 0) continue;
    if (last === ";") ends.push(end + 1);
    if (last === "}" && next !== "else" && next !== "elif") bodies.push(next === ";" ? end + 2 : end + 1);
  }
  const hasIndented = ["def", "for", "if", "while"].includes(tokens[begin]!.text);
  const isChoice = tokens[begin]!.kind === "if";
  const all = hasIndented
    ? [...(isChoice ? [end] : []), ...bodies, ...lines, end, ...ends]
    : [...[...ends, ...bodies].sort((a, b) => a - b), ...lines, end];
  // A comment of another language reaches to the end of its line, whatever tokens it has.
  const newline = source.text.indexOf("\n", start);
  return [
    ...[...new Set(all)]
      .filter((to) => to > begin)
      .slice(0, 6)
      .map((to) => tokens[to - 1]!.span.end),
    newline < 0 ? source.text.length : newline,
  ]
    .filter((to) => to - start <= LONGEST)
    .map((to) => ({ source, start, end: to }));
}

/** The index of the bracket `{` that is open at a token. */
function opener(tokens: readonly Token[], index: number): number | undefined {
  let closed = 0;
  for (let i = index - 1; i >= 0; i--) {
    if (tokens[i]!.kind === "}") closed++;
    else if (tokens[i]!.kind === "{" && closed-- === 0) return i;
  }
  return undefined;
}

/** The first token of the statement around a `}`. */
function outerStart(tokens: readonly Token[], index: number): number {
  let start = opener(tokens, index) ?? index;
  while (start > 0 && ![";", "{", "}"].includes(tokens[start - 1]!.kind)) start--;
  return start;
}
