/** Programs for the computer of lesson 19 as words of memory, and the computer itself in a few lines. */

/** A memory, and where the words are that are looked at. */
export interface Machine {
  readonly memory: readonly number[];
  readonly labels: Readonly<Record<string, number>>;
}

/**
 * Words from text, an instruction `a b c` or a word `.value` a line, with `label:` before it. Without `c` it goes on at the next
 * instruction. A word is a number, a label, or a label and how far behind it.
 */
function assembled(text: string): Machine {
  const words: string[] = [];
  const labels: Record<string, number> = {};
  for (const line of text.trim().split("\n")) {
    const [, label, rest] = /^\s*(?:(\w+):)?\s*(.*)$/.exec(line)!;
    if (label !== undefined) labels[label] = words.length;
    const [a, b, c] = rest!.split(/\s+/);
    if (a!.startsWith(".")) words.push(a!.slice(1));
    else words.push(a!, b!, c ?? String(words.length + 3));
  }
  const memory = words.map((word) => {
    const [, name, behind] = /^([A-Za-z]\w*)([+]\d+)?$/.exec(word) ?? [];
    return name === undefined ? Number(word) : labels[name]! + Number(behind ?? 0);
  });
  return { memory, labels };
}

/** A memory in which some words have other values, and which is as long as it should be. */
export function withWords(
  { memory, labels }: Machine,
  words: Readonly<Record<string, number>>,
  length?: number,
): number[] {
  const changed = [...memory];
  for (const [label, value] of Object.entries(words)) changed[labels[label]!] = value;
  while (changed.length < (length ?? 0)) changed.push(0);
  return changed;
}

/** The memory after each step, the first one before any. */
export function everyMemory(memory: readonly number[], most = 5000): readonly (readonly number[])[] {
  const found = [memory];
  let [now, at] = [[...memory], 0];
  while (at >= 0 && at <= now.length - 3) {
    if (found.length > most) throw new Error(`it does not halt within ${most} steps`);
    const [a, b, c] = now.slice(at, at + 3) as [number, number, number];
    // Words outside the memory are 0.
    const result = (now[b] ?? 0) - (now[a] ?? 0);
    now = now.map((word, i) => (i === b ? result : word));
    at = result <= 0 ? c : at + 3;
    found.push(now);
  }
  return found;
}

/** sum = x + y */
export const adding = assembled(`
  x z
  z y
  z z -1
  x: .3
  y: .4
  z: .0
`);

/** product = x * y, for y from 1 */
export const multiplying = assembled(`
  loop: one y last
  x z loop
  last: x z
  z product
  z z -1
  one: .1
  x: .6
  y: .7
  z: .0
  product: .0
`);

/** Puts the smaller of two numbers first. */
export const sortingTwo = assembled(`
  second difference
  first negative
  negative difference -1
  difference first
  difference other
  other second
  other other -1
  first: .9
  second: .4
  difference: .0
  negative: .0
  other: .0
`);

/** Sorts four numbers: passes over neighbours, which add to the addresses in the instructions. */
export const sorting = assembled(`
  begin: list+1 d
  p1: list z
  z d next
  p2: d list
  d w
  p3: w list+1
  next: d d
  z z
  w w
  minus begin
  minus p1
  minus p2+1
  minus p3+1
  one pairs again
  z z begin
  again: back begin
  back p1
  back p2+1
  back p3+1
  one passes -1
  less pairs
  z z begin
  d: .0
  z: .0
  w: .0
  minus: .-1
  one: .1
  pairs: .3
  passes: .3
  back: .3
  less: .-3
  list: .7
  .3
  .9
  .1
`);
