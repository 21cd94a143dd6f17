/** The computation of an s-op on the input, layer by layer, with its cost and what a click explains. */
import type { VNode } from "preact";
import { failure, isCurrent, outcome, picture, pinned, visited } from "../app/state.js";
import { puzzle } from "../puzzles/state.js";
import { isKey, said, t } from "../texts/texts.js";
import type { HeadPicture, LayerPicture, Picture, StepPicture } from "../worker/protocol.js";
import { Matrix, Place, Value } from "./matrix.js";
import { isNew, tourStep } from "../tour/state.js";
import { Loop } from "./loop.js";
import { Reason } from "./reason.js";

function Head({ head, number }: { head: HeadPicture; number: number }): VNode {
  return (
    <section class="head card">
      <header>
        <h4>
          <span class="quiet">{t("picture.head", { number })}</span> {head.name}
        </h4>
        <Place line={head.line} {...(head.range ? { range: head.range } : {})} />
      </header>
      {head.text !== head.name && head.text !== "" && <code class="source">{head.text}</code>}
      <Matrix head={head} tokens={picture.value!.input} />
    </section>
  );
}

function Steps({ steps }: { steps: readonly StepPicture[] }): VNode {
  return (
    <div class="card">
      <div class="scroll">
        <table class="steps">
          <tbody>
            {steps.map((step, i) => (
              <tr key={i}>
                <th scope="row" title={step.text}>
                  {step.name}
                </th>
                {step.values.map((_, position) => (
                  <td key={position}>
                    <Value row={step} position={position} />
                  </td>
                ))}
                <td class="where">
                  <Place line={step.line} {...(step.range ? { range: step.range } : {})} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function Layer({ layer }: { layer: LayerPicture }): VNode {
  const steps = layer.steps.filter(({ isNamed }) => isNamed);
  return (
    <>
      {layer.heads.length > 0 && (
        <section class="layer">
          <h3>
            {t("picture.attention", { layer: layer.number })} <small>{t("picture.attentionHelp")}</small>
          </h3>
          <div class="heads">
            {layer.heads.map((head, i) => (
              <Head key={i} head={head} number={i + 1} />
            ))}
          </div>
        </section>
      )}
      {steps.length > 0 && (
        <section class="layer">
          <h3>
            {layer.number === 0 ? t("picture.before") : t("picture.feedForward", { layer: layer.number })}{" "}
            <small>{t("picture.feedForwardHelp")}</small>
          </h3>
          <Steps steps={steps} />
        </section>
      )}
    </>
  );
}

/** Input and result, one below the other. */
function Strip({ shown }: { shown: Picture }): VNode {
  const { result } = shown;
  return (
    <div class="scroll">
      <table class="strip" aria-label={t("picture.strip")}>
        <tbody>
          <tr>
            <th scope="row">{t("input.label")}</th>
            {shown.input.map((token, i) => (
              <td key={i}>
                <span class="value">{token === " " ? "␣" : token}</span>
              </td>
            ))}
          </tr>
          {result && (
            <tr>
              <th scope="row">{shown.name}</th>
              {result.values.map((_, i) => (
                <td key={i}>
                  <Value row={result} position={i} isResult />
                </td>
              ))}
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}

/** Layers and heads, each with the lines that force it. */
function Costs({ shown }: { shown: Picture }): VNode {
  const { headsPerLayer, layers, advice } = shown;
  const heads = headsPerLayer.reduce((sum, each) => sum + each, 0);
  if (heads === 0) {
    return (
      <p class="cost" data-tour="cost">
        <b>{t("cost.none")}</b>
      </p>
    );
  }
  return (
    <details class="cost" data-tour="cost">
      <summary>
        <b>{t("cost.layers", { n: headsPerLayer.length })}</b> · <b>{t("cost.heads", { n: heads })}</b>{" "}
        <span class="quiet">{t("cost.why")}</span>
      </summary>
      <ol>
        {layers
          .filter((layer) => layer.heads.length > 0)
          .map((layer) => (
            <li key={layer.number}>
              {t("cost.layer", { layer: layer.number })}{" "}
              {layer.heads.map((head) => (
                <span key={head.id} class="forced">
                  <code>{head.name}</code> <Place line={head.line} {...(head.range ? { range: head.range } : {})} />
                </span>
              ))}
            </li>
          ))}
      </ol>
      {advice.map(({ message, line, range }, i) => (
        <p key={i} class="advice">
          {message}{" "}
          {range && (
            <button type="button" class="place" onClick={() => (visited.value = { ...range })}>
              {t("picture.line", { line })}
            </button>
          )}
        </p>
      ))}
    </details>
  );
}

/** What is drawn: what the cursor is at, or always one name. */
function Target({ shown }: { shown: Picture | undefined }): VNode {
  const targets = outcome.value?.targets ?? [];
  return (
    <label class="target">
      <span class="visually-hidden">{t("picture.target")}</span>
      <select
        value={pinned.value ?? ""}
        onChange={({ currentTarget: { value } }) => (pinned.value = value === "" ? undefined : value)}
      >
        <option value="">{t("picture.cursor", { name: shown?.name ?? "" })}</option>
        {targets.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Offers the tour to those who have not been here. */
function Welcome(): VNode | null {
  if (!isNew.value || tourStep.value !== undefined || puzzle.value) return null;
  return (
    <p class="welcome">
      {t("welcome.text")}
      <button type="button" class="primary" onClick={() => (tourStep.value = 0)}>
        {t("welcome.start")}
      </button>
      <button type="button" class="text" onClick={() => (isNew.value = false)}>
        {t("welcome.skip")}
      </button>
    </p>
  );
}

/** The panel. */
export function PicturePanel(): VNode {
  const shown = picture.value;
  const isWrong = outcome.value?.problems.some(({ severity }) => severity === "error") ?? false;
  const without = outcome.value?.noPicture;
  const reason = failure.value ?? (isWrong && without === "nothing" ? "wrong" : without);
  const key = reason !== undefined && isKey(`picture.no.${reason}`) ? `picture.no.${reason}` : reason;
  return (
    <div class="panel-body">
      <Welcome />
      <div class="picture-head">
        <Target shown={shown} />
        {shown && <Costs shown={shown} />}
      </div>
      {key !== undefined && (
        <p class="note" role="status">
          {said(key)}
        </p>
      )}
      {shown && (
        <div class={isCurrent.value ? "drawing" : "drawing stale"} data-tour="picture">
          <Strip shown={shown} />
          {shown.loops.map((loop, i) => (
            <Loop key={i} loop={loop} />
          ))}
          {shown.layers.map((layer) => (
            <Layer key={layer.number} layer={layer} />
          ))}
        </div>
      )}
      <Reason />
    </div>
  );
}
