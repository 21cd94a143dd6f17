/** What the editor knows of names: completion with signatures, and values on hovering. */
import {
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
} from "@codemirror/autocomplete";
import type { Extension } from "@codemirror/state";
import { hoverTooltip } from "@codemirror/view";
import { outcome } from "../app/state.js";
import { t, type MessageKey } from "../texts/texts.js";
import type { KnownName } from "../worker/protocol.js";

/** What the language itself calls, with its parameters, and the words of statements. */
const BUILT_IN: readonly (readonly [name: string, parameters: string, help: MessageKey])[] = [
  ["select", "(keys, queries, ==)", "help.select"],
  ["aggregate", "(selector, values)", "help.aggregate"],
  ["round", "(x)", "help.round"],
  ["indicator", "(x)", "help.indicator"],
];
const WORDS = ["def", "return", "for", "in", "if", "else", "not", "and", "or"];

const signature = ({ parameters }: KnownName): string => (parameters ? `(${parameters.join(", ")})` : "");

function offers(): Completion[] {
  const names = outcome.value?.names ?? [];
  return [
    ...BUILT_IN.map(([label, detail, help]): Completion => ({
      label,
      detail,
      info: t(help),
      type: "function",
      apply: `${label}(`,
    })),
    ...names.map((name): Completion => ({
      label: name.name,
      detail: signature(name) || (name.value ?? ""),
      type: name.kind === "function" ? "function" : "variable",
      ...(name.isLibrary ? { boost: -1 } : {}),
      ...(name.kind === "function" ? { apply: `${name.name}(` } : {}),
    })),
    ...WORDS.map((label): Completion => ({ label, type: "keyword", boost: -2 })),
  ];
}

function complete(context: CompletionContext): CompletionResult | null {
  const word = context.matchBefore(/[A-Za-z_]\w*/);
  if (!word && !context.explicit) return null;
  const line = context.state.doc.lineAt(context.pos);
  if (line.text.slice(0, context.pos - line.from).includes("#")) return null;
  return { from: word?.from ?? context.pos, options: offers(), validFor: /^\w*$/ };
}

/** What is told of a name. */
export function describeName(name: string): string | undefined {
  const builtIn = BUILT_IN.find(([label]) => label === name);
  if (builtIn) return `${name}${builtIn[1]}\n${t(builtIn[2])}`;
  const known = outcome.value?.names.find((each) => each.name === name);
  if (!known) return undefined;
  const value = known.value === undefined ? "" : ` = ${known.value}`;
  return `${name}${signature(known)}${value}\n${known.kind}${known.isLibrary ? `, ${t("editor.library")}` : ""}`;
}

const onHover = hoverTooltip((view, position) => {
  const { from, to, text } = view.state.doc.lineAt(position);
  let [start, end] = [position, position];
  while (start > from && /\w/.test(text[start - from - 1]!)) start--;
  while (end < to && /\w/.test(text[end - from]!)) end++;
  const told =
    start < end && !text.slice(0, start - from).includes("#")
      ? describeName(text.slice(start - from, end - from))
      : undefined;
  if (told === undefined) return null;
  return {
    pos: start,
    end,
    above: true,
    create: () => {
      const dom = document.createElement("div");
      dom.className = "hover-value";
      dom.textContent = told;
      return { dom };
    },
  };
});

/** The extension of both. */
export const help: Extension = [autocompletion({ override: [complete], icons: false }), onHover];
