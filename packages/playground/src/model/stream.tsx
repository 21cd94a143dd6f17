/** The residual stream after each sublayer, as a labelled heatmap; a click on a number shows its arithmetic. */
import { signal } from "@preact/signals";
import type { VNode } from "preact";
import { t } from "../texts/texts.js";
import type { LookReply, NumberReply, Stage, Term } from "../worker/model-protocol.js";
import { askNumber, number, stage } from "./state.js";

/** Whether coordinates are shown that the sublayer leaves alone, and those that are 0 everywhere. */
const showsAll = signal(false);

const nameOf = ({ layer, sublayer }: Stage): string =>
  layer === 0
    ? t("stream.embedding")
    : t(sublayer === "attention" ? "stream.attention" : "stream.feedForward", { layer });

const longNameOf = ({ layer, sublayer }: Stage): string =>
  layer === 0
    ? t("stream.embedding")
    : t(sublayer === "attention" ? "picture.attention" : "picture.feedForward", { layer });

/** What a coordinate holds at a layer: its label lists later owners after "from layer". */
export function labelAt(label: string, layer: number): string {
  const [first, ...later] = label.split(/; from layer (?=\d+ )/);
  const taken = later.map((part) => /^(\d+) (.*)$/s.exec(part)!).filter(([, from]) => Number(from) <= layer);
  return taken.at(-1)?.[2] ?? first!;
}

/** Less than this is what rounding and attention leave behind; values are told apart by halves. */
const TINY = 1e-9;

/** Numbers short enough for a cell. */
export const short = (x: number): string => {
  if (x === 0) return "0";
  const size = Math.abs(x);
  if (size < TINY) return "≈0";
  if (size >= 1e5 || size < 1e-3) return x.toExponential(1).replace("e+", "e");
  return String(Number(x.toPrecision(3)));
};

const shade = (value: number, most: number): string =>
  `${value < 0 ? "cold" : "shade"}-${Math.round(10 * Math.min(1, Math.abs(value) / (most || 1)))}`;

/** The coordinates that are shown at a stage. */
export function coordinatesOf(stages: readonly Stage[], at: number, width: number, all: boolean): number[] {
  const [now, before] = [stages[at]!.values, stages[at - 1]?.values];
  const positions = now.length / width;
  return Array.from({ length: width }, (_, c) => c).filter(
    (c) =>
      all ||
      Array.from({ length: positions }, (_, p) => p * width + c).some((i) => now[i] !== (before ? before[i] : 0)),
  );
}

function Heat({ look, at }: { look: LookReply; at: number }): VNode {
  const { stages, labels, tokens } = look;
  const { values, layer } = stages[at]!;
  const width = labels.length;
  const shown = coordinatesOf(stages, at, width, showsAll.value);
  const asked = number.value?.question;
  return (
    <div class="scroll tall">
      <table class="heat stream" aria-label={t("stream.table", { stage: nameOf(stages[at]!) })}>
        <thead>
          <tr>
            <td />
            {["BOS", ...tokens].map((token, p) => (
              <th key={p} scope="col">
                {token}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((c) => {
            const row = ["BOS", ...tokens].map((_, p) => values[p * width + c]!);
            const most = Math.max(...row.map(Math.abs));
            return (
              <tr key={c}>
                <th scope="row" title={labels[c]}>
                  {labelAt(labels[c]!, layer)}
                </th>
                {row.map((value, p) => (
                  <td key={p} class={shade(value, Math.max(1, most))}>
                    <button
                      type="button"
                      aria-pressed={asked?.coordinate === c && asked.position === p && asked.stage === at}
                      title={String(value)}
                      onClick={() => void askNumber({ kind: "number", stage: at, position: p, coordinate: c })}
                    >
                      {short(value)}
                    </button>
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function TermRow({ term, layer }: { term: Term; layer: number }): VNode {
  const question = number.value!.question;
  const what = labelAt(term.what, layer);
  return (
    <tr>
      <th scope="row">
        {term.unit === undefined ? (
          what
        ) : (
          <button type="button" class="reading" onClick={() => void askNumber({ ...question, unit: term.unit! })}>
            {t("number.unit", { unit: term.unit })}
          </button>
        )}
      </th>
      <td>{short(term.value)}</td>
      <td>×</td>
      <td>{short(term.weight)}</td>
      <td>=</td>
      <td>
        <b>{short(term.product)}</b>
      </td>
    </tr>
  );
}

/** A line of the sum without a product. */
const Addend = ({ label, value }: { label: string; value: number }): VNode => (
  <tr>
    <th scope="row">{label}</th>
    <td colSpan={4} />
    <td>
      <b>{short(value)}</b>
    </td>
  </tr>
);

/** A number as the sum that it is. */
function Arithmetic({ look, reply }: { look: LookReply; reply: NumberReply }): VNode {
  const { question } = number.value!;
  const at = look.stages[question.stage]!;
  const isUnit = reply.of === "unit";
  const sum = reply.terms.reduce((total, { product }) => total + product, 0) + reply.rest + reply.bias + reply.before;
  const title = isUnit
    ? t("number.unitTitle", { unit: question.unit!, layer: at.layer })
    : t("number.title", { label: labelAt(look.labels[question.coordinate]!, at.layer), stage: longNameOf(at) });
  const { stage: of, position, coordinate } = question;
  return (
    <aside class="reason number" aria-live="polite">
      <button type="button" class="close" aria-label={t("close")} onClick={() => (number.value = undefined)}>
        ×
      </button>
      <p>
        <b>{title}</b>
      </p>
      <p class="quiet">
        {t(reply.of === "unit" ? "number.ofUnit" : reply.of === "nothing" ? "number.embedding" : `number.${reply.of}`)}
      </p>
      <div class="scroll">
        <table class="sum">
          <tbody>
            {!isUnit && reply.of !== "embedding" && <Addend label={t("number.before")} value={reply.before} />}
            {reply.terms.map((term, i) => (
              <TermRow key={i} term={term} layer={at.layer} />
            ))}
            {reply.rest !== 0 && <Addend label={t("number.rest")} value={reply.rest} />}
            {reply.bias !== 0 && <Addend label={t("number.bias")} value={reply.bias} />}
            <tr class="total">
              <th scope="row">{t(isUnit ? "number.relu" : "number.sum")}</th>
              <td colSpan={3}>{isUnit ? `max(0, ${short(sum)})` : ""}</td>
              <td>=</td>
              <td>
                <b>{short(reply.after)}</b>
              </td>
            </tr>
          </tbody>
        </table>
      </div>
      {isUnit && (
        <button type="button" onClick={() => void askNumber({ kind: "number", stage: of, position, coordinate })}>
          {t("number.back")}
        </button>
      )}
    </aside>
  );
}

export function Stream({ look }: { look: LookReply }): VNode {
  const at = Math.min(stage.value, look.stages.length - 1);
  const shown = number.value;
  return (
    <section class="layer">
      <h3>
        {t("stream.title")} <small>{t("stream.help")}</small>
      </h3>
      <div class="stages" role="group" aria-label={t("stream.stages")}>
        {look.stages.map((each, i) => (
          <button key={i} type="button" aria-pressed={i === at} onClick={() => (stage.value = i)}>
            {nameOf(each)}
          </button>
        ))}
        <label class="check">
          <input
            type="checkbox"
            checked={showsAll.value}
            onChange={({ currentTarget: { checked } }) => (showsAll.value = checked)}
          />
          {t("stream.all")}
        </label>
      </div>
      <Heat look={look} at={at} />
      {shown && <Arithmetic look={look} reply={shown.reply} />}
    </section>
  );
}
