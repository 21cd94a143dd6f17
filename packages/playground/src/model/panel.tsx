/** The panel of the weights: compile or open a model, then look inside, from the overview down to one number. */
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import { said, t } from "../texts/texts.js";
import { Choice, Length, Vocabulary } from "./fields.js";
import { Heads } from "./heads.js";
import { Sides } from "./sides.js";
import {
  causal,
  compileProgram,
  followModel,
  isBusy,
  isOpening,
  isStale,
  look,
  maxLength,
  model,
  openModel,
  problem,
  progress,
  stopCompile,
  suggestedLength,
  suggestedVocabulary,
  targetName,
  vocabulary,
} from "./state.js";
import { Stream } from "./stream.js";
import { Summary } from "./summary.js";

/** For which inputs the program is compiled. */
function Form(): VNode {
  return (
    <form
      class="compile card"
      data-tour="compile"
      onSubmit={(event) => {
        event.preventDefault();
        void compileProgram();
      }}
    >
      <p class="lead">{t("model.lead", { name: targetName.value })}</p>
      <Vocabulary value={vocabulary.value ?? suggestedVocabulary.value} set={(value) => (vocabulary.value = value)} />
      <Length
        value={maxLength.value ?? suggestedLength.value}
        from={1}
        to={64}
        set={(value) => (maxLength.value = value)}
      />
      <Choice value={causal.value} set={(value) => (causal.value = value)} label={t("model.causal")} />
      <span class="actions">
        <button type="submit" class="primary" disabled={isBusy.value}>
          {t(isBusy.value && !isOpening.value ? "model.compiling" : "model.compile")}
        </button>
        {isBusy.value && (
          <button type="button" onClick={stopCompile}>
            {t("stop")}
          </button>
        )}
        <label class="file button">
          {t(isOpening.value ? "model.opening" : "model.open")}
          <input
            class="visually-hidden"
            type="file"
            accept=".safetensors,.onnx,.json"
            multiple
            onChange={({ currentTarget }) => {
              void openModel([...(currentTarget.files ?? [])]);
              currentTarget.value = "";
            }}
          />
        </label>
      </span>
      {isBusy.value && progress.value && (
        <p class="progress" role="status">
          <progress max={progress.value.of} value={progress.value.done} /> {progress.value.stage}
        </p>
      )}
    </form>
  );
}

export function WeightsPanel(): VNode {
  useEffect(followModel, []);
  const [shown, trouble] = [model.value, problem.value];
  return (
    <div class="panel-body weights" data-tour="weights">
      <Form />
      {trouble && (
        <p class="note bad" role="alert">
          {said(trouble.message)} {trouble.suggestion !== undefined && <span class="quiet">{trouble.suggestion}</span>}
        </p>
      )}
      {!shown && !isBusy.value && <p class="quiet">{t("model.drop")}</p>}
      {shown && (
        <>
          {isStale.value && <p class="note">{t("model.stale")}</p>}
          <Summary model={shown} />
          {look.value?.problem && (
            <p class="note" role="status">
              {said(look.value.problem.message)}
            </p>
          )}
          {look.value && !look.value.problem && (
            <>
              <Sides look={look.value} />
              <Heads look={look.value} />
              {look.value.stages.length > 0 && <Stream look={look.value} />}
            </>
          )}
        </>
      )}
    </div>
  );
}
