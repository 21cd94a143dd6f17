/** Pieces of program text by brackets, without a parser: what they are used for does not parse. */

const OPEN = "([{";
const CLOSE = ")]}";

/** The parts of a text between separators that are in no bracket. */
export function partsOf(text: string, separator: RegExp): string[] {
  const parts: string[] = [];
  let [depth, from] = [0, 0];
  for (let i = 0; i < text.length; i++) {
    if (OPEN.includes(text[i]!)) depth++;
    else if (CLOSE.includes(text[i]!)) depth--;
    const found = depth === 0 ? separator.exec(text.slice(i)) : null;
    if (found?.index !== 0) continue;
    parts.push(text.slice(from, i));
    from = i + found[0].length;
    i = from - 1;
  }
  return [...parts, text.slice(from)].map((part) => part.trim());
}

/** The index behind the bracket that closes the one at `open`; -1 if none does. */
export function closing(text: string, open: number): number {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    if (OPEN.includes(text[i]!)) depth++;
    else if (CLOSE.includes(text[i]!) && --depth === 0) return i + 1;
  }
  return -1;
}

/** Replaces calls `name(…)`; `replace` gets the arguments, and gives `undefined` to leave a call as it is. */
export function replaceCalls(
  text: string,
  name: RegExp,
  replace: (args: readonly string[], name: string) => string | undefined,
): string {
  const found = name.exec(text);
  if (!found) return text;
  const open = found.index + found[0].length;
  const end = text[open] === "(" ? closing(text, open) : -1;
  if (end < 0) return text.slice(0, open) + replaceCalls(text.slice(open), name, replace);
  const inner = replaceCalls(text.slice(open + 1, end - 1), name, replace);
  const replaced = replace(inner.trim() === "" ? [] : partsOf(inner, /^,/), found[0]);
  const rest = replaceCalls(text.slice(end), name, replace);
  return text.slice(0, found.index) + (replaced ?? `${found[0]}(${inner})`) + rest;
}

/** The operators that are looser than a product. */
const LOOSE = /[-+<>]|==/;

/** The operand that ends at `end`: back to a separator, an opening bracket or a word such as `and`; or, of a product, a looser operator. */
export function operandBefore(text: string, end: number, ofProduct = false): string {
  let depth = 0;
  let from = end;
  for (; from > 0; from--) {
    const before = text[from - 1]!;
    if (CLOSE.includes(before)) depth++;
    else if (OPEN.includes(before) && depth-- === 0) break;
    if (depth === 0 && ofProduct && LOOSE.test(before)) break;
    if (depth === 0 && (/[,;{}]/.test(before) || isAssignment(text, from - 1) || endsWithWord(text, from))) break;
  }
  return text.slice(from, end);
}

/** The operand that begins at `start`: up to what `operandBefore` goes back to; of a product, also to the next factor. */
export function operandAfter(text: string, start: number, ofProduct = false): string {
  let depth = 0;
  let to = start;
  for (; to < text.length; to++) {
    if (OPEN.includes(text[to]!)) depth++;
    else if (CLOSE.includes(text[to]!) && depth-- === 0) break;
    if (depth === 0 && ofProduct && to > start && /[-+<>*/%]|==/.test(text[to]!)) break;
    if (depth === 0 && (/[,;{}:?]/.test(text[to]!) || /^\s(and|or|if|else|in)\b/.test(text.slice(to)))) break;
  }
  return text.slice(start, to);
}

const isAssignment = (text: string, at: number): boolean =>
  text[at] === "=" && text[at + 1] !== "=" && !/[=!<>]/.test(text[at - 1] ?? "");

const endsWithWord = (text: string, end: number): boolean => /\b(and|or|if|else|return)\s$/.test(text.slice(0, end));
