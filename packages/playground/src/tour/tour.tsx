/** The tour: from "what is a selector" to "these weights are your program", a step at a time, beside the page and not over it. */
import { effect } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { open, panel, pinned } from "../app/state.js";
import { isListOpen, puzzle } from "../puzzles/state.js";
import { language, t, type MessageKey } from "../texts/texts.js";
import { STEPS } from "./steps.js";
import { followOffer, isNew, tourStep } from "./state.js";

const CLASS = "toured";

/** Draws the reader's eye to a part of the page. @returns whether it is there */
function point(place: string | undefined): boolean {
  for (const each of document.querySelectorAll(`.${CLASS}`)) each.classList.remove(CLASS);
  if (place === undefined) return true;
  const target = document.querySelector(`[data-tour="${place}"]`);
  target?.classList.add(CLASS);
  // On a phone the card covers the lower part of the screen.
  const isNarrow = matchMedia("(max-width: 900px)").matches;
  target?.scrollIntoView({ block: isNarrow ? "start" : "nearest" });
  return target !== null;
}

/** Milliseconds after which the page has drawn what is pointed at, or is looked at again. */
const DRAWN = 120;

/** Compiles what is written, unless that has been done. */
async function compileOnce(): Promise<void> {
  await (await import("../model/state.js")).compileUnlessDone();
}

/** Prepares the page for a step. */
function prepare(step: number): void {
  const { program, input, target, panel: shown, place, compiles } = STEPS[step]!;
  puzzle.value = undefined;
  if (program !== undefined) open(t(program), input ?? "hello");
  pinned.value = target;
  if (shown) panel.value = shown;
  if (compiles) void compileOnce();
  // What is pointed at may only be there once the page has drawn it.
  const look = (): void => {
    if (tourStep.value === step && !point(place)) setTimeout(look, DRAWN);
  };
  setTimeout(look, DRAWN);
}

/** Ends the tour; it is not offered again. */
export function endTour(): void {
  tourStep.value = undefined;
  isNew.value = false;
}

/** What the tour ends with. */
function startPuzzles(): void {
  endTour();
  isListOpen.value = true;
}

/** Shows each step as it comes. */
export function followTour(): void {
  followOffer();
  effect(() => {
    const { value: step } = tourStep;
    if (step === undefined) point(undefined);
    else prepare(step);
  });
}

export function Tour(): VNode | null {
  const card = useRef<HTMLElement>(null);
  const step = tourStep.value;
  useEffect(() => {
    card.current?.focus({ preventScroll: true });
    const { style } = document.documentElement;
    if (card.current) style.setProperty("--tour", `${card.current.offsetHeight}px`);
    else style.removeProperty("--tour");
  }, [step, language.value]);
  if (step === undefined) return null;
  const isLast = step === STEPS.length - 1;
  return (
    <aside
      ref={card}
      class="tour card"
      tabIndex={-1}
      aria-label={t("tour.label")}
      onKeyDown={(event) => event.key === "Escape" && endTour()}
    >
      <p class="quiet">{t("tour.step", { n: step + 1, of: STEPS.length })}</p>
      <h2>{t(`tour.${step + 1}.title` as MessageKey)}</h2>
      <p aria-live="polite">{t(`tour.${step + 1}.text` as MessageKey)}</p>
      <div class="actions">
        {step > 0 && (
          <button type="button" onClick={() => (tourStep.value = step - 1)}>
            {t("tour.back")}
          </button>
        )}
        <button type="button" class="primary" onClick={() => (isLast ? startPuzzles() : (tourStep.value = step + 1))}>
          {t(isLast ? "tour.end" : "tour.next")}
        </button>
        <button type="button" class="text" onClick={endTour}>
          {t(isLast ? "close" : "tour.skip")}
        </button>
      </div>
    </aside>
  );
}
