/** The page: the program on the left, what it does on the right; one below the other on a phone. */
import { signal } from "@preact/signals";
import type { ComponentType, VNode } from "preact";
import { useEffect } from "preact/hooks";
import { Editor, redoEdit, undoEdit } from "../editor/editor.js";
import { PicturePanel } from "../picture/picture.js";
import { PuzzleCard, PuzzleList } from "../puzzles/panel.js";
import { puzzle } from "../puzzles/state.js";
import { t } from "../texts/texts.js";
import { Tour } from "../tour/tour.js";
import { Brief } from "./brief.js";
import { EXAMPLES } from "./examples.js";
import { Header } from "./header.js";
import { Problems } from "./problems.js";
import { input, open, outcome, panel, type Panel } from "./state.js";

/** Panels that are loaded when they are first opened. */
const later: Record<Exclude<Panel, "picture">, ReturnType<typeof signal<ComponentType | undefined>>> = {
  weights: signal<ComponentType | undefined>(undefined),
  train: signal<ComponentType | undefined>(undefined),
};

const LOADERS: Record<Exclude<Panel, "picture">, () => Promise<ComponentType>> = {
  weights: async () => (await import("../model/panel.js")).WeightsPanel,
  train: async () => (await import("../train/panel.js")).TrainPanel,
};

/** Loads a panel that is opened for the first time. */
function load(name: Panel): void {
  if (name === "picture" || later[name].value) return;
  void LOADERS[name]().then((component) => (later[name].value = component));
}

function Toolbar(): VNode {
  return (
    <div class="toolbar">
      <label>
        <span class="visually-hidden">{t("example.label")}</span>
        <select
          value=""
          onChange={(event) => {
            const example = EXAMPLES[Number(event.currentTarget.value)];
            if (example) {
              puzzle.value = undefined;
              open(example.program, example.input);
            }
            event.currentTarget.value = "";
          }}
          data-tour="examples"
        >
          <option value="">{t("example.label")}</option>
          {EXAMPLES.map(({ key }, i) => (
            <option key={key} value={i}>
              {i + 1}. {t(key)}
            </option>
          ))}
        </select>
      </label>
      <span class="spacer" />
      <button type="button" class="icon" aria-label={t("editor.undo")} title={t("editor.undo")} onClick={undoEdit}>
        ↶
      </button>
      <button type="button" class="icon" aria-label={t("editor.redo")} title={t("editor.redo")} onClick={redoEdit}>
        ↷
      </button>
    </div>
  );
}

function InputField(): VNode {
  const { length } = outcome.value?.tokens ?? [];
  return (
    <div class="input-field" data-tour="input">
      <label for="input">{t("input.label")}</label>
      <input
        id="input"
        type="text"
        value={input.value}
        spellcheck={false}
        autocomplete="off"
        autocapitalize="off"
        maxLength={1000}
        placeholder={t("input.placeholder")}
        onInput={({ currentTarget: { value } }) => (input.value = value)}
      />
      <span class="quiet">{t("input.tokens", { n: length ?? 0 })}</span>
    </div>
  );
}

const PANELS: readonly Panel[] = ["picture", "weights", "train"];

/** Tabs, with the arrow keys between them. */
function Tabs(): VNode {
  const move = (event: KeyboardEvent): void => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const next = PANELS[(PANELS.indexOf(panel.value) + step + PANELS.length) % PANELS.length]!;
    panel.value = next;
    document.getElementById(`tab-${next}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={t("panels")} onKeyDown={move} data-tour="tabs">
      {PANELS.map((name) => (
        <button
          key={name}
          id={`tab-${name}`}
          type="button"
          role="tab"
          aria-selected={panel.value === name}
          aria-controls="panel"
          tabIndex={panel.value === name ? 0 : -1}
          onClick={() => (panel.value = name)}
        >
          {t(`panel.${name}`)}
        </button>
      ))}
    </div>
  );
}

function PanelBody(): VNode {
  const name = panel.value;
  useEffect(() => load(name), [name]);
  if (name === "picture") return <PicturePanel />;
  const Later = later[name].value;
  return Later ? <Later /> : <p class="panel-body quiet">{t("loading")}</p>;
}

/** Opens the files that are dropped on the page: a model, with its configuration if it has one. */
async function dropped(files: readonly File[]): Promise<void> {
  if (files.length === 0) return;
  panel.value = "weights";
  await (await import("../model/state.js")).openModel(files);
}

/** Whether files are held over the page. */
const isOver = signal(false);

export function App(): VNode {
  return (
    <>
      <Header />
      <main
        class={isOver.value ? "over" : ""}
        onDragOver={(event) => {
          if (!event.dataTransfer?.types.includes("Files")) return;
          event.preventDefault();
          isOver.value = true;
        }}
        onDragLeave={({ relatedTarget }) => {
          if (relatedTarget === null) isOver.value = false;
        }}
        onDrop={(event) => {
          isOver.value = false;
          const files = [...(event.dataTransfer?.files ?? [])];
          if (files.length === 0) return;
          event.preventDefault();
          void dropped(files);
        }}
      >
        <section class="left" aria-label={t("program")}>
          {puzzle.value && <PuzzleCard puzzle={puzzle.value} />}
          <Toolbar />
          <Editor />
          <Problems />
          <Brief />
          <InputField />
        </section>
        <section class="right" aria-label={t("panels")}>
          <Tabs />
          <div id="panel" role="tabpanel" aria-labelledby={`tab-${panel.value}`} tabIndex={-1}>
            <PanelBody />
          </div>
        </section>
      </main>
      <PuzzleList />
      <Tour />
    </>
  );
}
