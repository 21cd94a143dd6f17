/** The puzzle above the editor, and the list from which it is chosen. */
import { signal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { input, isBriefOpen, panel } from "../app/state.js";
import { language, said, t } from "../texts/texts.js";
import type { Expected, Judged, Puzzle } from "./puzzle.js";
import { openSet } from "./links.js";
import {
  check,
  isChecking,
  isListOpen,
  loadPuzzles,
  openPuzzle,
  puzzle,
  puzzles,
  solved,
  trouble,
  verdict,
} from "./state.js";

/** How many hints of the puzzle are shown. */
const hintsShown = signal(0);

const Tokens = ({ values, label, kind = "" }: { values: readonly string[]; label: string; kind?: string }): VNode => (
  <tr class={kind}>
    <th scope="row">{label}</th>
    {values.map((value, i) => (
      <td key={i}>{value === " " ? "␣" : value}</td>
    ))}
  </tr>
);

function Sample({ example, got }: { example: Expected; got?: readonly string[] }): VNode {
  return (
    <div class="scroll">
      <table class="sample">
        <tbody>
          <Tokens values={example.input} label={t("input.label")} />
          <Tokens values={example.expected} label={t("puzzle.expected")} kind="expected" />
          {got && <Tokens values={got} label={t("puzzle.got")} kind="got" />}
        </tbody>
      </table>
    </div>
  );
}

function Judgement({ judged }: { judged: Judged }): VNode {
  const par = verdict.value!.par;
  switch (judged.status) {
    case "solved": {
      const { layers, heads } = judged;
      const isPar = layers <= par.layers && heads <= par.heads;
      return (
        <div class="judged good">
          <p>
            <b>{t("puzzle.solved", { n: judged.tried })}</b>{" "}
            {t(heads === 0 ? "puzzle.noHeads" : isPar ? "puzzle.atPar" : "puzzle.abovePar", { layers, heads })}
          </p>
          <NextButton />
        </div>
      );
    }
    case "wrong":
      return (
        <div class="judged bad">
          <p>{t("puzzle.wrong")}</p>
          <Sample example={judged.wrong} got={judged.got} />
          <ShowInput example={judged.wrong} />
        </div>
      );
    case "no-value":
      return (
        <div class="judged bad">
          <p>
            {t("puzzle.noValue", { message: judged.message })} <span class="suggestion">{judged.help}</span>
          </p>
          <Sample example={judged.wrong} />
          <ShowInput example={judged.wrong} />
        </div>
      );
    case "no-answer":
      return <p class="judged bad">{t("puzzle.noAnswer")}</p>;
    case "broken":
      return (
        <p class="judged bad">
          {t("puzzle.broken", { message: judged.message })} <span class="suggestion">{judged.help}</span>
        </p>
      );
  }
}

/** Puts an input on which the program is wrong into the input field, where its picture can be looked at. */
function ShowInput({ example: { input: tokens } }: { example: Expected }): VNode | null {
  const text = tokens.every((token) => [...token].length === 1) ? tokens.join("") : JSON.stringify(tokens);
  if (input.value === text) return null;
  return (
    <button
      type="button"
      onClick={() => {
        input.value = text;
        panel.value = "picture";
      }}
    >
      {t("puzzle.showInput")}
    </button>
  );
}

/** The next puzzle that is not solved. */
function NextButton(): VNode | null {
  const all = puzzles.value?.puzzles ?? [];
  const at = all.findIndex(({ id }) => id === puzzle.value?.id);
  const next = [...all.slice(at + 1), ...all.slice(0, at)].find(({ id }) => !solved.value[id]);
  if (!next) return <p>{t("puzzle.allSolved")}</p>;
  return (
    <button type="button" class="primary" onClick={() => void openPuzzle(next)}>
      {t("puzzle.next", { title: next.title[language.value] })}
    </button>
  );
}

/** The puzzle that is being solved. */
export function PuzzleCard({ puzzle: shown }: { puzzle: Puzzle }): VNode {
  useEffect(() => {
    hintsShown.value = 0;
    if (matchMedia("(min-width: 901px)").matches) isBriefOpen.value = true;
    void loadPuzzles();
  }, [shown]);
  const known = verdict.value;
  const { value: inLanguage } = language;
  const hints = shown.hints.slice(0, hintsShown.value);
  return (
    <section class="puzzle card" aria-label={t("puzzle.label")}>
      <header>
        <h2>{shown.title[inLanguage]}</h2>
        <button type="button" class="text" onClick={() => (isListOpen.value = true)}>
          {t("puzzle.list")}
        </button>
        <button type="button" class="close" aria-label={t("puzzle.leave")} onClick={() => (puzzle.value = undefined)}>
          ×
        </button>
      </header>
      <p class="task">{shown.task[inLanguage]}</p>
      {known && (
        <div class="samples">
          {known.examples.map((example, i) => (
            <Sample key={i} example={example} />
          ))}
        </div>
      )}
      {hints.length > 0 && (
        <ol class="hints">
          {hints.map((hint, i) => (
            <li key={i}>{hint[inLanguage]}</li>
          ))}
        </ol>
      )}
      <div class="actions">
        <button type="button" class="primary" disabled={isChecking.value} onClick={() => void check()}>
          {t(isChecking.value ? "puzzle.checking" : "puzzle.check")}
        </button>
        {hintsShown.value < shown.hints.length && (
          <button type="button" onClick={() => hintsShown.value++}>
            {t("puzzle.hint", { n: hintsShown.value + 1, of: shown.hints.length })}
          </button>
        )}
        {known && (
          <span class="quiet">{t(known.par.heads === 0 ? "puzzle.parNone" : "puzzle.par", { ...known.par })}</span>
        )}
      </div>
      <div role="status">
        {known?.judged && <Judgement judged={known.judged} />}
        {trouble.value !== undefined && <p class="judged bad">{said(trouble.value)}</p>}
      </div>
    </section>
  );
}

const GRADES = [1, 2, 3, 4, 5] as const;

function Grade({ grade, all }: { grade: (typeof GRADES)[number]; all: readonly Puzzle[] }): VNode | null {
  const ofGrade = all.filter((each) => each.grade === grade);
  if (ofGrade.length === 0) return null;
  return (
    <section>
      <h3>{t(`puzzle.grade${grade}`)}</h3>
      <ul>
        {ofGrade.map((each) => {
          const best = solved.value[each.id];
          return (
            <li key={each.id}>
              <button type="button" class={best ? "done" : ""} onClick={() => void openPuzzle(each)}>
                <span aria-hidden="true">{best ? "✓" : "○"}</span> {each.title[language.value]}
                {best && <span class="visually-hidden">, {t("puzzle.done")}</span>}
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** The list of puzzles, over the page. */
export function PuzzleList(): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const { value: isOpen } = isListOpen;
  useEffect(() => {
    if (isOpen) {
      void loadPuzzles();
      dialog.current?.showModal();
    } else {
      dialog.current?.close();
    }
  }, [isOpen]);
  const set = puzzles.value;
  const all = set?.puzzles ?? [];
  const done = all.filter(({ id }) => solved.value[id]).length;
  return (
    <dialog ref={dialog} class="list" aria-labelledby="list-title" onClose={() => (isListOpen.value = false)}>
      <header>
        <h2 id="list-title">{set?.title[language.value] ?? t("puzzle.open")}</h2>
        <span class="quiet">{t("puzzle.progress", { done, of: all.length })}</span>
        <button type="button" class="close" aria-label={t("close")} onClick={() => (isListOpen.value = false)}>
          ×
        </button>
      </header>
      <div class="grades">
        {GRADES.map((grade) => (
          <Grade key={grade} grade={grade} all={all} />
        ))}
      </div>
      <label class="file button">
        {t("puzzle.file")}
        <input
          class="visually-hidden"
          type="file"
          accept=".json,application/json"
          onChange={async ({ currentTarget }) => {
            const [file] = currentTarget.files ?? [];
            if (file) openSet(await file.text());
            currentTarget.value = "";
          }}
        />
      </label>
    </dialog>
  );
}
