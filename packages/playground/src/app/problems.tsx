/** What is wrong with the program, below the editor: each with its line, and a mend where one edit would do. */
import type { VNode } from "preact";
import { mend } from "../editor/editor.js";
import { t } from "../texts/texts.js";
import type { Problem } from "../worker/problem.js";
import { outcome, program, visited } from "./state.js";

/** More problems than these are not listed: later ones mostly follow from the first. */
const MOST = 4;

const lineOf = (offset: number): number => program.value.slice(0, offset).split("\n").length;

function Item({ problem }: { problem: Problem }): VNode {
  const { severity, message, range, suggestion, fix } = problem;
  return (
    <li class={severity}>
      <span class="message">
        {range && (
          <button type="button" class="place" onClick={() => (visited.value = { ...range })}>
            {t("picture.line", { line: lineOf(range.start) })}
          </button>
        )}{" "}
        {message}
        {suggestion !== undefined && <span class="suggestion"> {suggestion}</span>}
      </span>
      {fix && (
        <button type="button" class="mend" onClick={() => mend(problem)} title={t("editor.mendKey")}>
          {t("editor.mend")}
        </button>
      )}
    </li>
  );
}

/** The list; nothing where all is well. */
export function Problems(): VNode | null {
  const problems = outcome.value?.problems ?? [];
  if (problems.length === 0) return null;
  return (
    <ul class="problems" aria-live="polite" aria-label={t("editor.problems")}>
      {problems.slice(0, MOST).map((problem, i) => (
        <Item key={i} problem={problem} />
      ))}
      {problems.length > MOST && <li class="quiet">{t("editor.more", { n: problems.length - MOST })}</li>}
    </ul>
  );
}
