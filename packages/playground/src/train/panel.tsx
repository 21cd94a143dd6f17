/** The panel that trains a small Transformer on what the program computes, and reads a program back out of it. */
import { signal } from "@preact/signals";
import type { VNode } from "preact";
import { open } from "../app/state.js";
import { Choice, Length, Vocabulary } from "../model/fields.js";
import { suggestedVocabulary, targetName } from "../model/state.js";
import { Shades } from "../picture/shades.js";
import { language, said, t } from "../texts/texts.js";
import type { TrainMoreReply } from "../worker/training-protocol.js";
import { Curve } from "./curve.js";
import {
  decompile,
  found,
  isSearching,
  latest,
  losses,
  pause,
  phase,
  resume,
  saveTrained,
  search,
  start,
  stopSearch,
  supervise,
  training,
  trouble,
} from "./state.js";

const vocabulary = signal<string | undefined>(undefined);
const maxLength = signal(8);

function Form(): VNode {
  const isRunning = phase.value === "running";
  return (
    <form
      class="compile card"
      onSubmit={(event) => {
        event.preventDefault();
        void start(vocabulary.value ?? suggestedVocabulary.value, maxLength.value);
      }}
    >
      <p class="lead">{t("train.lead", { name: targetName.value })}</p>
      <Vocabulary value={vocabulary.value ?? suggestedVocabulary.value} set={(value) => (vocabulary.value = value)} />
      <Length value={maxLength.value} from={2} to={20} set={(value) => (maxLength.value = value ?? maxLength.value)} />
      <Choice value={supervise.value} set={(value) => (supervise.value = value)} label={t("train.supervise")} />
      <span class="actions">
        <button type="submit" class="primary">
          {t(phase.value === "none" ? "train.start" : "train.again")}
        </button>
        {isRunning && (
          <button type="button" onClick={pause}>
            {t("train.pause")}
          </button>
        )}
        {phase.value === "paused" && (
          <button type="button" onClick={() => void resume()}>
            {t("train.resume")}
          </button>
        )}
      </span>
    </form>
  );
}

/** What is not quite all is not rounded to all. */
const percent = (share: number): string =>
  `${share > 0.99 && share < 1 ? Math.floor(1000 * share) / 10 : Math.round(100 * share)} %`;

function Answers({ reply }: { reply: TrainMoreReply }): VNode | null {
  const { tokens, answers, wanted } = reply;
  if (answers.length === 0) return <p class="quiet">{t("train.otherInput")}</p>;
  const row = (label: string, values: readonly string[], isJudged = false): VNode => (
    <tr>
      <th scope="row">{label}</th>
      {values.map((value, i) => (
        <td key={i}>
          <span class={isJudged ? (value === wanted[i] ? "value result" : "value differs") : "value"}>{value}</span>
        </td>
      ))}
    </tr>
  );
  return (
    <div class="scroll">
      <table class="strip" aria-label={t("sides.title")}>
        <tbody>
          {row(t("input.label"), tokens)}
          {row(t("sides.program"), wanted)}
          {row(t("train.learned"), answers, true)}
        </tbody>
      </table>
    </div>
  );
}

function Search(): VNode {
  const result = found.value;
  return (
    <section class="layer">
      <h3>
        {t("decompile.title")} <small>{t("decompile.help")}</small>
      </h3>
      <div class="actions">
        <button type="button" disabled={isSearching.value} onClick={() => void decompile()}>
          {t(isSearching.value ? "decompile.searching" : "decompile.start")}
        </button>
        {isSearching.value && (
          <button type="button" onClick={stopSearch}>
            {t("stop")}
          </button>
        )}
        {search.value && (
          <span class="quiet" role="status">
            {search.value.stage}
          </span>
        )}
      </div>
      {result && (
        <div class="card found" role="status">
          <p>
            {result.source === undefined
              ? t("decompile.refused", { reason: result.refusal ?? "" })
              : t("decompile.found", { match: percent(result.match) })}
          </p>
          {result.renamed.map(({ token, name }) => (
            <p key={token} class="quiet">
              {t("decompile.renamed", { token: JSON.stringify(token), name: `"${name}"` })}
            </p>
          ))}
          <pre>{result.source ?? result.best}</pre>
          {result.source !== undefined && (
            <button type="button" onClick={() => open(result.source!, latest.value?.tokens.join("") ?? "hello")}>
              {t("decompile.open")}
            </button>
          )}
        </div>
      )}
    </section>
  );
}

/** The selectors of the program, each with the learned head that is most like it. */
const LearnedHeads = ({ reply }: { reply: TrainMoreReply }): VNode => (
  <section class="layer">
    <h3>
      {t("train.heads")} <small>{t("train.headsHelp")}</small>
    </h3>
    <div class="heads">
      {reply.heads.map(({ selector, layer, learned, agreement, selected, weights }, i) => (
        <section key={i} class="card head">
          <div class="scroll pair">
            <Shades rows={selected} tokens={reply.tokens} label={t("heads.selector", { name: selector })} />
            <Shades
              rows={weights}
              tokens={reply.tokens}
              label={t("train.head", { layer, head: learned, share: percent(agreement) })}
            />
          </div>
        </section>
      ))}
    </div>
  </section>
);

export function TrainPanel(): VNode {
  const [about, reply] = [training.value, latest.value];
  return (
    <div class="panel-body train">
      <Form />
      {trouble.value && (
        <p class="note bad" role="alert">
          {said(trouble.value.message)}
        </p>
      )}
      {about && phase.value !== "none" && (
        <section class="card summary">
          <p>
            {t("train.figures", {
              name: about.name,
              layers: about.layers,
              heads: about.heads,
              parameters: about.parameters.toLocaleString(language.value),
            })}
          </p>
          {about.hasLoops && <p class="quiet">{t("train.loops")}</p>}
          <Curve losses={losses.value} />
          {reply && (
            <p>
              {t("train.status", {
                step: reply.step,
                of: about.steps,
                loss: (losses.value.at(-1) ?? 0).toPrecision(2),
                accuracy: percent(reply.accuracy),
              })}
            </p>
          )}
          {reply && <Answers reply={reply} />}
          {reply && (
            <button type="button" class="keep" onClick={() => void saveTrained()}>
              {t("train.save")}
            </button>
          )}
        </section>
      )}
      {reply && reply.heads.length > 0 && <LearnedHeads reply={reply} />}
      {reply && <Search />}
    </div>
  );
}
