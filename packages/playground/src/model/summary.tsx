/** The model in figures, the certificate in plain words, and files to keep. */
import type { VNode } from "preact";
import { language, t } from "../texts/texts.js";
import type { ModelSummary } from "../worker/model-protocol.js";
import { save } from "./state.js";

const figure = (value: number): string => value.toLocaleString(language.value, { maximumFractionDigits: 1 });

function Certificate({ model }: { model: ModelSummary }): VNode | null {
  if (!model.certificate) return null;
  const { proved, from, to, margin, where, provedWithin, provedUpTo } = model.certificate;
  const values = { n: to, from, tokens: model.vocabulary.slice(0, 20).join(" ") };
  if (proved) {
    return (
      <p class="certificate good">
        <b>✓ {t("certificate.proved")}</b> {t("certificate.provedText", values)}{" "}
        <span class="quiet">{t("certificate.margin", { margin: figure(margin), where })}</span>
      </p>
    );
  }
  const weaker =
    provedUpTo !== undefined
      ? t("certificate.upTo", { length: provedUpTo })
      : provedWithin !== undefined
        ? t("certificate.within", { error: provedWithin.toPrecision(2) })
        : "";
  return (
    <p class="certificate">
      <b>{t("certificate.open")}</b> {weaker} <span class="quiet">{t("certificate.tight", { where })}</span>
    </p>
  );
}

const FILES = [
  ["model.save", ["safetensors", "onnx"]],
  ["model.savePicture", ["svg", "png"]],
] as const;

const Save = (): VNode => (
  <div class="actions">
    {FILES.map(([label, formats]) => (
      <span key={label} class="group">
        <span class="quiet">{t(label)}</span>
        {formats.map((format) => (
          <button key={format} type="button" onClick={() => void save(format)}>
            {format === "safetensors" ? format : format.toUpperCase()}
          </button>
        ))}
      </span>
    ))}
  </div>
);

export function Summary({ model }: { model: ModelSummary }): VNode {
  const { layers, headsPerLayer, dModel, dFf, parameters, nonZeros } = model;
  return (
    <section class="card summary" aria-label={t("model.summary")}>
      <h3>{t("model.title", { name: model.name })}</h3>
      <p>
        {t(nonZeros === undefined ? "model.figuresTrained" : "model.figures", {
          layers,
          heads: headsPerLayer.reduce((sum, each) => sum + each, 0),
          dModel,
          dFf,
          parameters: figure(parameters),
          nonZeros: figure(nonZeros ?? 0),
        })}
      </p>
      <Certificate model={model} />
      {model.ids !== undefined && <p>{t("model.ids", { n: model.ids - 1 })}</p>}
      {[...model.warnings.map(({ message }) => message), ...model.notes].map((text, i) => (
        <p key={i} class="quiet">
          {text}
        </p>
      ))}
      {model.certificate && <Save />}
    </section>
  );
}
