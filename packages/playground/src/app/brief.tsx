/** The language in brief, below the editor: what a newcomer needs to solve a puzzle without leaving the page. */
import type { VNode } from "preact";
import { isBriefOpen } from "./state.js";
import { t, type MessageKey } from "../texts/texts.js";

const ENTRIES: readonly (readonly [code: string, key: MessageKey])[] = [
  ["answer = tokens;", "brief.statement"],
  ["tokens  indices  length", "brief.given"],
  ['indices + 1    tokens == "a"    not x', "brief.operators"],
  ['tokens in ["a", "e"]', "brief.in"],
  ["x if condition else y", "brief.if"],
  ["select(keys, queries, ==)", "brief.select"],
  ["s and t    s or t    not s", "brief.combine"],
  ['aggregate(s, values, "-")', "brief.aggregate"],
  ["selector_width(s)    has_focus(s)", "brief.width"],
  ["best(s, score)", "brief.best"],
  ["contains(x, value)    count(x, value)", "brief.library"],
  ["round(x)    indicator(x)", "brief.functions"],
  ["def f(x) { return x + 1; }", "brief.def"],
];

export const Brief = (): VNode => (
  <details
    class="brief"
    open={isBriefOpen.value}
    onToggle={({ currentTarget: { open } }) => (isBriefOpen.value = open)}
  >
    <summary>{t("brief.title")}</summary>
    <dl>
      {ENTRIES.map(([code, key]) => (
        <div key={key}>
          <dt>
            <code>{code}</code>
          </dt>
          <dd>{t(key)}</dd>
        </div>
      ))}
    </dl>
  </details>
);
