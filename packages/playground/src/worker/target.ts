/** Which s-op or selector the cursor is at: the name under it, or what its statement sets, or the last one before it. */
import type { Environment, Selector, SOp, Span, Value } from "@selectron/rasp";

/** A statement that ran: the names that it set, or the value that it has. */
export interface Bound {
  readonly names: readonly string[];
  readonly span: Span;
  readonly value?: Value;
}

/** What is drawn, and the name by which the program calls it, if it has one. */
export interface Target {
  readonly node: SOp | Selector;
  readonly name?: string;
}

/** What is drawn; undefined if there is no s-op yet. A `wanted` name that the program lacks counts as none. */
export function targetAt(
  environment: Environment,
  bound: readonly Bound[],
  program: string,
  cursor: number,
  wanted?: string,
): Target | undefined {
  const called = (name: string | undefined): Target | undefined => {
    if (name === undefined || !environment.names.includes(name)) return undefined;
    const node = nodeOf(environment.get(name));
    return node && { node, name };
  };
  const there = called(wanted) ?? called(wordAt(program, cursor));
  if (there) return there;
  const drawn = bound.flatMap(({ span, names, value }) => {
    const node = nodeOf(value);
    const target = node ? { node } : names.map(called).find(Boolean);
    return target ? [{ span, target }] : [];
  });
  const before = drawn.filter(({ span }) => span.start <= cursor);
  return (before.at(-1) ?? drawn[0])?.target;
}

function nodeOf(value: Value | undefined): SOp | Selector | undefined {
  if (value?.kind === "s-op" || value?.kind === "selector") return value.node;
  return value?.kind === "applied" ? value.of : undefined;
}

/** The name that the cursor is in or beside, unless it is in a comment. */
export function wordAt(program: string, cursor: number): string | undefined {
  const start = program.lastIndexOf("\n", cursor - 1) + 1;
  const line = program.slice(start, cursor);
  if (line.includes("#")) return undefined;
  const before = /[A-Za-z_]\w*$/.exec(line)?.[0] ?? "";
  const after = /^\w*/.exec(program.slice(cursor))![0];
  return /^[A-Za-z_]\w*$/.test(before + after) ? before + after : undefined;
}
