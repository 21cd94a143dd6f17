/** Names that other languages have and RASP does not: what to write instead. */
import type { Details } from "../diagnostic.js";
import type { Span } from "../source.js";

/** Names that are no calls. */
const NAMES: Readonly<Record<string, readonly [help: string, instead?: string]>> = {
  help: [":help lists the commands of the REPL, and docs/language.md has the whole language"],
  man: [":help lists the commands of the REPL"],
  ...names("None null nil undefined NULL", 'there is no null; write a value, such as 0 or ""', "0"),
  ...names("index idx pos position", "the positions are called indices", "indices"),
  ...names("size len n_tokens seq_len seqlen", "the number of positions is length", "length"),
  ...names("input seq sequence inputs", "the input is called tokens", "tokens"),
  ...names("full all everything select_all", "the selector of everything is full_s", "full_s"),
  break: ["a loop ends where the condition after until holds"],
  continue: ["a step has no end before its last statement; an expression chooses: n = n + 1 if goes_on else n"],
  pass: ["a body needs a statement; any value will do", "0"],
};

function names(list: string, help: string, instead: string): Record<string, readonly [string, string]> {
  return Object.fromEntries(list.split(" ").map((name) => [name, [help, instead]]));
}

/** What helps with a name that is not set. */
export function foreignName(name: string, span: Span): Details | undefined {
  const [help, instead] = (Object.hasOwn(NAMES, name) ? NAMES[name] : undefined) ?? [];
  if (help === undefined) return undefined;
  return instead === undefined
    ? { suggestion: help }
    : { suggestion: `${help}: ${instead}`, fix: { span, text: instead } };
}
